// The (key, row) lists that a deduplicator's key phase leaves for the grouping phase: one blob per partition, its entries
// cut into 64 buckets by key, so that a group of buckets can be read without the rest. Layout: docs/store-contents.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/status.hpp"
#include "host/batch/batch.hpp"
#include "host/store/store.hpp"

namespace ophost {

constexpr std::uint32_t kBuckets = 64;
constexpr std::uint32_t kAliveLabel = 0xfffffffd;  // frames: one bit per record, those that emitted keys
constexpr std::uint32_t kRankLabel = 0xfffffffe;   // frames: i64 per record, where the operator ranks
// kKeyDeltaLabel (plan.hpp): chunks of what the key phase changed.

struct KeyEntry {
  std::uint64_t hi, lo;  // the band's number is mixed in: only equal bands compare equal
  std::uint32_t row;     // ordinal within the partition
};
constexpr std::size_t kKeyEntryBytes = 20;

inline std::uint32_t bucket_of(std::uint64_t lo) {
  return static_cast<std::uint32_t>((lo * 0x9e3779b97f4a7c15u) >> 58);
}
// Frames of entries are labelled with the first and last bucket in them.
inline std::uint32_t bucket_label(std::uint32_t first, std::uint32_t last) { return first | last << 8; }
inline bool label_overlaps(std::uint32_t label, std::uint32_t first, std::uint32_t last) {
  return label < kAliveLabel && (label & 0xff) <= last && (label >> 8) >= first;
}

class KeyListWriter {
 public:
  explicit KeyListWriter(std::unique_ptr<BlobWriter> blob) : blob_(std::move(blob)) {}

  // `keys`: width values per row, K = width / 2 keys as (high, low); `rank` empty or one per row; `delta` is the
  // batch's chunk (encode_chunk).
  Status add(const Batch& batch, const std::vector<std::uint64_t>& keys, std::uint32_t width,
             const std::vector<std::int64_t>& rank, std::string_view delta);
  struct Summary {
    std::uint64_t entries = 0;
    bool ranked = false;
    std::unique_ptr<BlobWriter> blob;
  };
  Result<Summary> finish();

 private:
  Status flush();
  std::unique_ptr<BlobWriter> blob_;
  std::vector<KeyEntry> entries_;
  std::string deltas_, alive_, ranks_, raw_;
  std::uint64_t total_ = 0, rows_ = 0;
  bool ranked_ = false;
};

// Appends the entries of a frame that fall into buckets [first, last] to `out`.
Status decode_entries(std::string_view frame, std::uint32_t first, std::uint32_t last, std::vector<KeyEntry>& out);

}  // namespace ophost
