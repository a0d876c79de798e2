// The examples, loaded as a host loads them and run on literal records: what the guide shows works.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "ophost/testing.hpp"

using ophost::testing::Column;
using ophost::testing::Harness;
using Bools = std::vector<bool>;
using Records = std::vector<std::vector<std::string>>;

namespace {

const oph_plugin& load(const std::string& name) {
  const std::string path = OPHOST_EXAMPLE_DIR "/" + name + ".so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto* entry = static_cast<const oph_plugin*>(dlsym(library, OPH_ENTRY_SYMBOL));
  if (entry == nullptr) throw std::runtime_error(path + " has no entry");
  EXPECT_EQ(entry->magic, OPH_MAGIC);
  EXPECT_EQ(entry->abi_major, OPH_ABI_MAJOR);
  return *entry;
}

TEST(Examples, FilterInC) {
  Harness h(load("min-bytes"), "example_min_bytes_filter", R"({"min_bytes":3})");
  const auto r = h.run({Column::str({"ab", "abc", std::nullopt, "\xC3\xA9\xC3\xA9"})});
  EXPECT_EQ(r.kept, (Bools{false, true, false, true}));
  EXPECT_EQ(r.i64("num_bytes")[3], 4);
  EXPECT_EQ(r.row_errors.size(), 1u);
}

TEST(Examples, Filter) {
  Harness h(load("digit_ratio_filter"), "example_digit_ratio_filter");
  const auto r = h.run({"", "a1", "abcd1", "no digit"});
  EXPECT_EQ(r.kept, (Bools{true, false, true, true}));
  EXPECT_EQ(r.f64("digit_ratio"), (std::vector<std::optional<double>>{0.0, 0.5, 0.2, 0.0}));
}

TEST(Examples, Mapper) {
  Harness h(load("trim_lines_mapper"), "example_trim_lines_mapper");
  const auto r = h.run({"a \nb\t\n", "a\nb", "", "  "});
  EXPECT_EQ(r.texts(), (std::vector<std::string>{"a\nb\n", "a\nb", "", ""}));
  EXPECT_EQ(r.edited, (Bools{true, false, false, true}));
}

TEST(Examples, FlatMapper) {
  Harness h(load("paragraphs_mapper"), "example_paragraphs_mapper", R"({"max_bytes":6})");
  const auto r = h.run({"a\n\nb", "", "\n\nc\n\n", "too long a text"});
  EXPECT_EQ(r.records, (Records{{"a"}, {"b"}, {"c"}}));
  EXPECT_EQ(r.sources, (std::vector<std::uint64_t>{0, 0, 2}));
  EXPECT_EQ(r.row_errors.count(3), 1u);
}

TEST(Examples, DerivedColumnAndItsReader) {
  const oph_plugin& plugin = load("word_count_column");
  Harness column(plugin, "example_word_count_column");
  const auto counts = column.run({"", "one", " two words "});
  EXPECT_EQ(counts.i64("word_count"), (std::vector<std::optional<std::int64_t>>{0, 1, 2}));
  Harness filter(plugin, "example_word_count_filter");
  EXPECT_EQ(filter.run(counts.columns).kept, (Bools{false, true, true}));
}

TEST(Examples, Deduplicator) {
  Harness h(load("first_line_deduplicator"), "example_first_line_deduplicator");
  const auto r = h.run({"a\n1", "b", "a\n2", "", "a", ""});
  EXPECT_EQ(r.kept, (Bools{true, true, false, true, false, false}));
  EXPECT_EQ(r.text("example_first_line_hash")[0], r.text("example_first_line_hash")[2]);
  EXPECT_EQ(r.text("example_first_line_hash")[0]->size(), 32u);
}

TEST(Examples, DeduplicatorWithoutItsHash) {
  Harness h(load("first_line_deduplicator"), "example_first_line_deduplicator");
  h.want(1, false);
  const auto r = h.run({"a", "a"});
  EXPECT_EQ(r.kept, (Bools{true, false}));
  EXPECT_FALSE(r.text("example_first_line_hash")[0].has_value());
}

TEST(Examples, Selector) {
  Harness h(load("longest_selector"), "example_longest_selector", R"({"count":2})");
  EXPECT_EQ(h.run({"aa", "b", "cccc", "dd", ""}).kept, (Bools{true, false, true, false, false}));
}

TEST(Examples, Aggregator) {
  Harness h(load("count_aggregator"), "example_count_aggregator");
  EXPECT_EQ(h.run({"aa", "b", ""}).records, (Records{{"3", "3"}}));
}

TEST(Examples, Grouper) {
  Harness h(load("field_grouper"), "example_field_grouper", R"({"separator":"+"})");
  const auto r = h.run({Column::str({"1", "2", "3"}), Column::str({"x", "y", "x"})});
  EXPECT_EQ(r.records, (Records{{"1+3"}, {"2"}}));
  EXPECT_EQ(r.sources, (std::vector<std::uint64_t>{0, 1}));
}

TEST(Examples, Observer) {
  Harness h(load("event_observer"), "example_event_observer");
  h.events({R"({"event_type":"op_start"})", R"({"event_type":"op_failed"})"});
  EXPECT_EQ(h.logged(), (std::vector<std::string>{"1 failures so far"}));
}

}  // namespace
