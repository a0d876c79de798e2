// The plugin org.ophost.selectors: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(frequency_specified_field_selector);
OPHOST_DECLARE_OPERATOR(random_selector);
OPHOST_DECLARE_OPERATOR(range_specified_field_selector);
OPHOST_DECLARE_OPERATOR(tags_specified_field_selector);
OPHOST_DECLARE_OPERATOR(topk_specified_field_selector);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.selectors", OPHOST_VERSION,
                 &ophost::ophost_operator_frequency_specified_field_selector,
                 &ophost::ophost_operator_random_selector,
                 &ophost::ophost_operator_range_specified_field_selector,
                 &ophost::ophost_operator_tags_specified_field_selector,
                 &ophost::ophost_operator_topk_specified_field_selector);
