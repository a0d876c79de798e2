// Tests of the redaction: candidates against the plain patterns, and which strings of a record
// count.
#include <gtest/gtest.h>

#include <random>

#include "ophost/testing.hpp"
#include "plugins/privacy/redactor.hpp"

namespace ophost::privacy {
namespace {

constexpr int kRounds = 100000;
constexpr int kLeastHits = 20;

// Pieces of what the patterns look for, whole and broken, to be joined at random.
const char* const kPieces[] = {"a",
                               "Z",
                               "9",
                               "1",
                               "19",
                               "13812345678",
                               "110101199003071234",
                               "11010119900307123X",
                               " ",
                               "\n",
                               "\t",
                               "\u3000",
                               ".",
                               "..",
                               "+",
                               "-",
                               "_",
                               ":",
                               "=",
                               "：",
                               "/",
                               "\\",
                               "\\\\",
                               "\"",
                               "'",
                               "(",
                               ")",
                               "[",
                               "]",
                               "{",
                               ",",
                               "@",
                               "@x.de",
                               "a.b@",
                               "http://",
                               "https://x.y/z",
                               "eyJ",
                               "eyJa.b.c",
                               "-----BEGIN ",
                               "-----END ",
                               "KEY-----",
                               "-----",
                               "25",
                               "255",
                               "127.0.0.1",
                               "1.2.3",
                               ".4",
                               "[fe80::1]",
                               "[::",
                               ":80",
                               "00:1a:2B:3c:4D:5e",
                               "00-",
                               "aa:",
                               "/home/",
                               "/tmp",
                               "/Users/x",
                               "C:\\",
                               "C:",
                               "D:\\x",
                               "\\\\srv\\",
                               "api_key",
                               "API-KEY",
                               "apikey",
                               "secret",
                               "SeCRet",
                               "\u017f",
                               "ecret",
                               "password",
                               "pa\u017f\u017fwd",
                               "passwd",
                               "token",
                               "to\u212aen",
                               "auth",
                               "authorization",
                               "authoriZat\u0130on",
                               "credential",
                               "credent\u0131al",
                               "license_key",
                               "session_id",
                               "user-\u0131d",
                               "userid",
                               "request_\u0130D",
                               "trace_id",
                               "channel",
                               "CHANNEL",
                               "当前的",
                               "feishu",
                               "钉钉",
                               "mail",
                               "ou_",
                               "OU_",
                               "u_",
                               "uid_",
                               "0123456789abcdef",
                               "0123456789ABCDEF",
                               "x_y-z",
                               "-----BEGIN A-----",
                               "-----END A-----",
                               "channel:",
                               "channel =",
                               "channel: \"",
                               "Channel：",
                               "当前的channel：",
                               "当前的 channel ： ",
                               "当前的 ",
                               "feishu ",
                               "邮箱",
                               "email\n",
                               "ou_0123456789abcdef",
                               "ou_0123456789ABCDEF0123456789abcdef",
                               "api_key: ",
                               "user_id=",
                               "abcdefgh",
                               "+49",
                               "+1",
                               "5551234567",
                               "\u0661",
                               "\u0661\u0662\u0663",
                               "\u00e9",
                               "日本",
                               "\U0001F600",
                               "\x1f",
                               "\u0085",
                               "3",
                               "0",
                               "7",
                               "77",
                               "777777"};

std::string random_text(std::mt19937& rng) {
  std::string text;
  const auto pieces = std::uniform_int_distribution<int>(0, 14)(rng);
  std::uniform_int_distribution<std::size_t> pick(0, std::size(kPieces) - 1);
  for (int i = 0; i < pieces; ++i) text += kPieces[pick(rng)];
  return text;
}

TEST(Redactor, CandidatesLoseNoMatch) {
  std::mt19937 rng(7);
  std::vector<Redactor> quick(kPatternCount), plain(kPatternCount);
  std::vector<int> hits(kPatternCount, 0);
  for (std::size_t k = 0; k < kPatternCount; ++k) {
    quick[k].add(kPatterns[k], "<>");
    plain[k].add(kPatterns[k], "<>", false);
  }
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_text(rng);
    for (std::size_t k = 0; k < kPatternCount; ++k) {
      std::string found, expected;
      const bool any = quick[k].redact(text, found);
      ASSERT_EQ(any, plain[k].redact(text, expected)) << kPatterns[k].regex << "\n" << text;
      if (!any) continue;
      ++hits[k];
      ASSERT_EQ(found, expected) << kPatterns[k].regex << "\n" << text;
    }
  }
  for (std::size_t k = 0; k < kPatternCount; ++k) {
    EXPECT_GT(hits[k], kLeastHits) << kPatterns[k].regex << ": the texts hardly test it";
  }
}

std::string redact(const std::string& record, const std::string& params = "{}") {
  testing::Harness harness(oph_plugin_entry, "pii_redaction_mapper", params);
  const testing::Result result = harness.run({testing::Column::json({record})});
  EXPECT_TRUE(result.row_errors.empty());
  return result.texts().at(0);
}
bool is_edited(const std::string& record) {
  testing::Harness harness(oph_plugin_entry, "pii_redaction_mapper");
  return harness.run({testing::Column::json({record})}).edited.at(0);
}

TEST(PiiRedaction, OnlyTheTokensThatChangeAreRewritten) {
  EXPECT_EQ(redact(R"({ "id" : 1.50, "text":"a@b.de\tx", "t" : "\u00e9 a@b.de","n":1e5 })"),
            R"({ "id" : 1.50, "text":"[EMAIL_REDACTED]\tx", "t" : "\u00e9 a@b.de","n":1e5 })");
  EXPECT_EQ(redact(R"({"text":"\u00e9\ud83d\ude00 \"a@b.de\" \\ \/ \u0001"})"),
            "{\"text\":\"\u00e9\U0001F600 \\\"[EMAIL_REDACTED]\\\" \\\\ / \\u0001\"}");
  EXPECT_FALSE(is_edited(R"({"text":"\u00e9 plain","n":[1,{"a":"b"}]})"));
  EXPECT_TRUE(is_edited(R"({"te\u0078t":"/home/x"})"));
}

