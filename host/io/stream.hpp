// The bytes of an input file as they are meant: read from disk, hashed, decompressed. Private to host/io. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/base/files.hpp"
#include "host/base/hash.hpp"
#include "host/io/source.hpp"

namespace ophost {

// Reads [begin, end) of a file from disk, in order, hashing what it reads.
class RawReader {
 public:
  static Result<RawReader> open(const std::string& path, std::uint64_t begin, std::uint64_t end);

  // Up to `size` bytes; 0 at the end. A file that ends early is an error.
  Result<std::size_t> read(char* buffer, std::size_t size);
  Hash128 digest() const { return hasher_.digest(); }
  std::uint64_t bytes_read() const { return at_ - begin_; }
  std::uint64_t offset() const { return at_; }
  std::uint64_t left() const { return end_ - at_; }
  const std::string& path() const { return path_; }

 private:
  Fd fd_;
  std::string path_;
  std::uint64_t begin_ = 0, at_ = 0, end_ = 0;
  Hasher hasher_;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `size` (> 0) bytes of content; 0 at the end. After an error nothing more may be asked.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  virtual const RawReader& raw() const = 0;
  // How much to ask for: `size`, or less (but more than 0) when it is known that less is left.
  virtual std::size_t block(std::size_t size) const { return size; }
};

std::unique_ptr<ByteStream> plain_stream(RawReader raw);
// Any number of gzip members; zero padding behind the last is passed over, other bytes are an error.
Result<std::unique_ptr<ByteStream>> gzip_stream(RawReader raw);
// Any number of zstd frames, skippable ones too, with windows up to 2 GiB.
Result<std::unique_ptr<ByteStream>> zstd_stream(RawReader raw);

}  // namespace ophost
