// One thread's share of a measurement (measure.hpp): batches of the sample go through all passes of the plan, in memory, and
// every call is timed. Internal to measuring; a Measurer belongs to one thread, its tallies are read when run() is through.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/run/context.hpp"
#include "host/run/key_list.hpp"
#include "host/run/reshape.hpp"
#include "host/run/sample.hpp"
#include "host/store/frame_writer.hpp"

namespace ophost {

// Time and size of calls, and what of it is per record and what per byte.
struct Rate {
  struct Call {
    double rows, bytes, ns;
  };
  std::vector<Call> calls;

  void add(std::uint64_t rows, std::uint64_t bytes, std::int64_t ns) {
    calls.push_back({static_cast<double>(rows), static_cast<double>(bytes), static_cast<double>(ns)});
  }
  // Nanoseconds per unit over all calls, and by how much the single calls differ from that.
  std::pair<double, double> per(double Call::* unit) const;
};

struct OpTally {
  Rate rate;
  double in = 0, out = 0, bytes = 0, changed = 0;  // of the sample, as if none had been passed over
  std::uint64_t rows = 0;                          // measured
  std::int64_t setup_ns = 0, cold_ns = 0;
  double row_ns = 0;  // of the last call, for the bound
  bool probed = false;
  double tap_ns = 0;
  std::unique_ptr<FrameWriter> tap;

  void merge(const OpTally& o);
};

struct PassTally {
  double read_ns = 0;         // taking records apart, and the derived columns
  double barrier_tap_ns = 0;  // what the barrier keeps, compressed
  double decide_ns = 0;       // its step over everything, as far as a sample shows it
  std::unique_ptr<FrameWriter> kept;
  std::unique_ptr<KeyListWriter> keys;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;
};

class Measurer {
 public:
  // Ends at `deadline` (monotonic) or when `enough` bytes of the sample have been taken, but not before one batch;
  // `least_ns` is what that may take of time in any case. Unnamed files are made in `folder`.
  Measurer(JobContext& job, Sampler& sampler, const CallTeller& teller, std::int64_t deadline, std::int64_t least_ns,
           std::uint64_t enough, std::string folder);
  Status run();

  std::vector<OpTally> ops;
  std::vector<PassTally> passes;
  double render_ns = 0, output_bytes = 0;

 private:
  std::unique_ptr<FrameWriter> frames() const;
  double counted() const { return probing_ ? 0 : weight_; }
  Status through(Batch& batch);
  Status take_apart(Batch& batch, std::size_t pass);
  Result<OpInstance*> begin(std::size_t pass, std::size_t op, Batch& batch);
  void note(std::size_t op, std::size_t rows, std::uint64_t bytes, std::int64_t ns);
  std::uint64_t read_bytes(std::size_t op, const Batch& batch) const;
  Status run_op(std::size_t pass, std::size_t op, Batch& batch);
  Status run_keys(std::size_t pass, Batch& batch);
  Result<bool> run_reshaping(std::size_t pass, Batch& batch);
  Result<bool> keep_rows(std::size_t pass, Batch& batch, std::int32_t kind);
  Status render(Batch& batch);
  Status finish();

  JobContext& job_;
  const Plan& plan_;
  Sampler& sampler_;
  Sampler probes_;  // its own: what it takes is not of the sample
  const std::int64_t deadline_, least_ns_;
  const std::uint64_t enough_;
  const std::string folder_;
  Worker worker_;
  bool probing_ = false, cold_ = false;
  double weight_ = 1;  // how many records of the sample each row stands for
  MadeRecords made_;
  MadeLines lines_;
  Fd spill_;  // an unnamed file for the output's lines
};

}  // namespace ophost
