// Word lists from folders: what is found, and what a refusal says.
#include "plugins/text-filters/word_list.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "ophost/testing.hpp"

namespace ophost {
namespace {

class WordList : public ::testing::Test {
 protected:
  WordList()
      : folder_(std::filesystem::temp_directory_path() /
                ("ophost-word-list-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~WordList() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string refusal(const std::string& language) const {
    try {
      load_word_list(folder_.string(), "stopwords", language);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  }
  std::filesystem::path folder_;
};

TEST_F(WordList, JoinsTheFilesOfAKind) {
  write("a_stopwords.json", R"({"en": ["a", "the"], "de": ["der"]})");
  write("stopwords_2.json", R"({"en": ["of", "\u00e9t\u00e9"]})");
  write("stopwords.txt", "not JSON");
  write("flagged_words.json", R"({"en": ["bad"]})");
  const WordSet en = load_word_list(folder_.string(), "stopwords", "en");
  for (const char* word : {"a", "the", "of", "\xc3\xa9t\xc3\xa9"}) EXPECT_TRUE(en.contains(word));
  for (const char* word : {"der", "bad", "", "th", "thee"}) EXPECT_FALSE(en.contains(word)) << word;
  const WordSet all = load_word_list(folder_.string(), "stopwords", "all");
  EXPECT_TRUE(all.contains("der") && all.contains("of"));
}

TEST_F(WordList, AFileMayDefineAll) {
  write("stopwords.json", R"({"en": ["a"], "all": ["b"]})");
  const WordSet all = load_word_list(folder_.string(), "stopwords", "all");
  EXPECT_TRUE(all.contains("b"));
  EXPECT_FALSE(all.contains("a"));
}

TEST_F(WordList, RefusalsNameWhatIsWrong) {
  EXPECT_NE(refusal("en").find("holds no file"), std::string::npos) << refusal("en");
  write("stopwords.json", R"({"en": ["a"], "de": []})");
  EXPECT_NE(refusal("xx").find("'xx'; it knows: all, de, en"), std::string::npos) << refusal("xx");
  write("stopwords.json", R"({"en": [1]})");
  EXPECT_NE(refusal("en").find("stopwords.json"), std::string::npos) << refusal("en");
  write("stopwords.json", R"(["a"])");
  EXPECT_NE(refusal("en").find("stopwords.json"), std::string::npos) << refusal("en");
  EXPECT_THROW(load_word_list((folder_ / "none").string(), "stopwords", "en"), ConfigError);
}

TEST_F(WordList, TheFolderIsAResource) {
  write("stopwords.json", R"({"en": ["a", "b-c"]})");
  testing::Harness harness(oph_plugin_entry, "stopwords_filter",
                           R"({"stopwords_dir": "lists", "use_words_aug": true,
                               "words_aug_join_char": "-"})",
                           {{"lists", folder_.string()}});
  const auto result = harness.run({"(A) b, c", "x", ""});
  EXPECT_EQ(result.f64("stopwords_ratio")[0], 2.0 / 5);  // a, b, c, a-b, b-c
  EXPECT_EQ(result.f64("stopwords_ratio")[1], 0.0);
  EXPECT_EQ(result.f64("stopwords_ratio")[2], 0.0);
  try {
    testing::Harness missing(oph_plugin_entry, "flagged_words_filter",
                             R"({"flagged_words_dir": "nowhere"})");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("flagged_words_dir"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace ophost
