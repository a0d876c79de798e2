#include "host/io/compressor.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <thread>

namespace ophost {
namespace {

Result<std::string> gzip_block(const std::string& block) {
  constexpr int kGzip = 16 + MAX_WBITS, kDefaultMemory = 8;
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kDefaultMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return Status::failed("cannot set up gzip for the output: out of memory");
  std::string out(deflateBound(&z, block.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  z.avail_in = static_cast<uInt>(block.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  if (code != Z_STREAM_END) return Status::failed("gzip could not compress a block of the output");
  return out;
}

Result<std::string> zstd_block(const std::string& block) {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  if (!context || ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)))
    return Status::failed("cannot set up zstd for the output: out of memory");
  std::string out(ZSTD_compressBound(block.size()), '\0');
  std::size_t n = ZSTD_compress2(context.get(), out.data(), out.size(), block.data(), block.size());
  if (ZSTD_isError(n))
    return Status::failed(std::string("zstd could not compress a block of the output: ") + ZSTD_getErrorName(n));
  out.resize(n);
  return out;
}

}  // namespace

Result<std::string> compress_block(Compression compression, const std::string& block) {
  return compression == Compression::kGzip ? gzip_block(block) : zstd_block(block);
}

BlockPipeline::BlockPipeline(Compression compression)
    : compression_(compression), limit_(std::clamp(std::thread::hardware_concurrency(), 1u, 8u)) {}

void BlockPipeline::push(std::string block) {
  auto shared = std::make_shared<const std::string>(std::move(block));
  auto work = [kind = compression_, shared] { return compress_block(kind, *shared); };
  try {
    running_.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {  // no more threads: take() does the work
    running_.push_back(std::async(std::launch::deferred, work));
  }
}

Result<std::string> BlockPipeline::take() {
  auto result = running_.front().get();
  running_.pop_front();
  return result;
}

}  // namespace ophost
