// The plugin org.ophost.text-mappers: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(clean_copyright_mapper);
OPHOST_DECLARE_OPERATOR(clean_email_mapper);
OPHOST_DECLARE_OPERATOR(clean_ip_mapper);
OPHOST_DECLARE_OPERATOR(expand_macro_mapper);
OPHOST_DECLARE_OPERATOR(punctuation_normalization_mapper);
OPHOST_DECLARE_OPERATOR(remove_bibliography_mapper);
OPHOST_DECLARE_OPERATOR(remove_comments_mapper);
OPHOST_DECLARE_OPERATOR(remove_header_mapper);
OPHOST_DECLARE_OPERATOR(remove_long_words_mapper);
OPHOST_DECLARE_OPERATOR(remove_non_chinese_character_mapper);
OPHOST_DECLARE_OPERATOR(remove_repeat_sentences_mapper);
OPHOST_DECLARE_OPERATOR(remove_specific_chars_mapper);
OPHOST_DECLARE_OPERATOR(remove_table_text_mapper);
OPHOST_DECLARE_OPERATOR(remove_words_with_incorrect_substrings_mapper);
OPHOST_DECLARE_OPERATOR(replace_content_mapper);
OPHOST_DECLARE_OPERATOR(text_chunk_mapper);
OPHOST_DECLARE_OPERATOR(whitespace_normalization_mapper);
}  // namespace ophost

OPHOST_PLUGIN_OF(
    "org.ophost.text-mappers", OPHOST_VERSION, &ophost::ophost_operator_clean_copyright_mapper,
    &ophost::ophost_operator_clean_email_mapper, &ophost::ophost_operator_clean_ip_mapper,
    &ophost::ophost_operator_expand_macro_mapper,
    &ophost::ophost_operator_punctuation_normalization_mapper,
    &ophost::ophost_operator_remove_bibliography_mapper,
    &ophost::ophost_operator_remove_comments_mapper, &ophost::ophost_operator_remove_header_mapper,
    &ophost::ophost_operator_remove_long_words_mapper,
    &ophost::ophost_operator_remove_non_chinese_character_mapper,
    &ophost::ophost_operator_remove_repeat_sentences_mapper,
    &ophost::ophost_operator_remove_specific_chars_mapper,
    &ophost::ophost_operator_remove_table_text_mapper,
    &ophost::ophost_operator_remove_words_with_incorrect_substrings_mapper,
    &ophost::ophost_operator_replace_content_mapper, &ophost::ophost_operator_text_chunk_mapper,
    &ophost::ophost_operator_whitespace_normalization_mapper);
