// Which names a shared library exports, read from its bytes: nothing of the library runs. Pure function; any thread.
#pragma once

#include <string_view>

namespace ophost {

enum class ElfProbe {
  kNotElf,
  kOtherMachine,  // built for another kind of processor than this program
  kNotShared,     // an executable or an object file
  kCutShort,      // the file ends before what its headers say; loading it could end the process
  kWithout,
  kExports
};

// Looks `symbol` up in the dynamic symbol table, which stripping leaves in place. (Boost.DLL's library_info reads the
// static one, which stripping removes, against whatever string table comes last in the file: it misses plugins.)
// Every offset is checked against the file's size.
ElfProbe probe_elf(std::string_view file, std::string_view symbol);

}  // namespace ophost
