// The recorded cases of the operators of this plugin.
#include "plugins/textkit/record_mapper_parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, AgentBadCaseSignalMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "agent_bad_case_signal_mapper"), 10);
}
TEST(Parity, AgentDialogNormalizeMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "agent_dialog_normalize_mapper"), 17);
}
TEST(Parity, AgentToolTypeMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "agent_tool_type_mapper"), 13);
}
TEST(Parity, ToolSuccessTaggerMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "tool_success_tagger_mapper"), 9);
}
TEST(Parity, UsageCounterMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "usage_counter_mapper"), 13);
}

}  // namespace
}  // namespace ophost::textkit
