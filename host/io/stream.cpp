#include "host/io/stream.hpp"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <vector>

namespace ophost {
namespace {

constexpr std::size_t kInputBlock = 128u << 10;

class PlainStream : public ByteStream {
 public:
  explicit PlainStream(RawReader raw) : raw_(std::move(raw)) {}
  Result<std::size_t> read(char* buffer, std::size_t size) override { return raw_.read(buffer, size); }
  const RawReader& raw() const override { return raw_; }
  std::size_t block(std::size_t size) const override {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(raw_.left(), 1, size));
  }

 private:
  RawReader raw_;
};

// Both decompressors refill one input block and say where in the file a problem stands.
class Decompressor : public ByteStream {
 public:
  explicit Decompressor(RawReader raw) : raw_(std::move(raw)), block_(kInputBlock) {}
  const RawReader& raw() const override { return raw_; }

 protected:
  // Makes left() > 0 unless the file has ended.
  Status refill() {
    if (at_ < filled_) return {};
    OPH_ASSIGN(filled_, raw_.read(block_.data(), block_.size()));
    at_ = 0;
    ended_ = filled_ == 0;
    return {};
  }
  bool ended() const { return ended_; }
  std::size_t left() const { return filled_ - at_; }
  const char* next() const { return block_.data() + at_; }
  void consume(std::size_t n) { at_ += n; }
  Status damaged(const std::string& what) const {
    return Status::input("'" + raw_.path() + "' is damaged: " + what + " at byte " +
                         std::to_string(raw_.offset() - left()) +
                         " of the compressed file. The whole lines before it were read; restore the file and run again.");
  }

 private:
  RawReader raw_;
  std::vector<char> block_;
  std::size_t at_ = 0, filled_ = 0;
  bool ended_ = false;
};

class GzipStream : public Decompressor {
 public:
  explicit GzipStream(RawReader raw) : Decompressor(std::move(raw)) {}
  ~GzipStream() override {
    if (open_) inflateEnd(&z_);
  }

  bool init() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    open_ = inflateInit2(&z_, kGzipOnly) == Z_OK;
    return open_;
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (!pending_.ok()) return pending_;
    while (true) {
      OPH_TRY(refill());
      if (!in_member_ && members_ > 0) {
        while (left() > 0 && *next() == '\0') {
          padding_ = true;
          consume(1);
        }
        if (left() > 0 && (padding_ || *next() != '\x1F'))
          return damaged("bytes that are no gzip member follow the last one");
      }
      const std::size_t given = left();
      if (given == 0 && !in_member_) {
        if (ended()) return std::size_t{0};
        continue;
      }
      in_member_ = true;
      const std::size_t room = std::min<std::size_t>(size, 1u << 30);
      z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next()));
      z_.avail_in = static_cast<uInt>(given);
      z_.next_out = reinterpret_cast<Bytef*>(buffer);
      z_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&z_, Z_NO_FLUSH);
      const std::size_t done = room - z_.avail_out;
      consume(given - z_.avail_in);
      if (code == Z_STREAM_END) {
        in_member_ = false;
        ++members_;
        inflateReset(&z_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        pending_ = failure();
      } else if (done == 0 && given == 0) {
        pending_ = damaged("it is cut off, the end of a gzip member is missing,");
      }
      if (done > 0) return done;  // what came before a failure is still good
      if (!pending_.ok()) return pending_;
    }
  }

 private:
  Status failure() const {
    const std::string why = z_.msg ? z_.msg : "unknown data";
    if (members_ == 0 && z_.total_out == 0 && why == "incorrect header check")
      return Status::input("'" + raw().path() + "' is named as gzip but does not begin as gzip does (1F 8B); " +
                           "rename it if it is plain text.");
    return damaged("gzip says \"" + why + "\"");
  }

  z_stream z_{};
  Status pending_;
  std::uint64_t members_ = 0;
  bool open_ = false, in_member_ = false, padding_ = false;
};

class ZstdStream : public Decompressor {
 public:
  explicit ZstdStream(RawReader raw) : Decompressor(std::move(raw)) {}
  ~ZstdStream() override { ZSTD_freeDCtx(context_); }

  bool init() {
    context_ = ZSTD_createDCtx();
    return context_ && !ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 31));
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    while (true) {
      OPH_TRY(refill());
      ZSTD_inBuffer in{next(), left(), 0};
      ZSTD_outBuffer out{buffer, size, 0};
      const bool ended = left() == 0;
      if (ended && !in_frame_) return std::size_t{0};
      std::size_t code = ZSTD_decompressStream(context_, &out, &in);
      consume(in.pos);
      if (ZSTD_isError(code)) {
        if (!frames_ && ZSTD_getErrorCode(code) == ZSTD_error_prefix_unknown)
          return Status::input("'" + raw().path() + "' is named as zstd but does not begin as zstd does (" +
                               ZSTD_getErrorName(code) + "); rename it if it is plain text.");
        return damaged(std::string("zstd says \"") + ZSTD_getErrorName(code) + "\"");
      }
      in_frame_ = code != 0;
      if (!in_frame_) frames_ = true;
      if (out.pos > 0) return out.pos;
      if (ended && in.pos == 0 && in_frame_) return damaged("it is cut off, the end of a zstd frame is missing,");
    }
  }

 private:
  ZSTD_DCtx* context_ = nullptr;
  bool in_frame_ = false, frames_ = false;
};

}  // namespace

Result<RawReader> RawReader::open(const std::string& path, std::uint64_t begin, std::uint64_t end) {
  RawReader r;
  OPH_ASSIGN(r.fd_, open_read(path));
  r.path_ = path;
  r.begin_ = r.at_ = begin;
  r.end_ = end;
  return r;
}

Result<std::size_t> RawReader::read(char* buffer, std::size_t size) {
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - at_));
  if (size == 0) return std::size_t{0};
  OPH_ASSIGN(std::size_t n, read_at(fd_.get(), buffer, size, at_, path_));
  if (n == 0)
    return Status::input("'" + path_ + "' became shorter while the job ran: it ends at byte " +
                         std::to_string(at_) + ", expected " + std::to_string(end_) + ". Run again.");
  hasher_.update({buffer, n});
  at_ += n;
  return n;
}

std::unique_ptr<ByteStream> plain_stream(RawReader raw) { return std::make_unique<PlainStream>(std::move(raw)); }

Result<std::unique_ptr<ByteStream>> gzip_stream(RawReader raw) {
  auto stream = std::make_unique<GzipStream>(std::move(raw));
  if (!stream->init()) return Status::failed("cannot set up gzip decompression: out of memory");
  return std::unique_ptr<ByteStream>(std::move(stream));
}

Result<std::unique_ptr<ByteStream>> zstd_stream(RawReader raw) {
  auto stream = std::make_unique<ZstdStream>(std::move(raw));
  if (!stream->init()) return Status::failed("cannot set up zstd decompression: out of memory");
  return std::unique_ptr<ByteStream>(std::move(stream));
}

}  // namespace ophost
