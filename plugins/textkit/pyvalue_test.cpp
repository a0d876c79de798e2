// Python's behaviour on JSON values; the expected texts were printed by CPython 3.11.
#include "plugins/textkit/pyvalue.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ophost::textkit {
namespace {

PyValue value(std::string_view json) {
  return PyValue::parse(json);
}
bool equal(std::string_view a, std::string_view b) {
  return py_equal(value(a), value(b));
}
bool less(std::string_view a, std::string_view b) {
  return py_less(value(a), value(b));
}
std::string repr(std::string_view json) {
  return py_repr(value(json));
}

TEST(PyValue, Equality) {
  EXPECT_TRUE(equal("1", "1.0"));
  EXPECT_TRUE(equal("1", "true"));
  EXPECT_TRUE(equal("0.0", "false"));
  EXPECT_TRUE(equal("-0.0", "0"));
  EXPECT_FALSE(equal("\"1\"", "1"));
  EXPECT_FALSE(equal("null", "0"));
  EXPECT_FALSE(equal("null", "false"));
  EXPECT_TRUE(equal("null", "null"));
  EXPECT_FALSE(equal("NaN", "NaN"));
  EXPECT_FALSE(equal("9007199254740993", "9007199254740992.0"));  // not as doubles
  EXPECT_TRUE(equal("[1, [2]]", "[1.0, [2]]"));
  EXPECT_FALSE(equal("[1]", "[1, 2]"));
  EXPECT_TRUE(equal(R"({"a": 1, "b": 2})", R"({"b": 2, "a": 1})"));
  EXPECT_FALSE(equal(R"({"a": 1})", R"({"b": 1})"));
  EXPECT_FALSE(py_equal(value("[4]"), PyValue(PyValue::Tuple{{4}})));
}

TEST(PyValue, Order) {
  EXPECT_TRUE(less("1", "1.5"));
  EXPECT_FALSE(less("2", "1.5"));
  EXPECT_TRUE(less("-2", "-1.5"));
  EXPECT_TRUE(less("false", "0.5"));
  EXPECT_TRUE(less("9223372036854775807", "9223372036854775808"));
  EXPECT_TRUE(less("9007199254740992.0", "9007199254740993"));
  EXPECT_TRUE(less("-Infinity", "-9223372036854775808"));
  EXPECT_FALSE(less("NaN", "1"));
  EXPECT_FALSE(less("1", "NaN"));
  EXPECT_TRUE(less(R"("Z")", R"("a")"));
  EXPECT_TRUE(less(R"("\uffff")", R"("\ud83d\ude00")"));  // code points, not UTF-16 units
  EXPECT_TRUE(less("[1, 2]", "[1, 2, 0]"));
  EXPECT_TRUE(less("[1, 2, 9]", "[1, 3]"));
  EXPECT_TRUE(less(R"([1, "a"])", R"([2, 1])"));
  for (const auto& [a, b] :
       {std::pair{"1", "\"1\""}, {"null", "null"}, {"[1]", "[\"a\"]"}, {"{}", "{}"}, {"[]", "1"}}) {
    EXPECT_THROW(less(a, b), PyTypeError) << a << " " << b;
  }
  try {
    less("\"a\"", "null");
    FAIL();
  } catch (const PyTypeError& e) {
    EXPECT_STREQ(e.what(), "'<' not supported between instances of 'str' and 'NoneType'");
  }
  const PyValue small(PyValue::Set{{1}}), large(PyValue::Set{{2, 1}});
  EXPECT_TRUE(py_less(small, large));
  EXPECT_FALSE(py_compare(PyOrder::kGreaterEqual, small, large));
}

TEST(PyValue, Membership) {
  EXPECT_TRUE(py_contains(value("[1, 2]"), value("2.0")));
  EXPECT_TRUE(py_contains(value("\"hello\""), value("\"ell\"")));
  EXPECT_TRUE(py_contains(value(R"({"k": 1})"), value("\"k\"")));
  EXPECT_FALSE(py_contains(value(R"({"k": 1})"), value("1")));
  EXPECT_THROW(py_contains(value("\"1\""), value("1")), PyTypeError);
  EXPECT_THROW(py_contains(value("1"), value("1")), PyTypeError);
  EXPECT_THROW(py_contains(value("{}"), value("[]")), PyTypeError);
  EXPECT_THROW(py_contains(PyValue(PyValue::Set{{1}}), value("[1]")), PyTypeError);
}

TEST(PyValue, Truth) {
  for (const char* json : {"null", "false", "0", "0.0", "-0.0", "\"\"", "[]", "{}"}) {
    EXPECT_FALSE(py_truthy(value(json))) << json;
  }
  for (const char* json : {"true", "-1", "1e-300", "NaN", "\"0\"", "[0]", R"({"":0})"}) {
    EXPECT_TRUE(py_truthy(value(json))) << json;
  }
}

TEST(PyValue, FloatOfText) {
  const std::pair<const char*, double> good[] = {{"1", 1},
                                                 {" \t\n1.5\r\v\f", 1.5},
                                                 {"\u20031\u2003", 1},
                                                 {"\u00851\u3000", 1},
                                                 {"1_000", 1000},
                                                 {"1e1_0", 1e10},
                                                 {"1_0.2_5", 10.25},
                                                 {"+7", 7},
                                                 {"7.", 7},
                                                 {".5", 0.5},
                                                 {"-.5E-1", -0.05},
                                                 {"１２", 12},
                                                 {"٣٫", NAN},
                                                 {"𝟗𝟘", 90},
                                                 {"1e400", INFINITY},
                                                 {"-1e400", -INFINITY},
                                                 {"1e-400", 0},
                                                 {"0.000e999", 0},
                                                 {"5e-324", 5e-324},
                                                 {"inf", INFINITY},
                                                 {"-Infinity", -INFINITY},
                                                 {"0.1", 0.1},
                                                 {"000012", 12}};
  for (const auto& [text, want] : good) {
    const auto got = py_float(text);
    if (std::isnan(want)) {
      EXPECT_FALSE(got.has_value()) << text;
      continue;
    }
    ASSERT_TRUE(got.has_value()) << text;
    EXPECT_EQ(*got, want) << text;
  }
  EXPECT_TRUE(std::isnan(py_float("+NaN").value()));
  EXPECT_EQ(py_float(std::string(400, '9')).value(), INFINITY);
  EXPECT_EQ(py_float("0." + std::string(400, '0') + "1").value(), 0.0);
  EXPECT_EQ(py_float("0." + std::string(400, '0') + "1e401").value(), 1.0);
  for (const char* bad : {"",
                          " ",
                          ".",
                          "e1",
                          "1e",
                          "1__0",
                          "_1",
                          "1_",
                          "1_.0",
                          "1._0",
                          "1e_1",
                          "0x10",
                          "1,5",
                          "+ 1",
                          "--1",
                          "in_f",
                          "1 2",
                          "\x1c"
                          "1",
                          "\ufeff1",
                          "½",
                          "1.5.2",
                          "infin",
                          "1f"}) {
    EXPECT_FALSE(py_float(bad).has_value()) << bad;
  }
  EXPECT_FALSE(py_float(std::string_view("1\0", 2)).has_value());
}

TEST(PyValue, ReprOfFloats) {
  const std::pair<double, const char*> floats[] = {{1.0, "1.0"},
                                                   {-0.0, "-0.0"},
                                                   {0.1, "0.1"},
                                                   {1e16, "1e+16"},
                                                   {1e15, "1000000000000000.0"},
                                                   {123456789012345680.0, "1.2345678901234568e+17"},
                                                   {9999999999999998.0, "9999999999999998.0"},
                                                   {0.0001, "0.0001"},
                                                   {0.00001, "1e-05"},
                                                   {1.5e-7, "1.5e-07"},
                                                   {1e300, "1e+300"},
                                                   {5e-324, "5e-324"},
                                                   {2.5, "2.5"},
                                                   {100.25, "100.25"},
                                                   {1234.5, "1234.5"},
                                                   {INFINITY, "inf"},
                                                   {-INFINITY, "-inf"},
                                                   {NAN, "nan"}};
  for (const auto& [v, want] : floats) EXPECT_EQ(py_repr(v), want);
}

TEST(PyValue, ReprOfTexts) {
  EXPECT_EQ(repr(R"("it's")"), R"("it's")");
  EXPECT_EQ(repr(R"("say \"it's\"")"), R"('say "it\'s"')");
  EXPECT_EQ(repr(R"("a\\b\n\t\r\u0000\u007f\u00a0\u00e9")"), R"('a\\b\n\t\r\x00\x7f\xa0é')");
  EXPECT_EQ(repr(R"("\u200b\u3000\ufeff\ud83d\ude00\udb40\udc01")"),
            R"('\u200b\u3000\ufeff😀\U000e0001')");
  EXPECT_EQ(py_str(value("\"it's\"")), "it's");
}

TEST(PyValue, ReprOfContainers) {
  EXPECT_EQ(repr(R"([1, 1.0, true, null, "x", [], {}, {"a": {"b": [2]}}])"),
            "[1, 1.0, True, None, 'x', [], {}, {'a': {'b': [2]}}]");
  EXPECT_EQ(py_repr(PyValue(PyValue::Tuple{{1}})), "(1,)");
  EXPECT_EQ(py_repr(PyValue(PyValue::Tuple{{"k", PyValue()}})), "('k', None)");
  EXPECT_EQ(py_repr(PyValue(PyValue::Set{{1, "a"}})), "{1, 'a'}");
  EXPECT_EQ(py_str(value("[1, \"a\"]")), "[1, 'a']");
}

TEST(PyValue, Json) {
  const char* text = R"({"a": [1, 2.0, 1e-05, null, true], "é\"\\\n\u0001": NaN, "k": {}})";
  EXPECT_EQ(py_json(value(text)), text);
  EXPECT_EQ(py_json(PyValue(PyValue::Tuple{{1, 2}})), "[1, 2]");
}

TEST(PyValue, Parse) {
  EXPECT_NE(value("18446744073709551615").as<double>(), nullptr);
  EXPECT_EQ(*value("-9223372036854775808").as<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*value(R"({"a": 1, "a": 2})").find("a")->as<std::int64_t>(), 2);
  EXPECT_EQ(value("{}").find("a"), nullptr);
  EXPECT_EQ(value("1").find("a"), nullptr);
  for (const char* bad : {"", "[1", "{\"a\"}", "1 2", "nul", "'a'"}) {
    EXPECT_THROW(value(bad), RecordError) << bad;
  }
  EXPECT_THROW(value(std::string(100000, '[')), RecordError);
}

}  // namespace
}  // namespace ophost::textkit
