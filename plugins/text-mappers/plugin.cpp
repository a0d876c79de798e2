// The plugin org.ophost.text-mappers: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(clean_email_mapper);
OPHOST_DECLARE_OPERATOR(punctuation_normalization_mapper);
OPHOST_DECLARE_OPERATOR(whitespace_normalization_mapper);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.text-mappers", OPHOST_VERSION,
                 &ophost::ophost_operator_clean_email_mapper,
                 &ophost::ophost_operator_punctuation_normalization_mapper,
                 &ophost::ophost_operator_whitespace_normalization_mapper);
