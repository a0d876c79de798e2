// Parameters and the JSON reader behind them: right on canonical input, safe on any bytes.
#include <gtest/gtest.h>

#include "ophost/ophost.hpp"

using ophost::ConfigError;
using ophost::Params;

namespace {

TEST(Params, ReadsEveryType) {
  const Params p(
      R"({"b":true,"d":2.5,"e":2e5,"i":-7,"l":["x","y"],"n":null,"ns":[1,2],"s":"a\"\u00e9\ud83d\ude00\n","w":2.0})");
  EXPECT_TRUE(p.get_bool("b"));
  EXPECT_EQ(p.get_double("d"), 2.5);
  EXPECT_EQ(p.get_double("i"), -7.0) << "a whole number is a number";
  EXPECT_EQ(p.get_int("i"), -7);
  EXPECT_EQ(p.get_int("w"), 2) << "2.0 is a whole number";
  EXPECT_EQ(p.get_int("e"), 200000);
  EXPECT_EQ(p.get_strings("l"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(p.get_strings("s").size(), 1u) << "one string is a list of one";
  EXPECT_EQ(p.get_ints("ns"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(p.is_null("n"));
  EXPECT_EQ(p.get_string("s"), "a\"\xC3\xA9\xF0\x9F\x98\x80\n");
  EXPECT_EQ(p.json("l"), R"(["x","y"])");
  EXPECT_TRUE(p.has("b"));
  EXPECT_FALSE(p.has("zzz"));
}

TEST(Params, ReadsTheLargestWholeNumberExactly) {
  const Params p(R"({"m":9223372036854775807,"o":9223372036854775808})");
  EXPECT_EQ(p.get_int("m"), 9223372036854775807);
  EXPECT_THROW(p.get_int("o"), ConfigError);
}

TEST(Params, NamesTheParameterItRefuses) {
  const Params p(R"({"min_len":"ten","f":7.5})");
  try {
    p.get_int("min_len");
    FAIL() << "a string is no number";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("'min_len'"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("\"ten\""), std::string::npos) << e.what();
  }
  EXPECT_THROW(p.get_int("f"), ConfigError);
  EXPECT_THROW(p.get_bool("f"), ConfigError);
  EXPECT_THROW(p.get_string("f"), ConfigError);
  EXPECT_THROW(p.get_strings("f"), ConfigError);
  EXPECT_THROW(p.get_double("min_len"), ConfigError);
  EXPECT_THROW(p.get_int("absent"), ConfigError);
}

TEST(Params, RefusesWhatIsNoJsonObject) {
  for (const char* bad :
       {"", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":\"x}", "{a:1}",
        "{\"a\":01x}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":tru}", "{\"a\":[1 2]}",
        "{\"\\q\":1}", "{\"\\u12\":1}", "\xff\xfe"}) {
    EXPECT_THROW(Params{bad}, ConfigError) << bad;
  }
  EXPECT_THROW(Params(std::string("{\"a\":") + std::string(5000, '[')), ConfigError);
}

// Any cut and any changed byte of valid input is either read or refused; the sanitizer builds watch
// the memory.
TEST(Params, SurvivesDamagedInput) {
  const std::string good = R"({"a":[1,-2.5e3,"x\u00e9\\"],"b":{"c":null,"d":[true,false]}})";
  int read = 0;
  const auto attempt = [&](const std::string& text) {
    try {
      const Params p(text);
      for (const auto& [name, raw] : p.all()) {
        if (raw[0] == '[') p.get_strings(name);
      }
      ++read;
    } catch (const ConfigError&) {
    }
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    attempt(good.substr(0, i));
    for (const char c : {'\0', '"', '\\', '{', '}', '[', ']', ',', ':', '\xff', '9'}) {
      std::string bad = good;
      bad[i] = c;
      attempt(bad);
    }
  }
  EXPECT_EQ(read, 0) << "the list holds a number, so get_strings refuses whatever parses";
}

TEST(Json, EncodesWhatItDecodes) {
  const std::string text("q\"b\\n\n\t\x01\xC3\xA9\0z", 13);
  EXPECT_EQ(ophost::json::decode_string(ophost::json::encode_string(text)), text);
  EXPECT_EQ(ophost::json::decode_string("\"\\ud800x\""), "\xEF\xBF\xBDx") << "a lone surrogate";
}

}  // namespace
