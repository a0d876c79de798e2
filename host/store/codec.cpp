// zstd, level 1, one context per thread. See codec.hpp.
#include "host/store/codec.hpp"

#include <zstd.h>

#include <memory>

namespace ophost::store_codec {

using store_layout::Codec;

namespace {

constexpr int kLevel = 1;
// No frame holds more than this; a damaged size must not become an allocation of petabytes.
constexpr std::uint64_t kMostRawBytes = kFrameBytes;

struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
};

ZSTD_CCtx* compressor() {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* decompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

Result<Codec> compress(std::string_view raw, std::string& out) {
  ZSTD_CCtx* context = compressor();
  if (context == nullptr) return Status::store("zstd: no memory for a compressor");
  thread_local std::string buffer;
  buffer.resize(ZSTD_compressBound(kFrameBytes));
  std::size_t n =
      ZSTD_compressCCtx(context, buffer.data(), buffer.size(), raw.data(), raw.size(), kLevel);
  if (ZSTD_isError(n))
    return Status::store(std::string("zstd cannot compress a frame: ") + ZSTD_getErrorName(n));
  if (n >= raw.size()) {
    out.assign(raw);
    return Codec::kRaw;
  }
  out.assign(buffer.data(), n);
  return Codec::kZstd;
}

Status decompress(Codec codec, std::string_view stored, std::uint64_t raw_size, std::string& out) {
  if (raw_size > kMostRawBytes)
    return Status::store("it claims " + std::to_string(raw_size) +
                         " raw bytes; a frame holds at most " + std::to_string(kMostRawBytes));
  if (codec == Codec::kRaw) {
    if (stored.size() != raw_size) return Status::store("its raw size does not match");
    out.assign(stored);
    return {};
  }
  ZSTD_DCtx* context = decompressor();
  if (context == nullptr) return Status::store("zstd: no memory for a decompressor");
  out.resize(raw_size);
  std::size_t n =
      ZSTD_decompressDCtx(context, out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(n))
    return Status::store(std::string("zstd cannot decompress it: ") + ZSTD_getErrorName(n));
  if (n != raw_size) return Status::store("its raw size does not match");
  return {};
}

}  // namespace ophost::store_codec
