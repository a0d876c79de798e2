// Costs in, borders out: the recommendations of Data-Juicer's guide on partitioned processing, as data, and the arithmetic
// of taps and of what is done again.
#include "host/plan/strategy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ophost {
namespace {

struct Op {
  const char* name;
  double seconds;
  double tap = 2;  // seconds; the guide says two to five
  bool barrier = false;
};

// One worker and one partition, so that work is wall.
RunCosts pipeline(const std::vector<Op>& ops) {
  RunCosts costs;
  costs.shares = {1.0};
  std::size_t begin = 0;
  auto pass = [&](std::size_t end, bool barrier) {
    PassCost p;
    p.begin = begin;
    p.end = end;
    p.has_barrier = p.final_tap = barrier;
    costs.passes.push_back(p);
    begin = end + 1;
  };
  for (std::size_t k = 0; k < ops.size(); ++k) {
    OpCost o;
    o.name = ops[k].name;
    o.seconds = ops[k].seconds;
    o.tap_seconds = ops[k].tap;
    o.tap_bytes = ops[k].tap * 1e6;
    o.barrier = ops[k].barrier;
    o.writes = "stat" + std::to_string(k);
    costs.ops.push_back(o);
    if (o.barrier) pass(k, true);
  }
  pass(ops.size(), false);
  return costs;
}

std::vector<Op> times(std::size_t n, double seconds, double tap = 2) {
  return std::vector<Op>(n, Op{"some_filter", seconds, tap});
}

struct Case {
  const char* what;
  std::vector<Op> ops;
  const char* like;
  Borders borders;
};

TEST(Auto, FollowsTheGuide) {
  const Case cases[] = {
      {"nothing to do", {}, "disabled", {}},
      {"fourteen cheap operators", times(14, 2), "disabled", {}},
      {"nine minutes", times(9, 60), "disabled", {}},
      {"expensive operators, but under ten minutes in all", {{"a_filter", 1}, {"an_embedding_mapper", 500}}, "disabled", {}},
      {"the guide's example: five minutes", {{"f", 1}, {"m", 2}, {"d_deduplicator", 300, 0, true}, {"f", 1}}, "disabled", {}},
      {"half an hour: every five", times(12, 150), "every_n_ops", {4, 9}},
      {"just under an hour", times(10, 359), "every_n_ops", {4, 9}},
      {"hours, expensive operators among cheap ones: behind these",
       {{"a", 2}, {"b", 2}, {"x_model_mapper", 5000}, {"c", 2}, {"d", 2}, {"e", 2}, {"y_embedding_mapper", 4000}, {"f", 2}},
       "manual", {2, 6}},
      {"hours, and every operator expensive", times(6, 3600), "manual", {0, 1, 2, 3, 4, 5}},
      {"an hour of many operators, none of them expensive", times(100, 40),
       "every_n_ops", {4, 9, 14, 19, 24, 29, 34, 39, 44, 49, 54, 59, 64, 69, 74, 79, 84, 89, 94, 99}},
      {"half an hour in one operator: five cheap ones are not worth a tap",
       {{"a", .1}, {"b", .1}, {"c", .1}, {"d", .1}, {"e", .1}, {"x_model_mapper", 1800}, {"f", .1}, {"g", .1}, {"h", .1}, {"i", .1}},
       "every_n_ops", {9}},
      {"a tap dearer than what it saves times the risk is left out", {{"x", 3000, 2}, {"y", 3000, 2000}, {"z", 9000, 2}},
       "manual", {0, 2}},
      {"a barrier keeps what it makes anyway", {{"a", 5}, {"d_deduplicator", 7000, 0, true}, {"b", 5}}, "manual", {}},
      {"and what it starts from", {{"x", 5000}, {"d_deduplicator", 7000, 0, true}, {"y", 5000}}, "manual", {2}},
  };
  for (const Case& c : cases) {
    const BorderChoice choice = choose_borders(pipeline(c.ops));
    EXPECT_EQ(choice.like, c.like) << c.what << ": " << choice.reason;
    EXPECT_EQ(choice.borders, c.borders) << c.what << ": " << choice.reason;
    EXPECT_FALSE(choice.reason.empty());
  }
}

TEST(Auto, MoreWorkersMakeAShorterRun) {
  RunCosts costs = pipeline(times(12, 150));
  EXPECT_EQ(choose_borders(costs).like, "every_n_ops");
  costs.workers = 8;
  costs.shares = std::vector<double>(8, 0.125);
  EXPECT_EQ(choose_borders(costs).like, "disabled");
}

TEST(Auto, WithoutAMeasurementThePluginsWordCountsAndThenTheName) {
  OpCost op;
  op.measured = false;
  op.name = "some_filter";
  EXPECT_FALSE(is_expensive(op, 1));
  op.declared = "expensive";
  EXPECT_TRUE(is_expensive(op, 1));
  op.declared = "cheap";
  op.name = "image_embedding_mapper";
  EXPECT_FALSE(is_expensive(op, 1));
  op.declared = "";
  EXPECT_TRUE(is_expensive(op, 1));
  op.measured = true;
  op.seconds = 59;
  EXPECT_FALSE(is_expensive(op, 1)) << "measurement overrides";
  op.seconds = 61;
  EXPECT_TRUE(is_expensive(op, 1));
  EXPECT_FALSE(is_expensive(op, 2)) << "half a minute of wall each";
  for (const char* name : {"document_minhash_deduplicator", "text_embedding_similarity_filter", "llm_model_mapper",
                           "image_vision_mapper", "video_audio_filter"})
    EXPECT_TRUE(has_expensive_name(name)) << name;
  for (const char* name : {"text_length_filter", "clean_email_mapper", "remove_long_words_mapper"})
    EXPECT_FALSE(has_expensive_name(name)) << name;
}

TEST(Strategies, BordersAreWhereTheRecipeAsks) {
  const RunCosts costs = pipeline(times(7, 1));
  using S = CheckpointStrategy;
  EXPECT_EQ(borders_of(S::kDisabled, 5, {}, costs), Borders({}));
  EXPECT_EQ(borders_of(S::kEveryOp, 5, {}, costs), Borders({0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(borders_of(S::kEveryNOps, 3, {}, costs), Borders({2, 5, 6}));
  EXPECT_EQ(borders_of(S::kManual, 5, {1}, costs), Borders({1, 6}));
  EXPECT_EQ(borders_of(S::kAuto, 5, {1}, costs), Borders({1}));
}

TEST(Costs, OfTheGuidesExample) {
  // filter 1 s, mapper 2 s, deduplicator 300 s, filter 1 s; a write takes five seconds.
  const RunCosts costs = pipeline({{"filter", 1, 5}, {"mapper", 2, 5}, {"deduplicator", 300, 0, true}, {"filter", 1, 5}});
  using S = CheckpointStrategy;
  const StrategyCost none = cost_of(costs, "disabled", borders_of(S::kDisabled, 5, {}, costs));
  const StrategyCost every = cost_of(costs, "every_op", borders_of(S::kEveryOp, 5, {}, costs));
  EXPECT_DOUBLE_EQ(none.tap_seconds, 0);
  // The deduplicator asks for the state before it in any case (both statistics); the last one comes on top.
  EXPECT_DOUBLE_EQ(every.tap_seconds, 5);
  EXPECT_DOUBLE_EQ(wall_seconds(costs, none.borders), 304 + 10);
  EXPECT_DOUBLE_EQ(every.wall, 304 + 15);
  // Another last filter: what is behind the deduplicator. Another mapper: all, but for the first filter with every_op.
  EXPECT_DOUBLE_EQ(none.redo_change_worst, 304);
  EXPECT_LT(every.redo_change, none.redo_change);
}

TEST(Costs, OperatorsThatWriteTheSameShareATap) {
  RunCosts costs = pipeline({{"a", 1, 4}, {"b", 1, 4}, {"c", 1, 1}});
  costs.ops[0].writes = costs.ops[1].writes = "text";
  EXPECT_DOUBLE_EQ(tap_seconds(costs, 0, 1), 4) << "every text is written twice and stored once";
  costs.ops[0].changed = costs.ops[1].changed = 0.5;
  EXPECT_DOUBLE_EQ(tap_seconds(costs, 0, 1), 6) << "three of four texts are changed by one of them or both";
  EXPECT_DOUBLE_EQ(tap_seconds(costs, 0, 2), 7) << "another column comes on top";
  EXPECT_DOUBLE_EQ(tap_seconds(costs, 2, 2), 1);
}

TEST(Costs, TasksGoToTheWorkerThatIsFree) {
  RunCosts costs = pipeline({{"a", 10, 0}});
  costs.workers = 2;
  costs.shares = {0.5, 0.25, 0.25};
  EXPECT_DOUBLE_EQ(wall_seconds(costs, {}), 5);
  costs.shares = {0.25, 0.25, 0.5};
  EXPECT_DOUBLE_EQ(wall_seconds(costs, {}), 7.5);
  costs.workers = 1;
  EXPECT_DOUBLE_EQ(wall_seconds(costs, {}), 10);
  // Of what is left: one partition is done, one begins behind the operator.
  EXPECT_DOUBLE_EQ(wall_of_rest(costs, {}, {{kNothing, 1, 0}}), 5);
}

}  // namespace
}  // namespace ophost
