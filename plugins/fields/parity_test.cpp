// The recorded cases of every operator of the plugin.
#include "plugins/textkit/record_parity.hpp"

namespace ophost {
namespace {

using textkit::run_record_parity;

TEST(Parity, GeneralFieldFilter) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "general_field_filter"), 39);
}
TEST(Parity, SpecifiedFieldFilter) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "specified_field_filter"), 13);
}
TEST(Parity, SpecifiedNumericFieldFilter) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "specified_numeric_field_filter"), 15);
}
TEST(Parity, SuffixFilter) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "suffix_filter"), 16);
}

}  // namespace
}  // namespace ophost
