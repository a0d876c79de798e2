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

bool within(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}
bool within(std::string_view file, const Elf64_Shdr& s) { return within(file, s.sh_offset, s.sh_size); }

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "say here which e_machine this processor has"
#endif

// Whether everything that the headers name lies in the file.
bool whole(std::string_view file, const Elf64_Ehdr& head) {
  if (head.e_phentsize != sizeof(Elf64_Phdr) || head.e_shentsize != sizeof(Elf64_Shdr) ||
      !within(file, head.e_phoff, std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr)) ||
      !within(file, head.e_shoff, std::uint64_t{head.e_shnum} * sizeof(Elf64_Shdr)))
    return false;
  for (std::uint64_t i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read(file, head.e_phoff + i * sizeof segment, segment)) return false;
    if (segment.p_type == PT_LOAD && !within(file, segment.p_offset, segment.p_filesz)) return false;
  }
  for (std::uint64_t i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr section;
    if (!read(file, head.e_shoff + i * sizeof section, section)) return false;
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL && !within(file, section)) return false;
  }
  return true;
}

}  // namespace

ElfProbe probe_elf(std::string_view file, std::string_view symbol) {
  if (file.substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG)) return ElfProbe::kNotElf;
  if (file.size() > EI_DATA && (file[EI_CLASS] != ELFCLASS64 || file[EI_DATA] != ELFDATA2LSB)) return ElfProbe::kOtherMachine;
  Elf64_Ehdr head;
  if (!read(file, 0, head)) return ElfProbe::kCutShort;
  if (head.e_machine != kMachine) return ElfProbe::kOtherMachine;
  if (head.e_type != ET_DYN) return ElfProbe::kNotShared;
  if (!whole(file, head)) return ElfProbe::kCutShort;
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
