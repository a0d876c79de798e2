// The recorded cases of fix_unicode_mapper.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, FixUnicodeMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "fix_unicode_mapper"), 15);
}

}  // namespace
}  // namespace ophost::textkit
