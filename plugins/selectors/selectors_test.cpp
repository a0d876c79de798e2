// What the recorded cases of the selectors do not show.
#include <gtest/gtest.h>

#include <algorithm>

#include "ophost/testing.hpp"
#include "plugins/selectors/field_values.hpp"
#include "plugins/selectors/permutation.hpp"
#include "plugins/selectors/row_list.hpp"

namespace ophost::selectors {
namespace {

using testing::Column;
using testing::Harness;
using Cells = std::vector<std::optional<std::string>>;

// The rows that leave, in order.
std::vector<std::size_t> chosen(const char* op, const std::string& params, const Cells& cells) {
  const auto r = Harness(oph_plugin_entry, op, params).run({Column::json(cells)});
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (r.kept[i]) rows.push_back(i);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return r.order[a] < r.order[b]; });
  return rows;
}
using Rows = std::vector<std::size_t>;

std::string refusal(const char* op, const std::string& params, const Cells& cells) {
  try {
    chosen(op, params, cells);
  } catch (const std::exception& e) {
    return e.what();
  }
  return "accepted";
}

// What numpy.random.default_rng(42).permutation(n) gives.
TEST(Permutation, EqualsNumpys) {
  using Places = std::vector<std::uint32_t>;
  EXPECT_EQ(numpy_permutation(0), Places());
  EXPECT_EQ(numpy_permutation(1), (Places{0}));
  EXPECT_EQ(numpy_permutation(10), (Places{5, 6, 0, 7, 3, 2, 4, 9, 1, 8}));
  EXPECT_EQ(numpy_permutation(37),
            (Places{27, 18, 26, 5, 4, 23, 36, 7,  25, 32, 10, 22, 20, 34, 16, 6, 24, 29, 28,
                    9,  30, 19, 3, 0, 15, 17, 31, 12, 21, 11, 14, 35, 2,  33, 1, 13, 8}));
  Places thousand = numpy_permutation(1000);
  EXPECT_EQ(Places(thousand.begin(), thousand.begin() + 12),
            (Places{978, 933, 859, 916, 127, 608, 856, 260, 147, 810, 635, 972}));
  EXPECT_EQ(Places(thousand.end() - 5, thousand.end()), (Places{548, 609, 961, 973, 648}));
  std::sort(thousand.begin(), thousand.end());
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(thousand[i], i);
}

TEST(RowList, RunsSurviveSavingAndMerging) {
  RowList a, b, all;
  std::vector<std::uint64_t> want;
  for (std::uint64_t row = 0; row < 3000; ++row) {
    if (row % 7 == 3 || row / 100 % 3 == 1) continue;
    const std::uint64_t id = row < 1500 ? row : row + (std::uint64_t{1} << 40);
    (row < 1200 ? a : b).add(id);
    want.push_back(id);
  }
  std::string bytes;
  a.save(bytes);
  b.save(bytes);
  ByteReader in(bytes);
  RowList part;
  part.load(in);
  all.append(part);
  part.load(in);
  all.append(part);
  EXPECT_TRUE(in.done());
  std::vector<std::uint64_t> got;
  all.for_each([&](std::uint64_t row) { got.push_back(row); });
  EXPECT_EQ(got, want);
  EXPECT_EQ(all.size(), want.size());
  EXPECT_THROW(ByteReader(std::string_view(bytes).substr(0, 9)).text(), std::runtime_error);
}

TEST(FieldValues, DamagedBytesAreRefused) {
  FieldValues values;
  values.add_raw(5, "\"abc\"");
  values.add_raw(9, "[1]");
  std::string bytes;
  values.save(bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_THROW(values.load(std::string_view(bytes).substr(0, n)), std::runtime_error) << n;
  }
}

