// extract_columns: what it takes, what it refuses and how it says so.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/base/json.hpp"
#include "host/batch/json_strings.hpp"
#include "host/batch/test_batches.hpp"

namespace ophost {
namespace {

using testing_batches::make_batch;

const ColumnSpec kText{"text", ColumnType::kStr};

Batch extracted(const std::vector<std::string>& lines, std::vector<ColumnSpec> specs = {kText}, int required = 0) {
  Batch batch = make_batch(lines, std::move(specs));
  extract_columns(batch, required);
  return batch;
}

std::string reason(const std::string& line) {
  Batch b = extracted({line});
  if (b.faults.empty()) return "";
  EXPECT_EQ(b.faults.size(), 1u);
  EXPECT_FALSE(b.alive.get(0));
  EXPECT_EQ(b.faults[0].op, -1);
  EXPECT_EQ(b.faults[0].code, OPH_E_INPUT);
  return b.faults[0].reason;
}

TEST(Bitmap, CountsAndKeepsTheTailClear) {
  Bitmap b;
  b.assign(70, true);
  EXPECT_EQ(b.count(), 70u);
  EXPECT_TRUE(b.all());
  EXPECT_EQ(b.data()[8], 0x3F);
  b.clear(69);
  EXPECT_EQ(b.count(), 69u);
  Bitmap c;
  c.assign(70, false);
  EXPECT_TRUE(c.none());
  c.put(69, true);
  c.put(3, true);
  b.and_with(c);
  EXPECT_EQ(b.count(), 1u);
  EXPECT_TRUE(b.get(3));
}

TEST(Extract, UnescapesTheText) {
  std::string longer(100, 'x');
  Batch b = extracted({R"({"text":"a\"b\\c\/d\b\f\n\r\t"})", R"({"text":"\u0041\u00e9\u20AC\ud83d\ude00"})",
                       R"({ "id" : 7 , "text" : "" , "x":[1,{"text":"no"}] })", "{\"text\":\"" + longer + "\\n" + longer + "\"}",
                       "{\"text\":\"gr\xC3\xBC\xC3\x9F\"}"});
  ASSERT_TRUE(b.faults.empty()) << b.faults[0].reason;
  EXPECT_EQ(b.columns[0].str(0), "a\"b\\c/d\b\f\n\r\t");
  EXPECT_EQ(b.columns[0].str(1), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(b.columns[0].str(2), "");
  EXPECT_EQ(b.columns[0].str(3), longer + "\n" + longer);
  EXPECT_EQ(b.columns[0].str(4), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(b.columns[0].offsets.back(), static_cast<std::int64_t>(b.columns[0].values.size()));
  EXPECT_TRUE(b.alive.all());
  EXPECT_TRUE(b.columns[0].valid.all());
  EXPECT_TRUE(b.columns[0].changed.none());
}

TEST(Extract, TakesEveryTypeByDottedPath) {
  Batch b = extracted({R"({"text":"t","meta":{"lang":"de","n":-12,"f":2.5,"ok":true,"o":{"a":[1, 2]}},"big":18446744073709551616})",
                       R"({"text":"t","meta":{"lang":null,"n":1.0,"f":3,"ok":"true"}})",
                       R"({"text":"t","meta":"lang"})",
                       R"({"text":"t","meta":[{"lang":"x"}],"big":NaN})"},
                      {kText, {"meta.lang", ColumnType::kStr}, {"meta.n", ColumnType::kI64}, {"meta.f", ColumnType::kF64},
                       {"meta.ok", ColumnType::kBool}, {"meta.o", ColumnType::kJson}, {"big", ColumnType::kI64},
                       {"big", ColumnType::kF64}, {"$record", ColumnType::kJson}, {"meta", ColumnType::kJson}});
  ASSERT_TRUE(b.faults.empty());
  auto valid = [&](int c, std::size_t r) { return b.columns[static_cast<std::size_t>(c)].valid.get(r); };
  EXPECT_EQ(b.columns[1].str(0), "de");
  EXPECT_EQ(b.columns[2].i64[0], -12);
  EXPECT_EQ(b.columns[3].f64[0], 2.5);
  EXPECT_TRUE(valid(4, 0));
  EXPECT_EQ(b.columns[4].i64[0], 1);
  EXPECT_EQ(b.columns[5].str(0), R"({"a":[1, 2]})");
  EXPECT_FALSE(valid(6, 0)) << "2^64 fits no 64-bit integer";
  EXPECT_EQ(b.columns[7].f64[0], 18446744073709551616.0);
  EXPECT_EQ(b.columns[8].str(0), b.line(0));
  EXPECT_FALSE(valid(1, 1));
  EXPECT_FALSE(valid(2, 1)) << "1.0 is no integer";
  EXPECT_EQ(b.columns[3].f64[1], 3.0);
  EXPECT_FALSE(valid(4, 1));
  EXPECT_FALSE(valid(5, 1));
  EXPECT_FALSE(valid(1, 2)) << "a string has no members";
  EXPECT_EQ(b.columns[9].str(2), "\"lang\"");
  EXPECT_FALSE(valid(1, 3)) << "an array's elements are not members";
  EXPECT_EQ(b.columns[9].str(3), R"([{"lang":"x"}])");
  EXPECT_TRUE(std::isnan(b.columns[7].f64[3]));
}

TEST(Extract, TheLastDuplicateWins) {
  Batch b = extracted({R"({"text":"long first value","text":"b"})", R"({"text":"a","text":null})",
                       R"({"text":"\ud800","text":"fine"})",
                       R"({"text":"t","meta":{"lang":"a"},"meta":{"x":1}})", R"({"te\u0078t":"by escape"})"},
                      {kText, {"meta.lang", ColumnType::kStr}});
  EXPECT_EQ(b.columns[0].str(0), "b");
  ASSERT_EQ(b.faults.size(), 1u);
  EXPECT_EQ(b.faults[0].row, 1u);
  EXPECT_EQ(b.columns[0].str(2), "fine");
  EXPECT_FALSE(b.columns[1].valid.get(3));
  EXPECT_EQ(b.columns[0].str(4), "by escape");
}

TEST(Extract, SaysWhatIsWrongWithTheText) {
  EXPECT_EQ(reason(R"({"text":"x"})"), "");
  EXPECT_NE(reason(R"({"id":1})").find("'text' is missing, expected a string"), std::string::npos);
  EXPECT_NE(reason(R"({"text":null})").find("'text' is null"), std::string::npos);
  EXPECT_NE(reason(R"({"text":5})").find("is a number"), std::string::npos);
  EXPECT_NE(reason(R"({"text":true})").find("is a boolean"), std::string::npos);
  EXPECT_NE(reason(R"({"text":["a"]})").find("is an array"), std::string::npos);
  EXPECT_NE(reason(R"({"text":{"a":"b"}})").find("is an object"), std::string::npos);
  EXPECT_NE(reason(R"({"text":"ab\ud800"})").find("at byte 11"), std::string::npos);
}

TEST(Extract, NamesTheByteAndWhatWasExpected) {
  auto has = [](const std::string& line, const std::string& at, const std::string& expected) {
    std::string r = reason(line);
    EXPECT_NE(r.find("at byte " + at + " "), std::string::npos) << line << " gave: " << r;
    EXPECT_NE(r.find(expected), std::string::npos) << line << " gave: " << r;
  };
  has("", "0", "'{'");
  has("{\"a\":\n1}", "5", "a value");  // an operator's record of two lines would become two
  has("{\"a\":1\n}", "6", "'}'");
  has("[1]", "0", "jq -c");
  has("\"text\"", "0", "'{'");
  has(R"({"text":"x")", "11", "',' or '}'");
  has(R"({"text":"x)", "10", "closing");
  has(R"({"text" "x"})", "8", "':'");
  has(R"({"text":"x",})", "12", "member name");
  has(R"({"text":"x"} {})", "13", "end of the line");
  has(R"({"a":[1 2]})", "8", "',' or ']'");
  has(R"({"a":01})", "6", "leading zero");
  has(R"({"a":1.})", "7", "digit");
  has(R"({"a":1e+})", "8", "digit");
  has(R"({"a":-})", "6", "digit");
  has(R"({"a":tru})", "8", "true");
  has(R"({"a":nulL})", "8", "null");
  has(R"({"a":"\x"})", "7", "\\uXXXX");
  has(R"({"a":"\u12g4"})", "10", "\\uXXXX");
  has("{\"a\":\"\t\"}", "6", "control character");
  has(R"({"a":'x'})", "5", "a value");
  has(R"({"a":[1,]})", "8", "a value");
  has("{\"text\":\"a\xFF\"}", "10", "0xFF cannot begin");
  has("{\"text\":\"a\xC3\"}", "10", "0xC3");
  has("{\"text\":\"\xED\xA0\x80\"}", "9", "0xA0");
  has("{\"text\":\"x\"}\xC3", "12", "inside a character");
}

TEST(Extract, OneBadLineLeavesItsNeighboursAlone) {
  Batch b = extracted({R"({"text":"one"})", "{\"text\":\"\xC3", "\xA9\"}", R"({"text":"four","x":})", R"({"text":"five"})"});
  EXPECT_EQ(b.faults.size(), 3u);
  EXPECT_EQ(b.columns[0].str(0), "one");
  EXPECT_EQ(b.columns[0].str(4), "five");
  EXPECT_EQ(b.columns[0].values, "onefive");
  EXPECT_EQ(b.alive.count(), 2u);
}

TEST(Extract, DepthIsBoundedByMemoryAlone) {
  for (std::size_t depth : {std::size_t{64}, std::size_t{10000}, std::size_t{3000000}}) {
    std::string line = R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"text":"deep"})";
    Batch b = extracted({line});
    EXPECT_EQ(b.columns[0].str(0), "deep") << depth;
    std::string objects = R"({"text":"t","x":)";
    for (std::size_t i = 0; i < depth; ++i) objects += i % 2 ? "{\"a\":" : "[";
    objects += "0";
    for (std::size_t i = depth; i-- > 0;) objects += i % 2 ? "}" : "]";
    EXPECT_EQ(reason(objects + "}"), "");
    EXPECT_NE(reason(objects), "");
  }
}

