// Files -> batches, plain and compressed: every byte is in a line, or an error says where it stopped. A small file must not
// become an endless one.
#include <sys/mman.h>
#include <unistd.h>

#include "host/base/files.hpp"
#include "host/io/source.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  const std::uint8_t how = in.byte();
  static const int fd = ::memfd_create("input", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  fuzz::must(::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0, "the scratch file");
  (void)write_all(fd, in.rest(), path);
  InputFile file;
  file.path = path;
  file.compression = how % 3 == 0 ? Compression::kNone : how % 3 == 1 ? Compression::kGzip : Compression::kZstd;
  if (how & 64) file.weight = 0.37;
  CutOptions options;
  options.target_bytes = how & 128 ? 64 : 1 << 20;
  if (how & 32) options.records = 3;
  auto cut = cut_input({file}, options, {});
  if (!cut.ok()) return 0;
  for (std::size_t p = 0; p < cut->size(); ++p) {
    auto reader = open_partition(file, (*cut)[p], p);
    if (!reader.ok()) continue;
    Batch batch;
    for (std::size_t bytes = 0;;) {
      auto more = (*reader)->next(batch);
      if (!more.ok() || !*more) break;
      fuzz::must(batch.rows() > 0, "a batch has rows");
      for (std::size_t r = 0; r < batch.rows(); ++r)
        fuzz::must(batch.line(r).find('\n') == std::string_view::npos, "a line has no line end");
      bytes += batch.bytes.size();
      if (bytes > (64u << 20)) break;  // a decompression bomb: enough seen
    }
  }
  return 0;
}
