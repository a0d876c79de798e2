// A job as a person wants to see it: its state, how far it is, what each operator did, where each partition stands; put
// together from what the job leaves in its folder. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/events/event_reader.hpp"
#include "host/events/job_record.hpp"

namespace ophost {

struct OpView {
  std::size_t index = 0;
  std::string name, kind;
  std::uint64_t in = 0, out = 0, dropped = 0, duplicates = 0, grouped = 0, added = 0, quarantined = 0, bytes = 0;
  double seconds = 0;             // inside the operator, over all workers
  std::uint64_t done = 0, running = 0, reused = 0;  // partitions
  bool out_known = false;         // false: its decision over the whole data set is still to come
  double kept() const { return in ? static_cast<double>(out) / static_cast<double>(in) : 1; }
};

struct OpRun {  // of one partition
  std::size_t index = 0;
  std::string name;
  double start = 0, seconds = 0;
  std::uint64_t in = 0, out = 0;
  double throughput = 0, reduction = 0;
};

struct CheckpointView {
  std::size_t index = 0;
  std::string name, path;
  double time = 0;
};

struct PartitionView {
  std::string status = "pending";  // pending | processing | completed | failed | interrupted
  std::uint64_t samples = 0;
  double start = 0, end = 0;
  std::string error;
  std::optional<OpRun> current;
  std::vector<OpRun> completed;
  std::vector<CheckpointView> checkpoints;
};

struct ProgressView {
  std::string phase;
  double share = 0;  // of the work, as the job weighs it
  std::uint64_t bytes_done = 0, bytes_total = 0, records = 0;
  double records_per_second = 0, bytes_per_second = 0;
  std::optional<double> eta_seconds;  // from now on
  double at = 0;  // when the job said so
};

struct JobView {
  JobRecord record;
  double now = 0;
  double start_time = 0, end_time = 0, seconds = 0;  // end_time: 0 while it runs; seconds: of all its runs
  std::string error;
  std::string dataset_path;
  std::uint64_t samples = 0, partition_size = 0;
  std::vector<PartitionView> partitions;
  std::vector<OpView> ops;
  std::optional<ProgressView> progress;
  bool stop_requested = false;
  std::map<std::string, std::uint64_t> event_counts;  // of the last run
  std::vector<std::string> troubles;                  // messages of failures and damage in the last run, the first twenty

  bool running() const { return record.state == "running"; }
  std::uint64_t count(const std::string& status) const;
  std::uint64_t processed_samples() const;
  double share() const;  // of the work, 0 to 1
  // With the keys of Data-Juicer's monitor: job_id, job_summary, dataset_mapping, partition_status, overall_progress; and ours.
  std::string json() const;
};

// Settles the job's record first, if it was killed.
Result<JobView> view_job(const std::string& folder);

// How far a running job was when it last said so.
std::optional<ProgressView> last_progress(const JobRecord& job);

// Folders of jobs in and below `base`, at most three levels down, sorted.
std::vector<std::string> find_jobs(const std::string& base);

}  // namespace ophost
