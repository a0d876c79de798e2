// The plugin org.ophost.fields: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(general_field_filter);
OPHOST_DECLARE_OPERATOR(specified_field_filter);
OPHOST_DECLARE_OPERATOR(specified_numeric_field_filter);
OPHOST_DECLARE_OPERATOR(suffix_filter);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.fields", OPHOST_VERSION, &ophost::ophost_operator_general_field_filter,
                 &ophost::ophost_operator_specified_field_filter,
                 &ophost::ophost_operator_specified_numeric_field_filter,
                 &ophost::ophost_operator_suffix_filter);
