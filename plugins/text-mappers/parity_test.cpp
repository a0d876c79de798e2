// The recorded cases of every mapper of this plugin.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, CleanCopyrightMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "clean_copyright_mapper"), 15);
}
TEST(Parity, CleanEmailMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "clean_email_mapper"), 16);
}
TEST(Parity, CleanIpMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "clean_ip_mapper"), 9);
}
TEST(Parity, ExpandMacroMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "expand_macro_mapper"), 21);
}
TEST(Parity, PunctuationNormalizationMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "punctuation_normalization_mapper"), 10);
}
TEST(Parity, RemoveBibliographyMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_bibliography_mapper"), 11);
}
TEST(Parity, RemoveCommentsMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_comments_mapper"), 17);
}
TEST(Parity, RemoveHeaderMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_header_mapper"), 13);
}
TEST(Parity, RemoveLongWordsMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_long_words_mapper"), 13);
}
TEST(Parity, RemoveNonChineseCharacterMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_non_chinese_character_mapper"), 19);
}
TEST(Parity, RemoveRepeatSentencesMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_repeat_sentences_mapper"), 18);
}
TEST(Parity, RemoveSpecificCharsMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_specific_chars_mapper"), 13);
}
TEST(Parity, RemoveTableTextMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_table_text_mapper"), 22);
}
TEST(Parity, RemoveWordsWithIncorrectSubstringsMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "remove_words_with_incorrect_substrings_mapper"), 19);
}
TEST(Parity, ReplaceContentMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "replace_content_mapper"), 18);
}
TEST(Parity, TextChunkMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "text_chunk_mapper"), 23);
}
TEST(Parity, WhitespaceNormalizationMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "whitespace_normalization_mapper"), 12);
}

TEST(ParityWithModels, RemoveWordsWithIncorrectSubstringsMapper) {
  EXPECT_EQ(
      run_parity_with_models(oph_plugin_entry, "remove_words_with_incorrect_substrings_mapper"), 4);
}

}  // namespace
}  // namespace ophost::textkit
