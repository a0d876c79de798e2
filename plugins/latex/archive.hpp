// The .tex files of a zip or tar archive, read in memory in the order of the archive.
// Owner: plugins/latex. Stateless, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ophost::latex {

// The archive cannot be read: it is missing, broken, encrypted or none at all.
struct ArchiveError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct SizeLimits {
  std::int64_t file = 0;   // bytes of one file; 0 = none
  std::int64_t total = 0;  // bytes of all files together; 0 = none
};

// The contents of the entries that end with ".tex". Never more than an entry declares is unpacked;
// one that declares more than a limit is not unpacked at all: beyond `file` it is left out, beyond
// `total` it ends the list. `warn` is told what was left out. Throws ArchiveError; then nothing of
// the archive counts.
using Warn = std::function<void(const std::string&)>;
std::vector<std::string> read_zip(const std::string& path, const SizeLimits& limits,
                                  const Warn& warn);
// Plain or packed with gzip, bzip2 or xz, whatever its name says.
std::vector<std::string> read_tar(const std::string& path, const SizeLimits& limits,
                                  const Warn& warn);

}  // namespace ophost::latex
