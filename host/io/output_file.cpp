#include "host/io/output_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace ophost {
namespace {
constexpr std::size_t kBuffer = 1u << 20;
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(std::string temporary) {
  OPH_TRY(make_directories(parent_path(temporary)));
  std::unique_ptr<OutputFile> file(new OutputFile);
  OPH_ASSIGN(file->fd_, open_write(temporary));
  file->temporary_ = std::move(temporary);
  return file;
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status OutputFile::write(std::string_view bytes) {
  hasher_.update(bytes);
  bytes_ += bytes.size();
  if (buffer_.size() + bytes.size() <= kBuffer) {
    if (buffer_.capacity() < kBuffer) buffer_.reserve(kBuffer);
    buffer_ += bytes;
    return {};
  }
  OPH_TRY(flush());
  if (bytes.size() >= kBuffer) return write_all(fd_.get(), bytes, temporary_);
  buffer_ += bytes;
  return {};
}

Status OutputFile::flush() {
  OPH_TRY(write_all(fd_.get(), buffer_, temporary_));
  buffer_.clear();
  return {};
}

Status OutputFile::sync() {
  OPH_TRY(flush());
  OPH_TRY(fsync_fd(fd_.get(), temporary_));
  buffer_ = std::string();
  fd_.reset();
  return {};
}

Status OutputFile::rename_to(const std::string& path) {
  if (std::rename(temporary_.c_str(), path.c_str()) != 0)
    return Status::os(Code::kFailed, "cannot rename '" + temporary_ + "' to '" + path + "'", errno);
  temporary_.clear();
  return {};
}

}  // namespace ophost
