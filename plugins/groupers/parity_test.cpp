// The recorded cases of every operator of the plugin, and what they do not show.
#include <filesystem>

#include "plugins/textkit/record_parity.hpp"

namespace ophost {
namespace {

using testing::Column;
using testing::Harness;
using textkit::run_record_parity;

TEST(Parity, KeyValueGrouper) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "key_value_grouper"), 13);
}
TEST(Parity, NaiveGrouper) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "naive_grouper"), 10);
}
TEST(Parity, NaiveReverseGrouper) {
  // One of them writes a file beside its working directory.
  const auto home = std::filesystem::current_path();
  const auto folder = std::filesystem::temp_directory_path() / "ophost-reverse-grouper";
  std::filesystem::create_directories(folder);
  std::filesystem::current_path(folder);
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "naive_reverse_grouper"), 15);
  EXPECT_TRUE(std::filesystem::exists("__dj__naive_reverse_grouper_test_file.jsonl"));
  std::filesystem::current_path(home);
  std::filesystem::remove_all(folder);
}

using Records = std::vector<std::vector<std::string>>;

TEST(NaiveGrouper, FieldsThatSomeRecordsLack) {
  Harness op(oph_plugin_entry, "naive_grouper");
  const auto r = op.run({Column::json({R"({"a": 1})", R"({"b":[2],"a":"x"})", R"({"c":{}})"})});
  EXPECT_EQ(r.records,
            (Records{{R"({"a": [1, "x", null], "b": [null, [2], null], "c": [null, null, {}]})"}}));
}

TEST(NaiveGrouper, AFieldNamedTwice) {
  Harness op(oph_plugin_entry, "naive_grouper");
  const auto r = op.run({Column::json({R"({"a": 1, "a": 2})", R"({"a": 3})"})});
  EXPECT_EQ(r.records, (Records{{R"({"a": [2, 3]})"}}));
}

TEST(KeyValueGrouper, ValuesDifferAsPythonPrintsThem) {
  Harness op(oph_plugin_entry, "key_value_grouper", R"({"group_by_keys": ["n.0", "t.1"]})");
  const std::vector<std::optional<std::string>> records = {
      R"({"n": [1], "t": "aéb"})", R"({"n": [1.0], "t": "aéb"})", R"({"n": [true], "t": "aéb"})",
      R"({"n": [1], "t": "xé"})",  R"({"n": [], "t": ""})",       R"({"n": null})"};
  const auto r = op.run({Column::json(records), Column::json(records)});
  EXPECT_EQ(r.sources, (std::vector<std::uint64_t>{0, 1, 2, 4}));
}

TEST(NaiveReverseGrouper, WhatCannotBeTakenApart) {
  Harness op(oph_plugin_entry, "naive_reverse_grouper");
  const auto r = op.run(
      {Column::json({R"({"a": [1, 2], "b": [3]})", R"({"a": 1})", R"({"__dj__batch_meta__": {}})",
                     R"({"a": []})", R"({"a": "xé", "b": [1, 2]})"})});
  EXPECT_EQ(r.row_errors.size(), 3u);
  EXPECT_EQ(r.row_errors.at(0), "the field \"b\" has 1 entries, but \"a\", the first, has 2");
  EXPECT_EQ(r.records, (Records{{R"({"a": "x", "b": 1})"}, {R"({"a": "é", "b": 2})"}}));
}

TEST(NaiveReverseGrouper, SaysWhichFileItCannotWrite) {
  Harness op(oph_plugin_entry, "naive_reverse_grouper",
             R"({"batch_meta_export_path": "/dev/null/no.jsonl"})");
  EXPECT_THROW(op.run({Column::json({R"({"a": [1], "__dj__batch_meta__": {}})"})}),
               testing::CallFailed);
}

}  // namespace
}  // namespace ophost
