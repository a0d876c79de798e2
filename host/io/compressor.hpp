// Compresses a block at a time: each block becomes a gzip member or zstd frame of its own. Private to host/io.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/base/status.hpp"
#include "host/io/source.hpp"

namespace ophost {

class BlockCompressor {
 public:
  virtual ~BlockCompressor() = default;
  // Replaces `out` by the compressed block; the empty block gives a valid empty file.
  virtual Status compress(std::string_view block, std::string& out) = 0;
};

// Not for Compression::kNone.
Result<std::unique_ptr<BlockCompressor>> block_compressor(Compression compression);

}  // namespace ophost
