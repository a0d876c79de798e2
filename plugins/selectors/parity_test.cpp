// The recorded cases of every operator of the plugin.
#include "plugins/textkit/record_parity.hpp"

namespace ophost {
namespace {

using textkit::run_record_parity;

TEST(Parity, FrequencySpecifiedFieldSelector) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "frequency_specified_field_selector"), 13);
}
TEST(Parity, RandomSelector) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "random_selector"), 18);
}
TEST(Parity, RangeSpecifiedFieldSelector) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "range_specified_field_selector"), 10);
}
TEST(Parity, TagsSpecifiedFieldSelector) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "tags_specified_field_selector"), 12);
}
TEST(Parity, TopkSpecifiedFieldSelector) {
  EXPECT_EQ(run_record_parity(oph_plugin_entry, "topk_specified_field_selector"), 13);
}

}  // namespace
}  // namespace ophost
