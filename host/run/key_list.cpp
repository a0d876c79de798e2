#include "host/run/key_list.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "host/plan/plan.hpp"

namespace ophost {
namespace {

constexpr std::size_t kFlushEntries = 1u << 20;
constexpr std::size_t kFrameTarget = 256u << 10;  // bytes of entries before a frame is closed

static_assert(std::endian::native == std::endian::little, "the store's integers are little-endian");

}  // namespace

Status KeyListWriter::add(const Batch& batch, const std::vector<std::uint64_t>& keys, std::uint32_t width,
                          const std::vector<std::int64_t>& rank, std::string_view delta) {
  deltas_ += delta;
  if (deltas_.size() >= kFrameBytes) {
    OPH_TRY(blob_->append(deltas_));
    OPH_TRY(blob_->end_frame(kKeyDeltaLabel));
    deltas_.clear();
  }
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    std::uint64_t row = batch.first_row + r;
    if (row > UINT32_MAX)
      return Status::input("a partition of more than 4,294,967,295 records cannot be deduplicated; cut the file into several");
    if (row % 8 == 0) alive_ += '\0';
    bool alive = width > 0 && batch.alive.get(r);
    if (!rank.empty()) {
      ranked_ = true;
      ranks_.append(reinterpret_cast<const char*>(&rank[r]), 8);
    }
    ++rows_;
    if (!alive) continue;
    alive_[row / 8] = static_cast<char>(alive_[row / 8] | 1 << (row & 7));
    for (std::uint32_t band = 0; band < width / 2; ++band) {
      std::uint64_t hi = keys[r * width + 2 * band] ^ band * 0xd6e8feb86659fd93u;
      entries_.push_back({hi, keys[r * width + 2 * band + 1], static_cast<std::uint32_t>(row)});
    }
  }
  return entries_.size() >= kFlushEntries ? flush() : Status();
}

Status KeyListWriter::flush() {
  std::array<std::size_t, kBuckets + 1> begin{};
  for (const KeyEntry& e : entries_) ++begin[bucket_of(e.lo) + 1];
  for (std::size_t b = 0; b < kBuckets; ++b) begin[b + 1] += begin[b];
  raw_.resize(entries_.size() * kKeyEntryBytes);
  auto at = begin;
  for (const KeyEntry& e : entries_) {
    char* p = raw_.data() + at[bucket_of(e.lo)]++ * kKeyEntryBytes;
    std::memcpy(p, &e.hi, 8);
    std::memcpy(p + 8, &e.lo, 8);
    std::memcpy(p + 16, &e.row, 4);
  }
  for (std::uint32_t first = 0; first < kBuckets;) {
    std::uint32_t last = first;
    while (last + 1 < kBuckets && (begin[last + 1] - begin[first]) * kKeyEntryBytes < kFrameTarget) ++last;
    std::string_view bytes = std::string_view(raw_).substr(begin[first] * kKeyEntryBytes,
                                                           (begin[last + 1] - begin[first]) * kKeyEntryBytes);
    // append() closes frames by itself at kFrameBytes with the label of the last end_frame; keep below that.
    while (!bytes.empty()) {
      std::size_t n = std::min<std::size_t>(bytes.size(), kFrameBytes / kKeyEntryBytes * kKeyEntryBytes);
      OPH_TRY(blob_->append(bytes.substr(0, n)));
      OPH_TRY(blob_->end_frame(bucket_label(first, last)));
      bytes.remove_prefix(n);
    }
    first = last + 1;
  }
  total_ += entries_.size();
  entries_.clear();
  return {};
}

Result<KeyListWriter::Summary> KeyListWriter::finish() {
  OPH_TRY(flush());
  OPH_TRY(blob_->append(deltas_));
  OPH_TRY(blob_->end_frame(kKeyDeltaLabel));
  OPH_TRY(blob_->append(alive_));
  OPH_TRY(blob_->end_frame(kAliveLabel));
  if (ranked_) {
    OPH_TRY(blob_->append(ranks_));
    OPH_TRY(blob_->end_frame(kRankLabel));
  }
  return Summary{total_, ranked_, std::move(blob_)};
}

Status decode_entries(std::string_view frame, std::uint32_t first, std::uint32_t last, std::vector<KeyEntry>& out) {
  if (frame.size() % kKeyEntryBytes != 0) return Status::store("a key list has a frame of a wrong size");
  for (const char *p = frame.data(), *end = p + frame.size(); p < end; p += kKeyEntryBytes) {
    KeyEntry e;
    std::memcpy(&e.hi, p, 8);
    std::memcpy(&e.lo, p + 8, 8);
    std::memcpy(&e.row, p + 16, 4);
    std::uint32_t b = bucket_of(e.lo);
    if (b >= first && b <= last) out.push_back(e);
  }
  return {};
}

}  // namespace ophost
