#include "host/plugin/elf_probe.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>

namespace ophost {
namespace {

// A struct at an offset of the file; false when it does not lie within.
template <class T>
bool read(std::string_view file, std::uint64_t offset, T& out) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, file.data() + offset, sizeof(T));
  return true;
}

bool within(std::string_view file, const Elf64_Shdr& s) {
  return s.sh_offset <= file.size() && s.sh_size <= file.size() - s.sh_offset;
}

}  // namespace

ElfProbe probe_elf(std::string_view file, std::string_view symbol) {
  Elf64_Ehdr head;
  if (!read(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
      head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN || head.e_shentsize != sizeof(Elf64_Shdr))
    return ElfProbe::kNotShared;
  auto section = [&](std::uint64_t i, Elf64_Shdr& out) {
    return i < head.e_shnum && head.e_shoff <= file.size() &&
           read(file, head.e_shoff + i * sizeof(Elf64_Shdr), out) && within(file, out);
  };
  for (std::uint64_t i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr symbols, names;
    if (!section(i, symbols) || symbols.sh_type != SHT_DYNSYM || !section(symbols.sh_link, names)) continue;
    std::string_view strings = file.substr(names.sh_offset, names.sh_size);
    for (std::uint64_t k = 0; k < symbols.sh_size / sizeof(Elf64_Sym); ++k) {
      Elf64_Sym s;
      if (!read(file, symbols.sh_offset + k * sizeof s, s) || s.st_shndx == SHN_UNDEF || s.st_name >= strings.size())
        continue;
      std::string_view name = strings.substr(s.st_name);
      if (name.substr(0, name.find('\0')) == symbol) return ElfProbe::kExports;
    }
  }
  return ElfProbe::kWithout;
}

}  // namespace ophost
