// The recorded cases of the operators of this plugin.
#include "plugins/textkit/record_mapper_parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, PiiRedactionMapper) {
  EXPECT_EQ(run_record_mapper_parity(oph_plugin_entry, "pii_redaction_mapper"), 14);
}

}  // namespace
}  // namespace ophost::textkit
