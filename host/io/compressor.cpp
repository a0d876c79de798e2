#include "host/io/compressor.hpp"

#include <zlib.h>
#include <zstd.h>

namespace ophost {
namespace {

class GzipBlocks : public BlockCompressor {
 public:
  ~GzipBlocks() override {
    if (open_) deflateEnd(&z_);
  }

  bool init() {
    constexpr int kGzip = 16 + MAX_WBITS, kDefaultMemory = 8;
    open_ = deflateInit2(&z_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kDefaultMemory, Z_DEFAULT_STRATEGY) == Z_OK;
    return open_;
  }

  Status compress(std::string_view block, std::string& out) override {
    deflateReset(&z_);
    out.resize(deflateBound(&z_, block.size()));
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    z_.avail_in = static_cast<uInt>(block.size());
    z_.next_out = reinterpret_cast<Bytef*>(out.data());
    z_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&z_, Z_FINISH) != Z_STREAM_END) return Status::failed("gzip could not compress a block of the output");
    out.resize(out.size() - z_.avail_out);
    return {};
  }

 private:
  z_stream z_{};
  bool open_ = false;
};

class ZstdBlocks : public BlockCompressor {
 public:
  ~ZstdBlocks() override { ZSTD_freeCCtx(context_); }

  bool init() {
    context_ = ZSTD_createCCtx();
    return context_ && !ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1));
  }

  Status compress(std::string_view block, std::string& out) override {
    out.resize(ZSTD_compressBound(block.size()));
    std::size_t n = ZSTD_compress2(context_, out.data(), out.size(), block.data(), block.size());
    if (ZSTD_isError(n))
      return Status::failed(std::string("zstd could not compress a block of the output: ") + ZSTD_getErrorName(n));
    out.resize(n);
    return {};
  }

 private:
  ZSTD_CCtx* context_ = nullptr;
};

template <class T>
Result<std::unique_ptr<BlockCompressor>> make() {
  auto c = std::make_unique<T>();
  if (!c->init()) return Status::failed("cannot set up the compression of the output: out of memory");
  return std::unique_ptr<BlockCompressor>(std::move(c));
}

}  // namespace

Result<std::unique_ptr<BlockCompressor>> block_compressor(Compression compression) {
  return compression == Compression::kGzip ? make<GzipBlocks>() : make<ZstdBlocks>();
}

}  // namespace ophost
