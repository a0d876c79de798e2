// splice: only what is edited changes, every other byte stays.
#include "host/batch/splice.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/base/json.hpp"
#include "host/batch/test_batches.hpp"

namespace ophost {
namespace {

std::string spliced(std::string_view line, const std::vector<Edit>& edits) {
  std::string out = "before|";
  splice(line, edits, out);
  EXPECT_TRUE(out.starts_with("before|"));
  return out.substr(7);
}

TEST(Splice, ReplacesOneValueAndNothingElse) {
  EXPECT_EQ(spliced(R"( {"id": 1 ,  "text":"old","m":{"text":"in"} } )", {{"text", "\"new\""}}),
            R"( {"id": 1 ,  "text":"new","m":{"text":"in"} } )");
  EXPECT_EQ(spliced(R"({"text":["x","]"],"b":2})", {{"text", "1"}}), R"({"text":1,"b":2})");
  EXPECT_EQ(spliced("{\"text\":1}\r", {{"text", "2"}}), "{\"text\":2}\r");
  EXPECT_EQ(spliced(R"({"te\u0078t":1})", {{"text", "2"}}), R"({"te\u0078t":2})");
  EXPECT_EQ(spliced(R"({"a":1})", {}), R"({"a":1})");
}

TEST(Splice, AddsWhatIsMissingAtTheEnd) {
  EXPECT_EQ(spliced(R"({"a":1})", {{"b", "2"}}), R"({"a":1, "b": 2})");
  EXPECT_EQ(spliced(R"({})", {{"b", "2"}}), R"({"b": 2})");
  EXPECT_EQ(spliced(R"({ })", {{"b", "2"}, {"c", "3"}}), R"({"b": 2, "c": 3 })");
  EXPECT_EQ(spliced(R"({"m":{"x":1}})", {{"m.y.z", "2"}}), R"({"m":{"x":1, "y": {"z": 2}}})");
  EXPECT_EQ(spliced(R"({"a":1})", {{"s.x", "1"}, {"s.y", "2"}}), R"({"a":1, "s": {"x": 1, "y": 2}})");
  EXPECT_EQ(spliced(R"({"m":null})", {{"m.x", "1"}}), R"({"m":{"x": 1}})");
  EXPECT_EQ(spliced(R"({"a":1})", {{"q\"\n", "2"}}), R"({"a":1, "q\"\n": 2})");
}

TEST(Splice, RemovesMembersWithTheirComma) {
  const char* line = R"({"a": 1, "b": 2, "c": 3})";
  EXPECT_EQ(spliced(line, {{"a", "", true}}), R"({"b": 2, "c": 3})");
  EXPECT_EQ(spliced(line, {{"b", "", true}}), R"({"a": 1, "c": 3})");
  EXPECT_EQ(spliced(line, {{"c", "", true}}), R"({"a": 1, "b": 2})");
  EXPECT_EQ(spliced(line, {{"a", "", true}, {"b", "", true}}), R"({"c": 3})");
  EXPECT_EQ(spliced(line, {{"a", "", true}, {"b", "", true}, {"c", "", true}}), R"({})");
  EXPECT_EQ(spliced(line, {{"a", "", true}, {"b", "", true}, {"c", "", true}, {"d", "4"}}), R"({"d": 4})");
  EXPECT_EQ(spliced(line, {{"x", "", true}, {"a.b", "", true}, {"x.y", "", true}}), line);
}

TEST(Splice, DuplicatesAreEditedLastAndRemovedEverywhere) {
  EXPECT_EQ(spliced(R"({"t":1,"x":0,"t":2})", {{"t", "9"}}), R"({"t":1,"x":0,"t":9})");
  EXPECT_EQ(spliced(R"({"t":1,"x":0,"t":2})", {{"t", "9"}, {"x", "8"}}), R"({"t":1,"x":8,"t":9})");
  EXPECT_EQ(spliced(R"({"t":1,"x":0,"t":2})", {{"t", "", true}}), R"({"x":0})");
  EXPECT_EQ(spliced(R"({"m":{"a":1},"m":{"a":2}})", {{"m.a", "", true}}), R"({"m":{},"m":{}})");
  EXPECT_EQ(spliced(R"({"m":{"a":1},"m":{"a":2}})", {{"m.a", "3"}}), R"({"m":{"a":1},"m":{"a":3}})");
}

TEST(Splice, AWholeRecordReplacesTheLine) {
  EXPECT_EQ(spliced(R"({"a":1})", {{"$record", R"({"b":2})"}}), R"({"b":2})");
  EXPECT_EQ(spliced(R"({"a":1})", {{"b", "3"}, {"$record", R"({"b":2})"}}), R"({"b":3})");
}

TEST(Splice, TheShorterOfTwoNestedPathsWins) {
  EXPECT_EQ(spliced(R"({"m":{"a":1}})", {{"m.a", "2"}, {"m", "0"}}), R"({"m":0})");
}

TEST(Escape, IsPythonsJsonDumps) {
  auto f = [](std::string_view s) {
    std::string out;
    append_json_string(out, s);
    return out;
  };
  EXPECT_EQ(f(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(f("\b\f\n\r\t\"\\/"), R"("\b\f\n\r\t\"\\/")");
  EXPECT_EQ(f("gr\xC3\xBC\xE2\x80\xA8"), "\"gr\xC3\xBC\xE2\x80\xA8\"");
}

// Any text, escaped, spliced in and extracted again, is itself: every length around the block sizes.
TEST(Escape, RoundTripsThroughSpliceAndExtract) {
  std::mt19937 random(3);
  const std::vector<std::string> pieces = {"a", "bcd", "\n", "\"", "\\", "\xC3\xA9", "\xF0\x9F\x98\x80", "\x01", "plain text, "};
  std::vector<std::string> texts, lines;
  for (std::size_t size = 0; size < 200; ++size) {
    for (unsigned dense : {2u, 20u}) {
      std::string text;
      while (text.size() < size) text += random() % dense == 0 ? pieces[random() % pieces.size()] : "x";
      texts.push_back(text);
    }
  }
  texts.push_back(std::string(5000, '\x02'));
  for (const std::string& text : texts) {
    std::string json;
    append_json_string(json, text);
    lines.push_back(spliced(R"({"text":"to be \"replaced\"","n":1})", {{"text", json}}));
  }
  Batch b = testing_batches::make_batch(lines, {{"text", ColumnType::kStr}});
  extract_columns(b, 0);
  ASSERT_TRUE(b.faults.empty()) << b.faults[0].reason;
  for (std::size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(b.columns[0].str(i), texts[i]);
}

}  // namespace
}  // namespace ophost
