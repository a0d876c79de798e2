// The recorded cases of every mapper of this plugin.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, CleanEmailMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "clean_email_mapper"), 16);
}
TEST(Parity, PunctuationNormalizationMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "punctuation_normalization_mapper"), 10);
}
TEST(Parity, WhitespaceNormalizationMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "whitespace_normalization_mapper"), 12);
}

}  // namespace
}  // namespace ophost::textkit
