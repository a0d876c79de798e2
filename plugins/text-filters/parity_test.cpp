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

}  // namespace
}  // namespace ophost::textkit
