// Cases of single mappers that the recorded ones do not show: borders of matches, refused
// parameters.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ophost/testing.hpp"

namespace ophost {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // text, expected

void expect_maps(const char* op, const char* params, const Pairs& pairs) {
  testing::Harness harness(oph_plugin_entry, op, params);
  std::vector<std::string> texts, expected;
  for (const auto& [text, result] : pairs) {
    texts.push_back(text);
    expected.push_back(result);
  }
  EXPECT_EQ(harness.run(texts).texts(), expected) << op << " " << params;
}

TEST(CleanEmail, MatchesAreLeftmostAndGreedy) {
  expect_maps("clean_email_mapper", R"({"repl": "E"})",
              {{"a@b.c", "E"},
               {"x a@b.com. y", "x E. y"},
               {"a@b@c.de", "a@E"},
               {"A@B.COM", "A@B.COM"},
               {"a@b..com-", "E-"},
               {"a@.com", "a@.com"},
               {"@b.com", "@b.com"},
               {"a@b.comc@d.org", "E@d.org"},
               {"a@b.1.x2", "E2"},
               {"\xc3\xa9"
                "a@b.c\xc3\xa9",
                "\xc3\xa9"
                "E\xc3\xa9"}});
}

TEST(CleanEmail, TemplatesAndPatterns) {
  expect_maps("clean_email_mapper", R"({"repl": "<\\g<0>>"})", {{"to a@b.c!", "to <a@b.c>!"}});
  expect_maps("clean_email_mapper", R"({"pattern": "r'(a)(b)?'", "repl": "\\2-\\1"})",
              {{"ab a", "b-a -a"}});
  EXPECT_THROW(testing::Harness(oph_plugin_entry, "clean_email_mapper", R"({"pattern": "("})"),
               ConfigError);
}

TEST(CleanIp, KnowsNoWordBorders) {
  expect_maps("clean_ip_mapper", R"({"repl": "I"})",
              {{"256.1.1.1", "2I"},
               {"1.2.3.256", "I6"},
               {"1.2.3.04", "I4"},
               {"1.2.3.4.5.6.7.8", "I.I"},
               {"1.2.3", "1.2.3"},
               {"::1", "::1"},
               {"1:2:3:4:5:6:7:8", "I"},
               {"abcde:2:3:4:5:6:7:fffff", "aIf"},
               {"1:2:3:4:5:6:7:8:9", "I:9"},
               {"\xd9\xa1:2:3:4:5:6:7:8", "I"}});
}

TEST(CleanCopyright, FirstCommentDecides) {
  expect_maps("clean_copyright_mapper", "{}",
              {{"/* CopyRight me */\nx", "\nx"},
               {"/* other */ /* copyright */", "/* other */ /* copyright */"},
               {"/*/ copyright", "/*/ copyright"},
               {"// a\n\n# b\n-- c\n d", " d"},
               {"# only", ""},
               {"", ""}});
}

TEST(RemoveTableText, RowsShareAColumnCount) {
  expect_maps("remove_table_text_mapper", "{}",
              {{"t\na b\nc d\n\nend", "t\nend"},
               {"a b\nc d\ne f\n", "a b\n"},    // the first line is never part of a table
               {"t\na b\nc d", "t\na b\nc d"},  // nor is a last line without its break
               {"t\na  b\nc  d\n", "t\na  b\nc  d\n"},
               {"t\na|b\nc d e\nx", "t\na|b\nc d e\nx"},
               {"t\na|b c\nd e\nx", "t\nx"}});  // | is a column or a part of one
}

TEST(RemoveRepeatSentences, ComparesPlainCharacters) {
  expect_maps("remove_repeat_sentences_mapper", "{}",
              {{"Hello you. Hello, you! Bye.", "Hello you. Bye."},
               {"a. a. a.", "a. a. a."},  // too short to count
               {"\n\n", "\n\n"},
               {"one two\none two\n", "one two\n\n"}});
  EXPECT_THROW(testing::Harness(oph_plugin_entry, "remove_repeat_sentences_mapper",
                                R"({"tokenizer": "lambda x: [x]"})"),
               ConfigError);
}

TEST(ReplaceContent, OneTemplateForEachPattern) {
  expect_maps("replace_content_mapper", R"({"pattern": ["a", "b"], "repl": ["b", "c"]})",
              {{"ab", "cc"}, {"x", "x"}});
  EXPECT_THROW(testing::Harness(oph_plugin_entry, "replace_content_mapper",
                                R"({"pattern": ["a", "b"], "repl": ["b"]})"),
               ConfigError);
}

TEST(TextChunk, RefusesWhatCannotWork) {
  for (const char* params :
       {R"({"split_pattern": null})", R"({"max_len": 5, "overlap_len": 5})", R"({"max_len": 0})",
        R"({"max_len": 5, "overlap_len": -1})", R"({"tokenizer": "x"})"}) {
    EXPECT_THROW(testing::Harness(oph_plugin_entry, "text_chunk_mapper", params), ConfigError)
        << params;
  }
}

TEST(TextChunk, APatternThatNeverEndsAChunkCostsTheRecord) {
  testing::Harness harness(oph_plugin_entry, "text_chunk_mapper",
                           R"({"max_len": 3, "split_pattern": "^"})");
  const auto result = harness.run({"abc", "abcd"});
  EXPECT_EQ(result.records, (std::vector<std::vector<std::string>>{{"abc"}}));
  EXPECT_EQ(result.row_errors.count(1), 1u);
}

TEST(RemoveHeader, ManyOpeningsAreReadOnce) {
  std::string openings;
  for (int i = 0; i < 200000; ++i) openings += "\\section[";
  expect_maps("remove_header_mapper", R"({"drop_no_head": false})",
              {{openings, openings}, {openings + "\\part{x}", "\\part{x}"}});
}

}  // namespace
}  // namespace ophost
