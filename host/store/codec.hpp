// zstd behind two functions. Contexts are kept per thread (making one costs more than compressing a
// small frame); any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/status.hpp"
#include "host/store/layout.hpp"

namespace ophost::store_codec {

// Compresses at level 1 into `out` (replaced). Falls back to Codec::kRaw when that would not be
// smaller.
Result<store_layout::Codec> compress(std::string_view raw, std::string& out);
// Decompresses exactly `raw_size` bytes into `out` (replaced). Anything else is damage.
Status decompress(store_layout::Codec codec, std::string_view stored, std::uint64_t raw_size,
                  std::string& out);

}  // namespace ophost::store_codec