TEST(Extract, NumbersOfAnySizeAndPythonsLiteralsPass) {
  std::string digits(5000, '9');
  EXPECT_EQ(reason("{\"text\":\"\",\"n\":" + digits + "." + digits + "e" + digits + "}"), "");
  EXPECT_EQ(reason(R"({"text":"","a":[NaN,Infinity,-Infinity,-0,0e1,1E+2]})"), "");
  EXPECT_NE(reason(R"({"text":"","a":-NaN})"), "");
  EXPECT_NE(reason(R"({"text":"","a":+1})"), "");
  EXPECT_NE(reason(R"({"text":"","a":.5})"), "");
  Batch b = extracted({R"({"f":1e999})", R"({"f":-Infinity})", R"({"f":1e-999})"}, {{"f", ColumnType::kF64}}, -1);
  EXPECT_TRUE(std::isinf(b.columns[0].f64[0]));
  EXPECT_LT(b.columns[0].f64[1], 0);
  EXPECT_EQ(b.columns[0].f64[2], 0);
}

TEST(Extract, ABatchIsUsedAgain) {
  Batch b = extracted({R"({"text":"first"})", R"({"text":"second"})"});
  b.columns[0].changed_ever.set(0);
  b.clear();
  EXPECT_EQ(b.rows(), 0u);
  Batch other = make_batch({R"({"text":"x"})"}, {});
  std::vector<Column> columns = std::move(b.columns);
  b = std::move(other);
  b.columns = std::move(columns);
  extract_columns(b, 0);
  EXPECT_EQ(b.columns[0].str(0), "x");
  EXPECT_TRUE(b.columns[0].changed_ever.none());
}

