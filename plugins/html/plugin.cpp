// The plugin org.ophost.html: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(clean_html_mapper);
OPHOST_DECLARE_OPERATOR(extract_tables_from_html_mapper);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.html", OPHOST_VERSION, &ophost::ophost_operator_clean_html_mapper,
                 &ophost::ophost_operator_extract_tables_from_html_mapper);
