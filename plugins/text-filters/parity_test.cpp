// The recorded cases of every filter of this plugin.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, AlphanumericFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "alphanumeric_filter"), 18);
}
TEST(Parity, AverageLineLengthFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "average_line_length_filter"), 17);
}
TEST(Parity, CharacterRepetitionFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "character_repetition_filter"), 13);
}
TEST(Parity, FlaggedWordsFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "flagged_words_filter"), 27);
}
TEST(Parity, MaximumLineLengthFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "maximum_line_length_filter"), 16);
}
TEST(Parity, SpecialCharactersFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "special_characters_filter"), 13);
}
TEST(Parity, StopwordsFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "stopwords_filter"), 19);
}
TEST(Parity, TextLengthFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "text_length_filter"), 19);
}
TEST(Parity, WordRepetitionFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "word_repetition_filter"), 14);
}
TEST(Parity, WordsNumFilter) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "words_num_filter"), 17);
}

TEST(ParityWithModels, Sentencepiece) {
  if (!has_library("libophost_sentencepiece.so")) GTEST_SKIP() << "built without sentencepiece";
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "flagged_words_filter"), 2);
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "stopwords_filter"), 5);
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "word_repetition_filter"), 4);
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "words_num_filter"), 5);
}
TEST(ParityWithModels, HfTokenizer) {
  if (!has_library("libophost_hf_tokenizer.so")) GTEST_SKIP() << "built without cargo";
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "alphanumeric_filter"), 4);
}
TEST(ParityWithModels, MissingModelIsNamed) {
  try {
    testing::Harness(oph_plugin_entry, "words_num_filter",
                     R"({"tokenization": true, "lang": "xx"})");
    ADD_FAILURE() << "a model that is not there was accepted";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("xx.sp.model"), std::string::npos) << e.what();
  }
}
TEST(ParityWithModels, FileThatIsNoModelIsNamed) {
  if (!has_library("libophost_sentencepiece.so")) GTEST_SKIP() << "built without sentencepiece";
  const std::string file = OPHOST_SOURCE_DIR "/tests/parity/resources/models/en.arpa.bin";
  try {
    testing::Harness(oph_plugin_entry, "words_num_filter", R"({"tokenization": true})",
                     {{"en.sp.model", file}});
    ADD_FAILURE() << "a file that is no model was accepted";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find(file), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace ophost::textkit
