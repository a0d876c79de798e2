// What the tasks of one job share. Built by the job before its workers start; the tasks read it, and touch only what is
// marked as safe from many threads.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/events/events.hpp"
#include "host/plan/plan.hpp"
#include "host/run/careful.hpp"
#include "host/run/op_stats.hpp"
#include "host/run/state_reader.hpp"
#include "host/store/store.hpp"

namespace ophost {

struct JobContext {
  const Recipe* recipe = nullptr;
  const Registry* registry = nullptr;
  const HostServices* services = nullptr;
  Plan* plan = nullptr;  // not changed while tasks run
  BlobStore* store = nullptr;
  Store* whole_store = nullptr;  // the same, with its jobs and references; null in a worker process
  EventLog* events = nullptr;
  Progress* progress = nullptr;
  const std::atomic<bool>* stop = nullptr;  // SIGINT, SIGTERM: finish the batch, commit nothing half
  std::string job_id, parts_folder;
  std::string created_by;  // JSON object of every manifest: host, user, pid, argv, versions
  std::uint64_t max_quarantined = UINT64_MAX;
  TaskCounters own_counters;
  TaskCounters* counters = &own_counters;  // in a worker process, those that its supervisor sees

  void advance(std::uint64_t bytes, std::uint64_t records) {
    counters->bytes += bytes;
    counters->records += records;
    if (progress) progress->add(bytes, records);
  }
  Status stopped() const {
    return stop && stop->load(std::memory_order_relaxed) ? Status::stopped("stopped on request") : Status();
  }
};

// A worker's own things, kept from task to task so that memory is touched once and operators are created once.
struct Worker {
  std::vector<std::unique_ptr<OpInstance>> instances;  // per operator, made when first needed
  std::map<std::string, std::unique_ptr<OpInstance>> derived;  // by the column's path in a batch
  Batch batch;
  std::string chunk, lines, stats_lines, quarantine_lines;
  CallTeller teller;
  Damage damage;  // set by a task that failed because a checkpoint cannot be read
  void release_memory();
};

// Manifest fields every blob of a job has; `extra` is added at the end.
std::string make_manifest(const JobContext& job, const char* kind, const JsonObject& extra);
// Manifest of what one partition's task made at `position`; `op` is the last operator in it (if any).
std::string partition_manifest(const JobContext& job, const char* kind, std::size_t partition,
                               std::size_t position, std::size_t pass, const std::vector<Layer>& layers,
                               const std::vector<OpStats>& stats, const Fingerprints& at, JsonObject extra);
std::string json_of(const std::vector<Layer>& layers);

// HostServices::log: into the job's log.
void log_of_operator(int level, const std::string& who, const std::string& message);

// The instance of operator `op` for this worker.
Result<OpInstance*> instance_for(const JobContext& job, Worker& worker, std::size_t op);

// ---- tasks ----

// Runs (pass, partition): from its best checkpoint to the pass's end, with taps, then the barrier's keys, or in
// the last pass the partition's parts of the output. Idempotent: what is in the store is not made again.
Status run_pass_task(JobContext& job, Worker& worker, std::size_t pass, std::size_t partition);

// Groups the key lists of a pass's barrier and stores its decision. Uses `workers` threads.
// `damage` says which blob could not be read when the status is a store error because of one.
Status decide(JobContext& job, std::size_t pass, std::size_t workers, Damage& damage);

// Commits a decision's blob with its manifest and says so in the event log. `extra` and `frames` are the decider's own;
// `said` is the event's message after the operator's name.
Status commit_decision(JobContext& job, std::size_t pass, std::int64_t started_ns, std::uint64_t in, std::uint64_t out,
                       JsonObject extra, std::unique_ptr<BlobWriter> frames, const std::string& said);

// Makes the new data set of a pass's kGlobal boundary from what its tasks summed up: the rows of every partition, and
// a decision's record that says that they are all there.
Status gather(JobContext& job, std::vector<Worker>& workers, std::size_t pass, Damage& damage);
// Where it keeps a partition's records meanwhile: this job's own, so that no other job that makes the same erases them.
// They go when all is there; a kill may come in between.
Fingerprint scattered_fingerprint(const JobContext& job, std::size_t pass, std::size_t partition);

// Part files of the last pass, as its tasks committed them.
struct PartInfo {
  std::string lines, stats, quarantine;  // paths; "" = none was needed
  std::uint64_t records = 0, stats_records = 0, quarantined = 0, input_records = 0, reader_quarantined = 0;
  Hash128 lines_hash, stats_hash, quarantine_hash;
  std::vector<OpStats> ops;
};
Fingerprint part_fingerprint(const JobContext& job, std::size_t partition);
// The committed part, when its files are there too.
Result<std::optional<PartInfo>> find_part(const JobContext& job, std::size_t partition);

// What `work` says, or, when it runs out of memory or throws, a failure that says so of `what`.
Status within_memory(const std::string& what, const std::function<Status()>& work);

// Calls fn(worker, i) for i in [0, n) on `workers` threads, in order of i; after the first failure (or a stop) no
// new i is begun. Returns the failure with the lowest i.
Status parallel_for(std::size_t workers, std::size_t n,
                    const std::function<Status(std::size_t worker, std::size_t i)>& fn);

}  // namespace ophost
