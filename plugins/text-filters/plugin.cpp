// The plugin org.ophost.text-filters: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(alphanumeric_filter);
OPHOST_DECLARE_OPERATOR(average_line_length_filter);
OPHOST_DECLARE_OPERATOR(character_repetition_filter);
OPHOST_DECLARE_OPERATOR(flagged_words_filter);
OPHOST_DECLARE_OPERATOR(maximum_line_length_filter);
OPHOST_DECLARE_OPERATOR(special_characters_filter);
OPHOST_DECLARE_OPERATOR(stopwords_filter);
OPHOST_DECLARE_OPERATOR(text_length_filter);
OPHOST_DECLARE_OPERATOR(word_repetition_filter);
OPHOST_DECLARE_OPERATOR(words_column);
OPHOST_DECLARE_OPERATOR(words_num_filter);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.text-filters", OPHOST_VERSION,
                 &ophost::ophost_operator_alphanumeric_filter,
                 &ophost::ophost_operator_average_line_length_filter,
                 &ophost::ophost_operator_character_repetition_filter,
                 &ophost::ophost_operator_flagged_words_filter,
                 &ophost::ophost_operator_maximum_line_length_filter,
                 &ophost::ophost_operator_special_characters_filter,
                 &ophost::ophost_operator_stopwords_filter,
                 &ophost::ophost_operator_text_length_filter,
                 &ophost::ophost_operator_word_repetition_filter,
                 &ophost::ophost_operator_words_column,
                 &ophost::ophost_operator_words_num_filter);
