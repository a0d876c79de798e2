// The recorded cases of clean_links_mapper.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, CleanLinksMapper) {
  EXPECT_EQ(run_parity(oph_plugin_entry, "clean_links_mapper"), 23);
}

}  // namespace
}  // namespace ophost::textkit
