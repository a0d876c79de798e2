// Frames on their way into the store. See frame_writer.hpp.
#include "host/store/frame_writer.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "host/store/codec.hpp"

namespace ophost {

Status FrameWriter::append(std::string_view bytes) {
  raw_bytes_ += bytes.size();
  while (!bytes.empty()) {
    // A whole frame that stands in the caller's memory need not be copied first, but bytes come in
    // records of a few kilobytes: one path is enough.
    std::size_t n = std::min(bytes.size(), kFrameBytes - buffer_.size());
    buffer_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (buffer_.size() == kFrameBytes) OPH_TRY(close_frame());
  }
  return {};
}

Status FrameWriter::end_frame(std::uint32_t label) {
  OPH_TRY(close_frame());
  for (; unlabelled_ < frames_.size(); ++unlabelled_) frames_[unlabelled_].label = label;
  return {};
}

Status FrameWriter::finish() {
  return close_frame();
}

Status FrameWriter::close_frame() {
  if (buffer_.empty()) return {};
  if (frames_.size() == std::numeric_limits<std::uint32_t>::max())
    return Status::store(
        "a checkpoint of more than 2^32 frames cannot be stored; use smaller partitions");
  Held held;
  OPH_ASSIGN(held.codec, store_codec::compress(buffer_, held.bytes));
  FrameInfo info;
  info.raw_size = buffer_.size();
  info.stored_size = held.bytes.size();
  info.checksum = hash64(held.bytes);
  buffer_.clear();
  if (stored_bytes_ + info.stored_size > memory_limit_) OPH_TRY(spill(held));
  stored_bytes_ += info.stored_size;
  frames_.push_back(info);
  held_.push_back(std::move(held));
  return {};
}

Result<Fd> unnamed_file(const std::string& folder) {
  // Without a name from the start where the file system can do that.
  Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid()) return file;
  std::string name = folder + "/spill.XXXXXX";
  file = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.valid())
    return Status::os(Code::kStore, "cannot create a temporary file in '" + folder + "'", errno);
  ::unlink(name.c_str());
  return file;
}

std::unique_ptr<FrameWriter> FrameWriter::adopt(std::shared_ptr<Fd> bytes, std::uint64_t offset,
                                                const std::vector<Made>& frames) {
  auto self = std::make_unique<FrameWriter>("", 0);
  self->spill_ = std::move(bytes);
  for (const Made& made : frames) {
    self->frames_.push_back(made.info);
    self->held_.push_back({made.codec, "", offset + self->stored_bytes_, true});
    self->raw_bytes_ += made.info.raw_size;
    self->stored_bytes_ += made.info.stored_size;
  }
  return self;
}

Status FrameWriter::spill(Held& held) {
  if (!spill_) {
    OPH_ASSIGN(Fd file, unnamed_file(folder_));
    spill_ = std::make_shared<Fd>(std::move(file));
  }
  Status written = write_all(spill_->get(), held.bytes, "a temporary file in " + folder_);
  if (!written.ok())
    return Status::store(written.message() +
                         "; free space there or move the store with --work_dir");
  held.offset = spilled_bytes_;
  held.spilled = true;
  spilled_bytes_ += held.bytes.size();
  std::string().swap(held.bytes);
  return {};
}

store_layout::FrameHeader FrameWriter::header(std::size_t i) const {
  return {held_[i].codec, frames_[i].raw_size, frames_[i].stored_size, frames_[i].checksum};
}

Status FrameWriter::copy_stored(std::size_t i, char* out) const {
  const Held& held = held_[i];
  if (!held.spilled) {
    std::memcpy(out, held.bytes.data(), held.bytes.size());
    return {};
  }
  std::string what = folder_.empty() ? "a file of a worker process" : "a temporary file in " + folder_;
  auto n = read_at(spill_->get(), out, frames_[i].stored_size, held.offset, what);
  if (!n.ok()) return Status::store(n.status().message());
  if (*n != frames_[i].stored_size || hash64({out, *n}) != frames_[i].checksum)
    return Status::store(what + " did not give back what was written: " +
                         (folder_.empty() ? "something changed its bytes" : "check the disk"));
  return {};
}

Status FrameWriter::write_all_stored(int file) const {
  std::string bytes;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    std::string_view stored = held_[i].bytes;
    if (held_[i].spilled) {
      bytes.resize(frames_[i].stored_size);
      OPH_TRY(copy_stored(i, bytes.data()));
      stored = bytes;
    }
    OPH_TRY(write_all(file, stored, "a file for the store"));
  }
  return {};
}

std::vector<FrameWriter::Made> FrameWriter::made() const {
  std::vector<Made> out;
  for (std::size_t i = 0; i < frames_.size(); ++i) out.push_back({frames_[i], held_[i].codec});
  return out;
}

}  // namespace ophost
