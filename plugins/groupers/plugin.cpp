// The plugin org.ophost.groupers: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(key_value_grouper);
OPHOST_DECLARE_OPERATOR(naive_grouper);
OPHOST_DECLARE_OPERATOR(naive_reverse_grouper);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.groupers", OPHOST_VERSION, &ophost::ophost_operator_key_value_grouper,
                 &ophost::ophost_operator_naive_grouper,
                 &ophost::ophost_operator_naive_reverse_grouper);