TEST(PiiRedaction, StringsInListsAndUnderSomeKeysCountAnywhere) {
  EXPECT_EQ(
      redact(R"({"text":"","x":"a@b.de","l":["a@b.de",["a@b.de",{"y":"a@b.de"}]]})"),
      R"({"text":"","x":"a@b.de","l":["[EMAIL_REDACTED]",["[EMAIL_REDACTED]",{"y":"a@b.de"}]]})");
  EXPECT_EQ(
      redact(R"({"text":"","d":{"path":"/tmp/x","pathx":"/tmp/x"},"file":"/tmp/y"})"),
      R"({"text":"","d":{"path":"[PATH_REDACTED]","pathx":"/tmp/x"},"file":"[PATH_REDACTED]"})");
}

TEST(PiiRedaction, MessagesAreReadByTheirShape) {
  EXPECT_EQ(
      redact(R"({"text":"","messages":[{"role":"/tmp/r","content":"/tmp/c"},"/tmp/s",)"
             R"({"content":["/tmp/a",{"text":"/tmp/b","other":"/tmp/o"}],"tool_calls":[)"
             R"({"function":{"name":"/tmp/n","arguments":"{\"p\": \"/tmp/p\"}"}},)"
             R"({"function":{},"function_call":{"arguments":{"path":"/tmp/q"}}}]}]})"),
      R"({"text":"","messages":[{"role":"/tmp/r","content":"[PATH_REDACTED]"},"[PATH_REDACTED]",)"
      R"({"content":["[PATH_REDACTED]",{"text":"[PATH_REDACTED]","other":"/tmp/o"}],"tool_calls":[)"
      R"({"function":{"name":"/tmp/n","arguments":"{\"p\": \"[PATH_REDACTED]\"}"}},)"
      R"({"function":{},"function_call":{"arguments":{"path":"[PATH_REDACTED]"}}}]}]})");
}

TEST(PiiRedaction, PairsOfTheHistoryBecomeTuplesOfTwo) {
  EXPECT_EQ(
      redact(R"({"text":"","dialog_history":[["/tmp/a",{"path":"/tmp/b"},"x"],["/tmp/c"]]})"),
      R"({"text":"","dialog_history":[["[PATH_REDACTED]",{"path":"/tmp/b"}],["[PATH_REDACTED]"]]})");
}

// The id pattern eats its own separator, so a second round finds less, or more.
TEST(PiiRedaction, StringsThatBothRulesReachAreRedactedTwice) {
  const std::string params = R"({"extra_patterns":[["ab","b"]]})";
  EXPECT_EQ(redact(R"({"text":"aab","query":["aab","aab"],"l":["aab"]})", params),
            R"({"text":"ab","query":["b","b"],"l":["ab"]})");
  EXPECT_EQ(redact(R"({"text":"aab","path":"aab"})",
                   R"({"extra_patterns":[["ab","b"]],"redact_keys":["path"]})"),
            R"({"text":"aab","path":"b"})");
}

TEST(PiiRedaction, RefusesPatternsItCannotUse) {
  EXPECT_THROW(redact("{}", R"({"extra_patterns":[["(",""]]})"), ConfigError);
  EXPECT_THROW(redact("{}", R"({"extra_patterns":[["a"]]})"), ConfigError);
  EXPECT_THROW(redact("{}", R"({"email_replacement":"\\1"})"), ConfigError);
}

TEST(PiiRedaction, DeepNestingCostsTheRecord) {
  testing::Harness harness(oph_plugin_entry, "pii_redaction_mapper");
  const std::string deep =
      "{\"text\":\"\",\"x\":" + std::string(5000, '[') + std::string(5000, ']') + "}";
  const testing::Result result = harness.run({testing::Column::json({deep})});
  EXPECT_EQ(result.row_errors.size(), 1u);
}

}  // namespace
}  // namespace ophost::privacy
