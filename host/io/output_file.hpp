// A file being written under a temporary name: buffered, hashed as it is written, removed when it is
// not finished. Private to host/io. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/base/files.hpp"
#include "host/base/hash.hpp"
#include "host/io/sink.hpp"

namespace ophost {

class OutputFile {
 public:
  // Creates the folders that are missing; a file left under the temporary name is overwritten.
  static Result<std::unique_ptr<OutputFile>> create(std::string temporary);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status write(std::string_view bytes);
  Status sync();  // everything on disk; nothing is written afterwards
  // After sync(): gives it its name. The folder is not synced: fsync_directory_of() once for all.
  Status rename_to(const std::string& path);

  std::uint64_t bytes() const { return bytes_; }
  Hash128 content() const { return hasher_.digest(); }
  const std::string& temporary() const { return temporary_; }

 private:
  OutputFile() = default;
  Status flush();

  std::string temporary_;  // empty once renamed
  Fd fd_;
  std::string buffer_;
  Hasher hasher_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ophost
