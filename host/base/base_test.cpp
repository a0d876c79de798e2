#include <gtest/gtest.h>

#include "host/base/files.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

TEST(Json, FloatsAreWrittenAsPythonDoes) {
  auto f = [](double v) {
    std::string s;
    append_python_float(s, v);
    return s;
  };
  EXPECT_EQ(f(0.1), "0.1");
  EXPECT_EQ(f(1.0), "1.0");
  EXPECT_EQ(f(1e-5), "1e-05");
  EXPECT_EQ(f(1e16), "1e+16");
  EXPECT_EQ(f(123456789012345.0), "123456789012345.0");
  EXPECT_EQ(f(2.0 / 3), "0.6666666666666666");
  EXPECT_EQ(f(-0.0), "-0.0");
}

TEST(Json, NumbersAreReadExactly) {
  auto value = [](const std::string& text) {
    auto doc = parse_json(text, "it");
    return doc.ok() ? dump_json(*doc) : "refused";
  };
  for (const char* zero : {"0e40", "0e308", "0.0e50", "0E300", "0.000e+99", "0e-400", "1e-400"}) EXPECT_EQ(value(zero), "0.0") << zero;
  EXPECT_EQ(value("-0e100"), "-0.0");
  EXPECT_EQ(value("-0"), "0");  // as Python's int
  EXPECT_EQ(value("1e22"), "1e+22");
  EXPECT_EQ(value("9007199254740993.0"), "9007199254740992.0");
  EXPECT_EQ(value("2.2250738585072011e-308"), "2.225073858507201e-308");
  EXPECT_EQ(value("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(value("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(value("18446744073709551616"), "1.8446744073709552e+19");
  EXPECT_EQ(value("[NaN,Infinity,-Infinity]"), "[NaN,Infinity,-Infinity]");
  EXPECT_EQ(value("1e400"), "refused");
  EXPECT_EQ(value("1" + std::string(400, '0')), "refused");
  EXPECT_EQ(value("0." + std::string(400, '0') + "1"), "0.0");
  EXPECT_EQ(value("01"), "refused");
  EXPECT_EQ(value("1 2"), "refused");
}

TEST(Json, CanonicalSortsKeysAtEveryDepth) {
  auto a = parse_json(R"({"b":{"y":1,"x":[1.0,2]},"a":null})", "a");
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(canonical_json(*a), R"({"a":null,"b":{"x":[1.0,2],"y":1}})");
}

TEST(Json, DepthDoesNotOverflowTheStack) {
  std::string deep(200000, '[');
  EXPECT_FALSE(parse_json(deep, "deep").ok());
}

TEST(Hash, FieldsDoNotRunTogether) {
  EXPECT_NE(Hasher().field("ab").field("c").digest(), Hasher().field("a").field("bc").digest());
  Hash128 h = hash128("x");
  EXPECT_EQ(Hash128::from_hex(h.hex()), h);
  EXPECT_FALSE(Hash128::from_hex("zz").has_value());
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(nearest("text_lenght_filter", {"text_length_filter", "words_num_filter"}), "text_length_filter");
  EXPECT_EQ(nearest("qqqq", {"text_length_filter"}), "");
}

TEST(Files, AtomicWriteLeavesNoTemporaryBehind) {
  std::string dir = ::testing::TempDir() + "ophost_files_test";
  ASSERT_TRUE(remove_tree(dir).ok());
  ASSERT_TRUE(write_file_atomic(dir + "/a/b.txt", "hello").ok());
  EXPECT_EQ(*read_file(dir + "/a/b.txt"), "hello");
  auto files = list_files(dir);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->size(), 1u);
  EXPECT_EQ(read_file(dir + "/none").status().exit_code(), 4);
}

}  // namespace
}  // namespace ophost