// Random texts over an alphabet that makes near-JSON: the scanner and RapidJSON must agree on what is valid, and
// on the text. (No N or I, which the two treat differently on purpose.)
TEST(Extract, AgreesWithAnotherParserOnRandomLines) {
  std::mt19937 random(7);
  const std::vector<std::string> seeds = {
      R"({"text":"a\n\"b\u0041","x":[1,-2.5e3,{"y":null}],"z":true})",
      R"({ "text" : "some longer text that fills more than one block of thirty-two bytes" , "m" : {} })",
      R"({"a":[[],[{}],""],"text":"\\","n":0.1})"};
  const std::string alphabet = "{}[]:,\"\\ \tntrue0-+.eE19u/abf\x01\xC3\xA9";
  // RapidJSON is undefined for 0e23 and beyond (it counts the leading zeros of 0).
  auto has_large_exponent = [](const std::string& s) {
    for (std::size_t e = s.find_first_of("eE"); e != std::string::npos; e = s.find_first_of("eE", e + 1)) {
      std::size_t digits = e + 1 + (e + 1 < s.size() && (s[e + 1] == '+' || s[e + 1] == '-'));
      if (digits + 1 < s.size() && std::isdigit(s[digits]) && std::isdigit(s[digits + 1])) return true;
    }
    return false;
  };
  int valid = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string line = seeds[random() % seeds.size()];
    for (unsigned n = random() % 4; n > 0; --n) {
      std::size_t at = random() % line.size();
      char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: line[at] = c; break;
        case 1: line.insert(at, 1, c); break;
        default: line.erase(at, 1 + random() % 3);
      }
      if (line.empty()) break;
    }
    if (has_large_exponent(line)) continue;
    Batch b = extracted({line}, {kText}, -1);
    auto reference = parse_json(line, "line");
    const bool expected = reference.ok() && reference->IsObject();
    ASSERT_EQ(b.alive.get(0), expected) << line << (b.faults.empty() ? "" : b.faults[0].reason);
    if (!expected) continue;
    ++valid;
    const JsonValue* text = nullptr;
    for (const auto& m : reference->GetObject())
      if (std::string_view(m.name.GetString(), m.name.GetStringLength()) == "text") text = &m.value;
    ASSERT_EQ(b.columns[0].valid.get(0), text && text->IsString()) << line;
    if (!text || !text->IsString()) continue;
    ASSERT_EQ(b.columns[0].str(0), std::string_view(text->GetString(), text->GetStringLength())) << line;
  }
  EXPECT_GT(valid, 10000);
}

