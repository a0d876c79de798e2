#include "host/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace ophost {

namespace fs = std::filesystem;

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Fd> open_read(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Status::os(Code::kInput, "cannot open '" + path + "'", errno);
  return Fd(fd);
}

Result<Fd> open_write(const std::string& path) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return Status::os(Code::kFailed, "cannot create '" + path + "'", errno);
  return Fd(fd);
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return Status::os(Code::kFailed, "cannot write '" + path + "'", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::size_t> read_at(int fd, void* buffer, std::size_t size, std::uint64_t offset,
                            const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    ssize_t n = ::pread(fd, static_cast<char*>(buffer) + done, size - done,
                        static_cast<off_t>(offset + done));
    if (n < 0) {
      if (errno == EINTR) continue;
      return Status::os(Code::kInput, "cannot read '" + path + "'", errno);
    }
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<std::string> read_file(const std::string& path) {
  OPH_ASSIGN(Fd fd, open_read(path));
  std::string out;
  char buffer[1 << 16];
  for (;;) {
    ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0) {
      if (errno == EINTR) continue;
      return Status::os(Code::kInput, "cannot read '" + path + "'", errno);
    }
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<Hash128> hash_file(const Fd& file, const std::string& path) {
  Hasher h;
  std::string block(1u << 20, '\0');
  for (std::uint64_t at = 0;;) {
    OPH_ASSIGN(std::size_t n, read_at(file.get(), block.data(), block.size(), at, path));
    if (n == 0) return h.digest();
    h.update(std::string_view(block).substr(0, n));
    at += n;
  }
}

Result<std::uint64_t> file_size(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0)
    return Status::os(Code::kInput, "cannot stat '" + path + "'", errno);
  return static_cast<std::uint64_t>(st.st_size);
}

bool exists(const std::string& path) {
  std::error_code ec;
  return fs::exists(path, ec);
}

bool is_directory(const std::string& path) {
  std::error_code ec;
  return fs::is_directory(path, ec);
}

Status make_directories(const std::string& path) {
  if (path.empty()) return {};
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec) return Status::failed("cannot create the folder '" + path + "': " + ec.message());
  return {};
}

Result<std::vector<std::string>> list_files(const std::string& path) {
  std::error_code ec;
  std::vector<std::string> out;
  for (fs::recursive_directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec))
    if (it->is_regular_file(ec)) out.push_back(it->path().string());
  if (ec) return Status::input("cannot list the folder '" + path + "': " + ec.message());
  std::sort(out.begin(), out.end());
  return out;
}

Status fsync_fd(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return Status::os(Code::kFailed, "cannot sync '" + path + "' to disk", errno);
  return {};
}

Status fsync_directory_of(const std::string& path) {
  std::string dir = parent_path(path);
  Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Status::os(Code::kFailed, "cannot open the folder '" + dir + "'", errno);
  // Some file systems cannot sync a folder and say EINVAL; there is nothing more to do there.
  if (::fsync(fd.get()) != 0 && errno != EINVAL)
    return Status::os(Code::kFailed, "cannot sync the folder '" + dir + "'", errno);
  return {};
}

Status publish(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return Status::os(Code::kFailed, "cannot rename '" + from + "' to '" + to + "'", errno);
  return fsync_directory_of(to);
}

Status write_file_atomic(const std::string& path, std::string_view bytes) {
  OPH_TRY(make_directories(parent_path(path)));
  std::string tmp = path + ".tmp." + std::to_string(::getpid());
  Status status = [&]() -> Status {
    OPH_ASSIGN(Fd fd, open_write(tmp));
    OPH_TRY(write_all(fd.get(), bytes, tmp));
    return fsync_fd(fd.get(), tmp);
  }();
  if (status.ok()) status = publish(tmp, path);
  if (!status.ok()) ::unlink(tmp.c_str());
  return status;
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return Status::os(Code::kFailed, "cannot remove '" + path + "'", errno);
  return {};
}

Status remove_tree(const std::string& path) {
  std::error_code ec;
  fs::remove_all(path, ec);
  if (ec) return Status::failed("cannot remove '" + path + "': " + ec.message());
  return {};
}

std::string absolute_path(const std::string& path) {
  std::error_code ec;
  fs::path p = fs::absolute(path, ec);
  return ec ? path : p.lexically_normal().string();
}

std::string parent_path(const std::string& path) {
  std::string p = fs::path(path).parent_path().string();
  return p.empty() ? "." : p;
}

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

}  // namespace ophost
