// The end of a pass whose operator makes other records: a partition's own (FLATMAP, a mapper that rewrites whole records),
// or first a summary of it for a decision over the whole data set (SELECT, GROUP, AGGREGATE). One worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/run/context.hpp"
#include "host/run/op_stats.hpp"
#include "host/run/record_writer.hpp"
#include "host/run/rows.hpp"

namespace ophost {

// Lines made of the rows of a batch, in the order of the rows.
struct MadeLines {
  struct Line {
    std::size_t row, begin, size;
  };
  std::vector<Line> lines;
  std::string bytes;
  std::string_view text(const Line& l) const { return std::string_view(bytes).substr(l.begin, l.size); }
  void clear() {
    lines.clear();
    bytes.clear();
  }
};

// Appends the lines of records that `op` made of `batch`: what it wrote, and the other fields of the source rows.
void lines_of(const Plan& plan, const PlannedOp& op, const Batch& batch, const MadeRecords& made, MadeLines& out);
// A fault for every row with a line that is no JSON object; these rows' lines are taken out.
void check_lines(Batch& batch, std::size_t op, MadeLines& made);

class Reshaper {
 public:
  static Result<std::unique_ptr<Reshaper>> open(JobContext& job, std::size_t partition, std::size_t op,
                                                const std::vector<Layer>& layers);
  // Runs the operator over a batch and keeps what it made. Counts into `stats`, but for `in`.
  Status run(Worker& worker, OpInstance& instance, Batch& batch, OpStats& stats);
  RowsWriter& rows() { return *rows_; }

 private:
  Reshaper(JobContext& job, std::size_t partition, std::size_t op) : job_(job), partition_(partition), op_(op) {}
  void rewritten_lines(const Batch& batch);

  JobContext& job_;
  std::size_t partition_, op_;
  std::unique_ptr<RowsWriter> rows_;
  MadeRecords made_;
  MadeLines lines_;
  std::string line_, quarantine_;
};

constexpr std::uint32_t kStateLabel = 0;

// A blob of kind "state": what the summarising call changed (faults) under kKeyDeltaLabel, and under kStateLabel the
// saved state or, for GROUP, one 16-byte key (high, low) a live row.
class StateWriter {
 public:
  static Result<std::unique_ptr<StateWriter>> open(JobContext& job, std::size_t partition, std::size_t op, OpInstance& instance);
  Status run(Worker& worker, OpInstance& instance, Batch& batch, OpStats& stats);
  Result<std::unique_ptr<BlobWriter>> finish(OpInstance& instance);

 private:
  StateWriter(JobContext& job, std::size_t partition, std::size_t op) : job_(job), partition_(partition), op_(op) {}

  JobContext& job_;
  std::size_t partition_, op_;
  std::unique_ptr<BlobWriter> blob_;
  std::unique_ptr<OpState> state_;
  std::vector<Hash128> keys_, some_keys_;
  std::string chunk_, deltas_, key_bytes_;
};

}  // namespace ophost
