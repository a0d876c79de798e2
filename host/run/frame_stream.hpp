// The frames of a blob that carry one label, as one stream of bytes. One worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/base/status.hpp"
#include "host/store/store.hpp"

namespace ophost {

class FrameStream {
 public:
  FrameStream(std::unique_ptr<BlobReader> blob, std::uint32_t label) : blob_(std::move(blob)), label_(label) {}

  // Makes at least `n` bytes available in rest(), or as many as there are.
  Status fill(std::size_t n) {
    while (buffer_.size() - at_ < n) {
      const auto& frames = blob_->info().frames;
      while (frame_ < frames.size() && frames[frame_].label != label_) ++frame_;
      if (frame_ == frames.size()) return {};
      stored_read_ += frames[frame_].stored_size;
      OPH_TRY(blob_->read_frame(frame_++, fresh_));
      buffer_.erase(0, at_);
      at_ = 0;
      buffer_ += fresh_;
    }
    return {};
  }
  // What was read and not passed over; valid until the next fill().
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  void advance(std::size_t n) { at_ += n; }
  std::uint64_t stored_read() const { return stored_read_; }  // compressed bytes, for progress
  const Fingerprint& blob() const { return blob_->info().fingerprint; }

 private:
  std::unique_ptr<BlobReader> blob_;
  std::uint32_t label_;
  std::size_t frame_ = 0, at_ = 0;
  std::uint64_t stored_read_ = 0;
  std::string buffer_, fresh_;
};

// Calls use(bytes) for every frame with the label, one after the other.
template <class Use>
Status each_frame(BlobReader& blob, std::uint32_t label, Use use) {
  std::string raw;
  const auto& frames = blob.info().frames;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (frames[f].label != label) continue;
    OPH_TRY(blob.read_frame(f, raw));
    OPH_TRY(use(std::string_view(raw)));
  }
  return {};
}

}  // namespace ophost
