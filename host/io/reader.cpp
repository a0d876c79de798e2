// PartitionReader: cuts a stream of bytes into lines and lines into batches.
#include <algorithm>
#include <cstring>

#include "host/io/lines.hpp"
#include "host/io/source.hpp"
#include "host/io/stream.hpp"

namespace ophost {
namespace {

constexpr std::size_t kBlock = 256u << 10;

class LineReader : public PartitionReader {
 public:
  LineReader(std::unique_ptr<ByteStream> stream, const InputFile& file, const InputPartition& partition,
             std::uint64_t index)
      : stream_(std::move(stream)), file_(file), partition_(partition), index_(index),
        next_line_(partition.first_line), record_(partition.first_record), offset_(partition.begin) {
    at_file_begin_ = partition.begin == 0;
  }

  Result<bool> next(Batch& batch) override;
  std::uint64_t bytes_read() const override { return stream_->raw().bytes_read(); }

 private:
  // Appends a block to `bytes`; sets ended_ (and pending_) when there is no more.
  void fill(std::string& bytes);
  // The line [begin, end) with its newline, `stop` behind it, was found: adds it as often as it is to be taken. False
  // when the batch is full before all of its copies are in.
  bool take(Batch& batch, std::size_t begin, std::size_t end);
  bool full(const Batch& batch) const { return batch.rows() >= kBatchRecords || batch_bytes_ >= kBatchBytes; }
  Status verify() const;

  std::unique_ptr<ByteStream> stream_;
  InputFile file_;
  InputPartition partition_;
  std::uint64_t index_;
  std::string carry_;            // read, but not yet part of a batch
  std::uint64_t next_line_;      // number of the line that carry_ begins with
  std::uint64_t record_;         // ordinal in the file of the next non-blank line
  std::uint64_t offset_;         // in the content, of carry_'s first byte
  std::uint64_t rows_ = 0;       // given so far
  std::uint64_t copies_left_ = 0;  // of the line carry_ begins with; 0 = not looked at yet
  std::uint64_t batch_bytes_ = 0;
  bool at_file_begin_ = false, ended_ = false, checked_ = false;
  Status pending_;
};

void LineReader::fill(std::string& bytes) {
  const std::size_t have = bytes.size();
  const std::size_t block = stream_->block(kBlock);
  bytes.resize(have + block);
  auto n = stream_->read(bytes.data() + have, block);
  bytes.resize(have + (n.ok() ? *n : 0));
  if (!n.ok()) pending_ = n.status();
  if (!n.ok() || *n == 0) ended_ = true;
}

bool LineReader::take(Batch& batch, std::size_t begin, std::size_t end) {
  std::string_view line = std::string_view(batch.bytes).substr(begin, end - begin);
  if (copies_left_ == 0) {
    if (is_blank(line)) return true;
    ++record_;
    copies_left_ = is_sampled(file_) ? sampled_before(file_, record_) - sampled_before(file_, record_ - 1) : 1;
  }
  for (; copies_left_ > 0; --copies_left_) {
    if (full(batch)) return false;
    batch.line_begin.push_back(begin);
    batch.line_size.push_back(line.size());
    batch.line_number.push_back(next_line_);
    batch.byte_offset.push_back(offset_ + begin);
    batch.row_ids.push_back(row_id(index_, rows_++));
    batch_bytes_ += line.size() + 1;
  }
  return true;
}

Result<bool> LineReader::next(Batch& batch) {
  batch.clear();
  batch.partition = index_;
  batch.first_row = rows_;
  batch_bytes_ = 0;
  std::string& bytes = batch.bytes;
  bytes.swap(carry_);
  carry_.clear();

  std::size_t begin = 0;    // of the line being looked for
  std::size_t scanned = 0;  // no newline in [begin, scanned)
  std::size_t kept = 0;     // behind the last line that is in the batch
  while (!full(batch)) {
    const void* found = scanned < bytes.size() ? std::memchr(bytes.data() + scanned, '\n', bytes.size() - scanned) : nullptr;
    if (!found && !ended_) {
      // Lines that were passed over are not kept: blank ones and those not sampled may be many.
      if (begin > kept) {
        bytes.erase(kept, begin - kept);
        offset_ += begin - kept;
        begin = kept;
      }
      scanned = bytes.size();
      fill(bytes);
      if (at_file_begin_ && (bytes.size() >= kBom.size() || ended_)) {
        at_file_begin_ = false;
        if (bytes.starts_with(kBom)) begin = kBom.size();
        scanned = std::max(scanned, begin);
      }
      continue;
    }
    // The last line may lack its newline, but what stands before damage is no line.
    if (!found && (begin == bytes.size() || !pending_.ok())) break;
    std::size_t end = found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : bytes.size();
    const std::size_t rows = batch.rows();
    const bool whole = take(batch, begin, end);
    if (batch.rows() > rows) kept = std::min(end + 1, bytes.size());
    if (!whole) break;
    begin = scanned = std::min(end + 1, bytes.size());
    ++next_line_;
  }

  if (batch.rows() == 0) {
    if (!pending_.ok()) return pending_;
    if (!checked_) OPH_TRY(verify());
    checked_ = true;
    return false;
  }
  // What follows the batch is carried over, with the line whose copies are not all in yet.
  carry_.assign(bytes, begin);
  offset_ += begin;
  bytes.resize(std::max(begin, kept));
  return true;
}

Status LineReader::verify() const {
  Hash128 content = partition_content(file_, partition_.first_record, stream_->raw().digest());
  if (content == partition_.content) return {};
  return Status::input("'" + file_.path + "' changed while the job ran (bytes " + std::to_string(partition_.begin) +
                       " to " + std::to_string(partition_.end) +
                       " are not those that were hashed at its start). Run again: what did not change is reused.");
}

}  // namespace

Result<std::unique_ptr<PartitionReader>> open_partition(const InputFile& file, const InputPartition& partition,
                                                        std::uint64_t partition_index) {
  OPH_ASSIGN(RawReader raw, RawReader::open(file.path, partition.begin, partition.end));
  std::unique_ptr<ByteStream> stream;
  switch (file.compression) {
    case Compression::kNone: stream = plain_stream(std::move(raw)); break;
    case Compression::kGzip: {
      OPH_ASSIGN(stream, gzip_stream(std::move(raw)));
      break;
    }
    case Compression::kZstd: {
      OPH_ASSIGN(stream, zstd_stream(std::move(raw)));
      break;
    }
  }
  return std::unique_ptr<PartitionReader>(
      std::make_unique<LineReader>(std::move(stream), file, partition, partition_index));
}

}  // namespace ophost