TEST(Topk, RawValuesOfAllKinds) {
  const char* op = "topk_specified_field_selector";
  EXPECT_EQ(chosen(op, R"({"field_key": "v", "topk": 3})", {"1", "2.5", "true", "-3", "2.5"}),
            (Rows{1, 4, 0}));
  EXPECT_EQ(chosen(op, R"({"field_key": "v", "topk": 9, "reverse": false})",
                   {"\"b\"", "\"é\"", "\"\"", "\"b\"", "\"Z\""}),
            (Rows{2, 4, 0, 3, 1}));
  EXPECT_EQ(chosen(op, R"({"field_key": "v", "topk": 2})", {"[1]", "[1, 0]", "[0, 9]"}),
            (Rows{1, 0}));
  // Equal nulls pass by their place, unless all or only one is taken.
  EXPECT_EQ(chosen(op, R"({"field_key": "v", "topk": 2})", {"null", "null", "null"}), (Rows{0, 1}));
  for (const char* k : {"1", "3"}) {
    EXPECT_NE(refusal(op, R"({"field_key": "v", "topk": )" + std::string(k) + "}",
                      {"null", "null", "null"}),
              "accepted");
  }
  EXPECT_EQ(chosen(op, R"({"field_key": "v", "top_ratio": 0.1})", {"1", "\"a\""}), Rows{});
  EXPECT_EQ(refusal(op, R"({"field_key": "v", "topk": 2})", {"1", "\"a\"", "2"}),
            "finish: topk_specified_field_selector: parameter 'field_key': the values cannot be "
            "sorted ('<' not supported between instances of 'int' and 'str'); name a field that "
            "is a number, or a text, in every record");
}

TEST(Topk, NestedValuesAsNumbers) {
  const char* op = "topk_specified_field_selector";
  const Cells cells = {"\" 7 \"",          "[1, 2, 6]",     "null", "\"x\"",   "true",
                       "[[1, 2], [9, 9]]", "[[1], [2, 3]]", "{}",   "[\"9\"]", "[]",
                       "\"nan\""};
  EXPECT_EQ(chosen(op, R"({"field_key": "m.v", "topk": 4})", cells), (Rows{0, 5, 1, 4}));
  EXPECT_EQ(chosen(op, R"({"field_key": "m.v", "topk": 5, "reverse": false})",
                   {"3", "null", "1", "\"2\"", "[]"}),
            (Rows{2, 3, 0, 1, 4}));
}

TEST(Frequency, EqualValuesAreOne) {
  EXPECT_EQ(chosen("frequency_specified_field_selector", R"({"field_key": "v", "topk": 2})",
                   {"\"1\"", "1", "null", "1.0", "true", "null", "1.5"}),
            (Rows{1, 3, 4, 2, 5}));
}

TEST(Range, PercentilesAndRanks) {
  const Cells cells = {"5", "1", "4", "2", "3", "\"x\""};
  EXPECT_EQ(chosen("range_specified_field_selector",
                   R"({"field_key": "v", "lower_rank": 1, "upper_rank": 4})", cells),
            (Rows{4, 3, 1}));
  EXPECT_EQ(chosen("range_specified_field_selector",
                   R"({"field_key": "v", "lower_rank": 1, "upper_percentile": 0.5})", cells),
            (Rows{3, 1}));
}

TEST(Fields, WhatIsMissing) {
  for (const char* op : {"topk_specified_field_selector", "frequency_specified_field_selector"}) {
    const std::string who = std::string("finish: ") + op + ": parameter 'field_key': ";
    EXPECT_EQ(refusal(op, R"({"field_key": "v", "topk": 1})", {std::nullopt, std::nullopt}),
              who +
                  "2 of 2 records have no field 'v'; name a field that every record has, or drop "
                  "the others in a filter before");
    EXPECT_EQ(refusal(op, R"({"field_key": "m.v", "topk": 1})", {"1", std::nullopt, "2"}),
              who +
                  "1 of 3 records have no field 'm.v'; name a field that every record has, or "
                  "drop the others in a filter before");
    EXPECT_EQ(refusal(op, R"({"field_key": "v", "topk": 1})", {std::nullopt}), "accepted");
  }
  EXPECT_EQ(chosen("frequency_specified_field_selector", R"({"field_key": "v", "topk": 1})",
                   {"1", std::nullopt, "null"}),
            (Rows{1, 2}));  // as null, for others have it
  EXPECT_EQ(refusal("tags_specified_field_selector", "{}", {"1"}),
            "parameter 'target_tags': expected a list of tags to keep, got null");
}

TEST(Random, WhatItRefuses) {
  EXPECT_EQ(refusal("random_selector", R"({"select_ratio": 0})", {"1", "2"}),
            "finish: random_selector: parameter 'select_ratio': 0 selects nothing and "
            "'select_num' is null; give a ratio above 0 or a number of records");
}

}  // namespace
}  // namespace ophost::selectors
