// The plugin org.ophost.agent: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(agent_bad_case_signal_mapper);
OPHOST_DECLARE_OPERATOR(agent_dialog_normalize_mapper);
OPHOST_DECLARE_OPERATOR(agent_tool_type_mapper);
OPHOST_DECLARE_OPERATOR(tool_success_tagger_mapper);
OPHOST_DECLARE_OPERATOR(usage_counter_mapper);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.agent", OPHOST_VERSION,
                 &ophost::ophost_operator_agent_bad_case_signal_mapper,
                 &ophost::ophost_operator_agent_dialog_normalize_mapper,
                 &ophost::ophost_operator_agent_tool_type_mapper,
                 &ophost::ophost_operator_tool_success_tagger_mapper,
                 &ophost::ophost_operator_usage_counter_mapper);
