// Which names a shared library exports, read from its bytes: nothing of the library runs. Pure function; any thread.
#pragma once

#include <string_view>

namespace ophost {

enum class ElfProbe { kNotShared, kWithout, kExports };

// Looks `symbol` up in the dynamic symbol table, which stripping leaves in place. (Boost.DLL's library_info reads the
// static one, which stripping removes, against whatever string table comes last in the file: it misses plugins.)
// Every offset is checked against the file's size; what is not a 64-bit ELF shared library is kNotShared.
ElfProbe probe_elf(std::string_view file, std::string_view symbol);

}  // namespace ophost
