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
  if (!has_library("libophost_sentencepiece.so")) GTEST_SKIP() << "built without sentencepiece";
  EXPECT_EQ(
      run_parity_with_models(oph_plugin_entry, "remove_words_with_incorrect_substrings_mapper"), 4);
}

// Expected: the same steps in Python with the tokenizers package, 0.23.3.
TEST(ParityWithModels, TextChunkMapperCountsTokens) {
  if (!has_library("libophost_hf_tokenizer.so")) GTEST_SKIP() << "built without cargo";
  const std::string folder =
      OPHOST_SOURCE_DIR "/tests/parity/resources/models/EleutherAI/pythia-6.9b-deduped";
  const auto chunks = [&](const std::string& params) {
    testing::Harness harness(oph_plugin_entry, "text_chunk_mapper",
                             R"({"tokenizer": ")" + folder + "\", " + params + "}");
    std::vector<std::string> found;
    const auto result =
        harness.run({"The first lines.\n\nA second one, longer.\n\nDer dritte Absatz: schön — 中文 "
                     "<|endoftext|> end"});
    for (const auto& record : result.records) found.push_back(record.at(0));
    return found;
  };
  using Chunks = std::vector<std::string>;
  EXPECT_EQ(chunks(R"("max_len": 12)"),
            (Chunks{"The first lines.", "A second one, longer.", "Der dritte Absatz: s",
                    "chön — 中文 <|endoftext|> end"}));
  EXPECT_EQ(chunks(R"("max_len": 9, "overlap_len": 3)"),
            (Chunks{"The first lines.", "A second one, longer", " longer.", "Der dritte Absat",
                    "bsatz: schön", "chön — 中文 <|endoftext|>", "文 <|endoftext|> end"}));
  EXPECT_EQ(chunks(R"("max_len": 15, "overlap_len": 4, "split_pattern": null)"),
            (Chunks{"The first lines.\n\nA second one, long", " one, longer.\n\nDer dritte Ab",
                    "ritte Absatz: schön — 中", "n — 中文 <|endoftext|> end"}));
}

}  // namespace
}  // namespace ophost::textkit