TEST(JsonStrings, TheFastKernelAgreesWithTheBaseline) {
  std::mt19937 random(11);
  const auto &fast = json_strings::kernels(), &plain = json_strings::baseline_kernels();
  const std::vector<std::string> pieces = {"a", "\xC3\xA9", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\"", "\\q",
                                           "\x02", "0123456789012345678901234567890123456789"};
  for (int i = 0; i < 20000; ++i) {
    std::string s;
    for (unsigned n = random() % 12; n > 0; --n) {
      const bool proper = random() % 20 != 0;  // most pieces neither end the string nor break it
      s += pieces[random() % (proper ? 6 : pieces.size())];
      if (random() % 4 == 0) s += pieces.back();
    }
    s += random() % 8 ? "\"" : "";
    const char* end = s.data() + s.size();
    std::string a, b;
    std::size_t pos_a = 0, pos_b = 0;
    const char *lone_a = nullptr, *lone_b = nullptr;
    auto skip_fast = fast.skip(s.data(), end, end), skip_plain = plain.skip(s.data(), end, end);
    auto un_fast = fast.unescape(s.data(), end, end, a, pos_a, lone_a);
    auto un_plain = plain.unescape(s.data(), end, end, b, pos_b, lone_b);
    ASSERT_EQ(skip_fast.p, skip_plain.p) << s;
    ASSERT_EQ(skip_fast.error, skip_plain.error) << s;
    ASSERT_EQ(un_fast.p, skip_plain.p) << s;
    ASSERT_EQ(un_plain.p, skip_plain.p) << s;
    ASSERT_EQ(lone_a, lone_b) << s;
    if (un_plain.error) continue;
    ASSERT_EQ(a.substr(0, pos_a), b.substr(0, pos_b)) << s;
  }
}

}  // namespace
}  // namespace ophost
