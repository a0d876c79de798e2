#include "host/plugin/elf_probe.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "host/base/files.hpp"
#include "ophost/abi.h"

namespace ophost {
namespace {

std::string bundled() { return std::string(OPHOST_PLUGIN_DIR) + "/text-filters.so"; }

TEST(ElfProbe, SeesTheEntryOfAPluginAlsoWhenItIsStripped) {
  auto bytes = read_file(bundled());
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  EXPECT_EQ(probe_elf(*bytes, OPH_ENTRY_SYMBOL), ElfProbe::kExports);
  EXPECT_EQ(probe_elf(*bytes, "oph_plugin_entr"), ElfProbe::kWithout);
  std::string stripped = ::testing::TempDir() + "ophost_stripped.so";
  ASSERT_EQ(std::system(("strip -o '" + stripped + "' '" + bundled() + "'").c_str()), 0);
  EXPECT_EQ(probe_elf(*read_file(stripped), OPH_ENTRY_SYMBOL), ElfProbe::kExports);
}

TEST(ElfProbe, DamageIsNeverACrash) {
  std::string bytes = *read_file(bundled());
  EXPECT_EQ(probe_elf("", OPH_ENTRY_SYMBOL), ElfProbe::kNotElf);
  EXPECT_EQ(probe_elf("not an ELF file", OPH_ENTRY_SYMBOL), ElfProbe::kNotElf);
  for (std::size_t n : {10u, 63u, 64u, 65u, 1000u, 4096u}) {
    EXPECT_EQ(probe_elf(std::string_view(bytes).substr(0, n), OPH_ENTRY_SYMBOL), ElfProbe::kCutShort);
  }
  // Every byte of the header, and some of the section headers, set to 0xff in turn: any answer will do.
  std::string copy = bytes;
  for (std::size_t i = 16; i < 64; ++i) {
    copy[i] = '\xff';
    (void)probe_elf(copy, OPH_ENTRY_SYMBOL);
    copy[i] = bytes[i];
  }
  for (std::size_t i = bytes.size() - 2000; i < bytes.size(); i += 3) {
    copy[i] = '\xff';
    (void)probe_elf(copy, OPH_ENTRY_SYMBOL);
    copy[i] = bytes[i];
  }
}

}  // namespace
}  // namespace ophost
