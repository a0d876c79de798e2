// A sample of a plan's input: tiles of some kilobytes, spread over all partitions, each visited at most once. Where a file
// is compressed its beginning is taken, since it cannot be entered elsewhere. Nothing is written.
// next() may be called from many threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "host/base/status.hpp"
#include "host/plan/plan.hpp"

namespace ophost {

constexpr std::uint64_t kTileBytes = 32u << 10;

struct RecordSizes {
  std::uint64_t records = 0;  // sampled
  std::uint64_t p50 = 0, p90 = 0, max = 0;  // bytes of their lines
};

class Sampler {
 public:
  explicit Sampler(const Plan& plan);
  // Replaces the lines of `batch` (not its columns) by those of the next tiles, so many or until it is as large as the
  // batches of a run. False when there are none left.
  Result<bool> next(Batch& batch, std::size_t tiles);

  std::uint64_t input_bytes() const { return total_; }
  // Bytes (as they lie on disk) and records given so far.
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t records() const { return records_; }
  // Of the whole input: counted where the cut counted lines, else from the sample.
  double estimated_records() const;
  RecordSizes sizes() const;

 private:
  struct Part {
    std::size_t partition = 0;
    std::uint64_t first_tile = 0, tiles = 0;
    std::unique_ptr<PartitionReader> reader;  // compressed: read on from tile to tile
    std::uint64_t read = 0;
    bool done = false;
  };
  Status read_tile(std::uint64_t tile, Batch& lines);

  const Plan& plan_;
  std::vector<Part> parts_;
  std::uint64_t total_ = 0, tiles_ = 0, step_ = 1;
  std::atomic<std::uint64_t> next_{0}, bytes_{0}, records_{0};
  mutable std::mutex mutex_;  // readers of compressed files; sizes_
  std::vector<std::uint64_t> sizes_;
};

// The sizes of some records, from `tiles` tiles.
Result<RecordSizes> record_sizes(const Plan& plan, std::size_t tiles);

}  // namespace ophost
