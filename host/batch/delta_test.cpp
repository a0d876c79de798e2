// Chunks: what goes in comes out, and no damage does more than an error.
#include "host/batch/delta.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/batch/test_batches.hpp"

namespace ophost {
namespace {

using testing_batches::make_batch;

const std::vector<ColumnSpec> kSpecs = {{"text", ColumnType::kStr}, {"s.n", ColumnType::kI64}, {"s.f", ColumnType::kF64},
                                        {"s.b", ColumnType::kBool}, {"s.j", ColumnType::kJson}};

Batch base() {
  Batch b = make_batch({R"({"text":"one"})", R"({"text":"two"})", R"({"text":"three"})", R"({"text":"four"})",
                        R"({"text":"five"})"}, kSpecs);
  b.first_row = 1024;
  extract_columns(b, 0);
  return b;
}

void set_text(Batch& b, const std::vector<std::pair<std::size_t, std::string>>& cells, int column = 0) {
  Column& c = b.columns[static_cast<std::size_t>(column)];
  std::string values;
  std::vector<std::int64_t> offsets = {0};
  for (std::size_t r = 0; r < b.rows(); ++r) {
    std::string value(c.str(r));
    for (auto& [row, text] : cells)
      if (row == r) {
        value = text;
        c.valid.set(r);
        c.changed.set(r);
        c.changed_ever.set(r);
      }
    values += value;
    offsets.push_back(static_cast<std::int64_t>(values.size()));
  }
  c.values = values;
  c.offsets = offsets;
}

// A batch with every kind of change.
Batch changed() {
  Batch b = base();
  set_text(b, {{1, "zwei"}, {3, ""}});
  set_text(b, {{2, "[1]"}}, 4);
  for (std::size_t r = 0; r < b.rows(); ++r) {
    for (int c : {1, 2, 3}) {
      Column& column = b.columns[static_cast<std::size_t>(c)];
      column.changed.set(r);
      column.changed_ever.set(r);
      if (r != 0) column.valid.set(r);
    }
    b.columns[1].i64[r] = -5 + static_cast<std::int64_t>(r);
    b.columns[2].f64[r] = 0.5 * static_cast<double>(r);
    b.columns[3].i64[r] = r % 2;
  }
  b.columns[0].valid.clear(4);  // became null
  b.columns[0].changed.set(4);
  b.fail(2, 3, OPH_E_INPUT, "operator 3 says no");
  b.fail(0, 1, OPH_E_INPUT, "an older fault");
  return b;
}

TEST(Delta, RestoresWhatChanged) {
  Batch b = changed();
  std::string chunk;
  encode_delta(b, 1, chunk);
  for (const Column& c : b.columns) EXPECT_TRUE(c.changed.none());

  Batch r = base();
  std::string_view in = chunk;
  Status status = apply_delta(in, r);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(r.alive.count(), 3u);
  ASSERT_EQ(r.faults.size(), 1u) << "only faults after operator 1";
  EXPECT_EQ(r.faults[0].reason, "operator 3 says no");
  EXPECT_EQ(r.faults[0].row, 2u);
  EXPECT_EQ(r.columns[0].str(1), "zwei");
  EXPECT_EQ(r.columns[0].str(3), "");
  EXPECT_TRUE(r.columns[0].valid.get(3));
  EXPECT_FALSE(r.columns[0].valid.get(4));
  EXPECT_EQ(r.columns[0].str(0), "one") << "unchanged cells stay";
  EXPECT_FALSE(r.columns[0].changed_ever.get(0));
  EXPECT_TRUE(r.columns[0].changed_ever.get(1));
  EXPECT_TRUE(r.columns[0].changed_ever.get(4));
  EXPECT_TRUE(r.columns[0].changed.none());
  EXPECT_EQ(r.columns[1].i64[1], -4);
  EXPECT_EQ(r.columns[2].f64[4], 2.0);
  EXPECT_EQ(r.columns[3].i64[3], 1);
  EXPECT_EQ(r.columns[4].values, "") << "its only changed row is dead";
}

TEST(Delta, AddsColumnsTheBatchDoesNotKnow) {
  Batch b = changed();
  std::string chunk;
  encode_delta(b, -1, chunk);
  Batch r = base();
  r.columns.resize(1);
  std::string_view in = chunk;
  ASSERT_TRUE(apply_delta(in, r).ok());
  EXPECT_EQ(r.faults.size(), 2u);
  auto it = std::find_if(r.columns.begin(), r.columns.end(), [](auto& c) { return c.spec.path == "s.n"; });
  ASSERT_NE(it, r.columns.end());
  EXPECT_EQ(it->i64[3], -2);
  EXPECT_FALSE(it->valid.get(0));
  EXPECT_TRUE(it->valid.get(1));
}

TEST(Delta, ChunksFollowEachOtherAndUnchangedBatchesAreSmall) {
  Batch b = base();
  std::string chunks;
  encode_delta(b, -1, chunks);
  EXPECT_LT(chunks.size(), 48u);
  set_text(b, {{0, "later"}});
  encode_delta(b, -1, chunks);
  std::string_view in = chunks;
  Batch r = base();
  ASSERT_TRUE(apply_delta(in, r).ok());
  EXPECT_FALSE(in.empty());
  ASSERT_TRUE(apply_delta(in, r).ok());
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(r.columns[0].str(0), "later");
}

TEST(Delta, RefusesAChunkForOtherRows) {
  Batch b = changed();
  std::string chunk;
  encode_delta(b, -1, chunk);
  Batch r = base();
  r.first_row = 0;
  std::string_view in = chunk;
  Status status = apply_delta(in, r);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("5 records from 1024"), std::string::npos);
}

TEST(Delta, DamageIsAnErrorAndNeverACrash) {
  Batch b = changed();
  std::string chunk;
  encode_delta(b, -1, chunk);
  for (std::size_t size = 0; size < chunk.size(); ++size) {
    Batch r = base();
    std::string cut = chunk.substr(0, size);  // its own allocation, so that a read past it shows
    std::string_view in = cut;
    EXPECT_FALSE(apply_delta(in, r).ok()) << size;
  }
  std::mt19937 random(5);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bad = chunk;
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      std::size_t at = random() % bad.size();
      switch (random() % 4) {
        case 0: bad[at] = static_cast<char>(random()); break;
        case 1: bad[at] = static_cast<char>(0xFF); break;
        case 2: bad[at] ^= static_cast<char>(1 << random() % 8); break;
        default: bad.insert(at, 1, static_cast<char>(random()));
      }
    }
    Batch r = base();
    std::string_view in = bad;
    if (!apply_delta(in, r).ok()) ++refused;
    for (const Column& c : r.columns) {  // whatever happened, the batch can be read
      ASSERT_EQ(c.valid.size(), r.rows());
      if (!is_variable(c.spec.type)) continue;
      for (std::size_t row = 0; row < r.rows(); ++row) ASSERT_LE(c.str(row).size(), c.values.size());
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace ophost
