#include "host/run/sample.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "host/base/files.hpp"

namespace ophost {
namespace {

// Where the first line begins that begins at or behind `at`; `end` when none does.
Result<std::uint64_t> line_begin(const Fd& fd, std::uint64_t begin, std::uint64_t at, std::uint64_t end,
                                 const std::string& path) {
  if (at <= begin) return begin;
  std::string block(64u << 10, '\0');
  for (std::uint64_t from = at - 1; from < end;) {
    OPH_ASSIGN(std::size_t n, read_at(fd.get(), block.data(), std::min<std::uint64_t>(block.size(), end - from), from, path));
    if (n == 0) break;
    if (const void* newline = std::memchr(block.data(), '\n', n))
      return from + static_cast<std::uint64_t>(static_cast<const char*>(newline) - block.data()) + 1;
    from += n;
  }
  return end;
}

void append_lines(const Batch& from, Batch& to) {
  const std::uint64_t base = to.bytes.size();
  for (std::size_t r = 0; r < from.rows(); ++r) {
    to.line_begin.push_back(base + from.line_begin[r]);
    to.line_size.push_back(from.line_size[r]);
    to.line_number.push_back(from.line_number[r]);
    to.byte_offset.push_back(from.byte_offset[r]);
    to.row_ids.push_back(row_id(to.partition, to.rows() - 1));
  }
  to.bytes += from.bytes;
}

}  // namespace

Sampler::Sampler(const Plan& plan) : plan_(plan) {
  for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
    const std::uint64_t size = plan.partitions[p].input.end - plan.partitions[p].input.begin;
    parts_.push_back({});
    parts_.back().partition = p;
    parts_.back().first_tile = tiles_;
    parts_.back().tiles = std::max<std::uint64_t>(1, (size + kTileBytes - 1) / kTileBytes);
    tiles_ += parts_.back().tiles;
    total_ += size;
  }
  // Steps of the golden section: every beginning of the sequence is spread over the whole.
  step_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(tiles_) * 0.6180339887));
  while (tiles_ > 1 && std::gcd(step_, tiles_) != 1) ++step_;
}

Status Sampler::read_tile(std::uint64_t tile, Batch& lines) {
  auto part = std::upper_bound(parts_.begin(), parts_.end(), tile,
                               [](std::uint64_t t, const Part& p) { return t < p.first_tile; }) - 1;
  const InputPartition& whole = plan_.partitions[part->partition].input;
  const InputFile& file = plan_.files[whole.file];
  if (file.compression != Compression::kNone) {
    std::lock_guard lock(mutex_);
    lines.clear();
    if (part->done) return {};
    if (!part->reader) {
      OPH_ASSIGN(part->reader, open_partition(file, whole, part->partition));
    }
    auto more = part->reader->next(lines);
    if (!more.ok()) return more.status();
    part->done = !*more;
    bytes_ += part->reader->bytes_read() - part->read;
    part->read = part->reader->bytes_read();
    return {};
  }
  OPH_ASSIGN(Fd fd, open_read(file.path));
  const std::uint64_t from = whole.begin + (tile - part->first_tile) * kTileBytes;
  InputPartition piece = whole;
  OPH_ASSIGN(piece.begin, line_begin(fd, whole.begin, from, whole.end, file.path));
  OPH_ASSIGN(piece.end, line_begin(fd, whole.begin, std::min(from + kTileBytes, whole.end), whole.end, file.path));
  lines.clear();
  if (piece.begin >= piece.end) return {};
  // About where it stands in the file: which records of a weighted file are taken depends on it.
  piece.first_record += static_cast<std::uint64_t>(static_cast<double>(whole.lines) * static_cast<double>(piece.begin - whole.begin) /
                                                   static_cast<double>(whole.end - whole.begin));
  OPH_ASSIGN(auto reader, open_partition(file, piece, part->partition));
  // One batch: the end of the piece is never looked at, where the reader would miss its hash.
  OPH_TRY(reader->next(lines).status());
  std::uint64_t last = piece.end;
  if (lines.rows() == kBatchRecords) last = piece.begin + lines.line_begin.back() + lines.line_size.back() + 1;
  bytes_ += last - piece.begin;
  return {};
}

Result<bool> Sampler::next(Batch& batch, std::size_t tiles) {
  batch.clear();
  batch.partition = 0;
  Batch lines;
  for (std::size_t t = 0; t < tiles && batch.rows() < kBatchRecords && batch.bytes.size() < kBatchBytes; ++t) {
    const std::uint64_t i = next_++;
    if (i >= tiles_) break;
    OPH_TRY(read_tile(i * step_ % tiles_, lines));
    append_lines(lines, batch);
  }
  records_ += batch.rows();
  std::lock_guard lock(mutex_);
  for (std::uint64_t size : batch.line_size) sizes_.push_back(size);
  return batch.rows() > 0 || next_ < tiles_;
}

double Sampler::estimated_records() const {
  double counted = 0, uncounted_bytes = 0;
  for (const PartitionPlan& p : plan_.partitions) {
    const InputFile& file = plan_.files[p.input.file];
    double lines = static_cast<double>(p.input.lines) * file.weight;
    if (file.max_records) lines = std::min(lines, static_cast<double>(file.max_records));
    if (file.compression == Compression::kNone) counted += lines;
    else uncounted_bytes += static_cast<double>(p.input.end - p.input.begin);
  }
  if (bytes_ == 0) return counted;
  return counted + uncounted_bytes * static_cast<double>(records_) / static_cast<double>(bytes_);
}

RecordSizes Sampler::sizes() const {
  std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> sorted = sizes_;
  std::sort(sorted.begin(), sorted.end());
  RecordSizes out;
  out.records = sorted.size();
  if (sorted.empty()) return out;
  out.p50 = sorted[(sorted.size() - 1) / 2];
  out.p90 = sorted[(sorted.size() - 1) * 9 / 10];
  out.max = sorted.back();
  return out;
}

Result<RecordSizes> record_sizes(const Plan& plan, std::size_t tiles) {
  Sampler sampler(plan);
  Batch batch;
  for (std::size_t t = 0; t < tiles; ++t) {
    OPH_ASSIGN(bool more, sampler.next(batch, 1));
    if (!more) break;
  }
  return sampler.sizes();
}

}  // namespace ophost
