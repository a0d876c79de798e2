// sentence_split_mapper with small parameters made here. Expected sentences are NLTK 3.10.3's for
// the same parameters.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ophost/testing.hpp"
#include "plugins/sentences/letter_case.hpp"
#include "plugins/sentences/punkt.hpp"

namespace ophost {
namespace {

namespace fs = std::filesystem;

class SentenceSplitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "punkt-" + std::to_string(::getpid());
    fs::create_directory(folder_);
    write("abbrev_types.txt", "dr\ne.g\netc\np.m\n");
    write("sent_starters.txt", "the");
    write("collocations.tab", "##number##\tbc\nst\tlouis\n");
    // "we" and "it" were seen in the middle with a small letter, "smith" only with a capital.
    write("ortho_context.tab", "we\t34\r\nit\t46\nsmith\t4\nbach\t4\nmai\t44\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  testing::Harness harness(const std::string& params = "{}") {
    return testing::Harness(oph_plugin_entry, "sentence_split_mapper", params,
                            {{"tokenizers/punkt_tab/english", folder_},
                             {"nltk_data/tokenizers/punkt_tab/french", folder_}});
  }
  std::string split(const std::string& text) { return harness().run({text}).texts()[0]; }
  std::string refusal(const std::string& params) {
    try {
      harness(params);
    } catch (const ConfigError& e) {
      return e.what();
    }
    ADD_FAILURE() << "accepted: " << params;
    return "";
  }
  std::string folder_;
};

TEST_F(SentenceSplitTest, SplitsAtPeriods) {
  EXPECT_EQ(split("One here. Two there? Three!  Four"), "One here.\nTwo there?\nThree!\nFour");
  EXPECT_EQ(split("Dr. Smith came. etc. we left"), "Dr. Smith came.\netc. we left");
  EXPECT_EQ(split(""), "");
  EXPECT_EQ(split("  \n "), "");
}

TEST_F(SentenceSplitTest, WeighsAbbreviationsAndInitials) {
  EXPECT_EQ(split("At 5 p.m. We left at p.m. The rest, e.g. It, stayed."),
            "At 5 p.m.\nWe left at p.m.\nThe rest, e.g. It, stayed.");
  EXPECT_EQ(split("J. S. Bach wrote it. In St. Louis, in 44. BC it was."),
            "J. S. Bach wrote it.\nIn St. Louis, in 44. BC it was.");
  EXPECT_EQ(split("Am 3. Mai kam er. Wait... We do. Wait. . . we don't."),
            "Am 3.\nMai kam er.\nWait...\nWe do.\nWait.\n.\n.\nwe don't.");
}

TEST_F(SentenceSplitTest, KeepsClosingMarksWithTheirSentence) {
  EXPECT_EQ(split("(He came.) Then he left. \"Oh!\" she said. “Yes.” «Non.» End--no.) -- x"),
            "(He came.)\nThen he left.\n\"Oh!\"\nshe said.\n“Yes.”\n«Non.»\nEnd--no.)\n-- x");
  EXPECT_EQ(split("acting!!! I promise.\nNew line\u2028here.\u00a0Über alles."),
            "acting!!!\nI promise.\nNew line\u2028here.\nÜber alles.");
}

TEST_F(SentenceSplitTest, FindsTheFolderOfTheLanguage) {
  EXPECT_EQ(harness(R"({"lang": "fr"})").run({"Un. Deux."}).texts()[0], "Un.\nDeux.");
  const std::string missing = refusal(R"({"lang": "es"})");
  EXPECT_NE(missing.find("nltk_data/tokenizers/punkt_tab/spanish"), std::string::npos) << missing;
  EXPECT_NE(refusal(R"({"lang": "de"})").find("en, fr, pt, es"), std::string::npos);
}

TEST_F(SentenceSplitTest, RefusalsNameFileAndLine) {
  write("ortho_context.tab", "we\t34\nit\tmany\n");
  EXPECT_NE(refusal("{}").find("ortho_context.tab', line 2"), std::string::npos) << refusal("{}");
  write("ortho_context.tab", "we\t34\n");
  write("collocations.tab", "one\n");
  EXPECT_NE(refusal("{}").find("collocations.tab', line 1"), std::string::npos) << refusal("{}");
  fs::remove(folder_ + "/collocations.tab");
  EXPECT_NE(refusal("{}").find("collocations.tab"), std::string::npos);
}

TEST(PunktWords, SplitsOffPunctuationOtherThanPeriods) {
  std::vector<std::string_view> words;
  punkt_words("(Mr. X's \u00a3 3,5, etc.), --so. . . .and-so...", words);
  EXPECT_EQ(words,
            (std::vector<std::string_view>{"(", "Mr.", "X", "'s", "£", "3,5", ",", "etc.", ")", ",",
                                           "--", "so", ". . . .", "and-so", "..."}));
}

TEST(LetterCase, IsPythons) {
  EXPECT_TRUE(is_upper(U'A') && is_upper(U'Ü') && is_upper(U'Ⅳ') && is_upper(U'ϒ'));
  EXPECT_FALSE(is_upper(U'ǅ') || is_upper(U'a') || is_upper(U'中'));
  EXPECT_TRUE(is_lower(U'a') && is_lower(U'ß') && is_lower(U'ª'));
  EXPECT_FALSE(is_lower(U'ǅ') || is_lower(U'A') || is_lower(U'1'));
}

}  // namespace
}  // namespace ophost
