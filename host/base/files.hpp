// Files: reading, and writing so that nothing half-written ever stands under its final name
// (temporary name in the same folder, fsync, rename, fsync of the folder). Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"

namespace ophost {

// An owned file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& o) noexcept : fd_(o.release()) {}
  Fd& operator=(Fd&& o) noexcept {
    if (this != &o) {
      reset();
      fd_ = o.release();
    }
    return *this;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset();

 private:
  int fd_ = -1;
};

Result<Fd> open_read(const std::string& path);
// Creates or truncates, mode 0666 & ~umask.
Result<Fd> open_write(const std::string& path);
// Writes all of `bytes`, over short writes and EINTR. `path` is for the message.
Status write_all(int fd, std::string_view bytes, const std::string& path);
// Reads up to `size` bytes at `offset`, fewer only at the end of the file.
Result<std::size_t> read_at(int fd, void* buffer, std::size_t size, std::uint64_t offset,
                            const std::string& path);
Result<std::string> read_file(const std::string& path);
// XXH3-128 of its bytes, read in pieces.
Result<Hash128> hash_file(const Fd& file, const std::string& path);
Result<std::uint64_t> file_size(const std::string& path);
bool exists(const std::string& path);
bool is_directory(const std::string& path);
// As mkdir -p.
Status make_directories(const std::string& path);
// Regular files of a folder, recursively, sorted by path; absolute or relative as `path` is.
Result<std::vector<std::string>> list_files(const std::string& path);
Status fsync_fd(int fd, const std::string& path);
Status fsync_directory_of(const std::string& path);
// fsync(from) was done by the caller; renames and makes the rename durable.
Status publish(const std::string& from, const std::string& to);
// Whole file at once: temporary name, fsync, rename.
Status write_file_atomic(const std::string& path, std::string_view bytes);
Status remove_file(const std::string& path);  // absent is ok
Status remove_tree(const std::string& path);  // absent is ok
std::string absolute_path(const std::string& path);
std::string parent_path(const std::string& path);
std::string file_name(const std::string& path);

}  // namespace ophost
