// The BlobWriter of this store: cuts, compresses and holds frames until a commit copies them in.
// One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/files.hpp"
#include "host/store/layout.hpp"
#include "host/store/store.hpp"

namespace ophost {

class FrameWriter : public BlobWriter {
 public:
  // `folder` is where the unlinked spill file is made; compressed bytes beyond `memory_limit` go
  // there.
  FrameWriter(std::string folder, std::uint64_t memory_limit)
      : folder_(std::move(folder)), memory_limit_(memory_limit) {}

  struct Made {
    FrameInfo info;
    store_layout::Codec codec;
  };
  // Frames that another process made(), finished: their stored bytes follow each other in `bytes` from `offset` on, and
  // are checked when they are copied.
  static std::unique_ptr<FrameWriter> adopt(std::shared_ptr<Fd> bytes, std::uint64_t offset, const std::vector<Made>& frames);

  Status append(std::string_view bytes) override;
  Status end_frame(std::uint32_t label) override;
  std::uint64_t raw_bytes() const override { return raw_bytes_; }

  // Closes the frame in progress. Called by the commit; after it the writer is only read.
  Status finish();
  const std::vector<FrameInfo>& frames() const { return frames_; }
  std::vector<Made> made() const;
  store_layout::FrameHeader header(std::size_t i) const;
  std::uint64_t stored_bytes() const { return stored_bytes_; }
  // Copies the stored bytes of frame `i` to `out`, which has room for frames()[i].stored_size.
  Status copy_stored(std::size_t i, char* out) const;
  // Writes those of all frames, one after the other, at the file's position.
  Status write_all_stored(int file) const;

 private:
  struct Held {
    store_layout::Codec codec;
    std::string bytes;         // empty when spilled
    std::uint64_t offset = 0;  // in the spill file
    bool spilled = false;
  };
  Status close_frame();
  Status spill(Held& held);

  std::string folder_;
  std::uint64_t memory_limit_;
  std::string buffer_;
  std::vector<FrameInfo> frames_;
  std::vector<Held> held_;
  std::size_t unlabelled_ = 0;  // frames closed since the last end_frame()
  std::uint64_t raw_bytes_ = 0, stored_bytes_ = 0, spilled_bytes_ = 0;
  std::shared_ptr<Fd> spill_;
};

// A file for reading and writing in `folder` that goes with its descriptor: nothing to clean up after a crash.
Result<Fd> unnamed_file(const std::string& folder);

}  // namespace ophost
