// A job: one run of a recipe, from its input to its exported files.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/events/events.hpp"
#include "host/io/sink.hpp"
#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"
#include "host/run/job_life.hpp"
#include "host/run/op_stats.hpp"
#include "host/run/pulse.hpp"
#include "host/run/worker_limits.hpp"

namespace ophost {

// Where operators run: in processes of their own, so that nothing they do ends more than an attempt, or in this one.
enum class Isolation { kProcess, kThread };

struct JobOptions {
  Isolation isolation = Isolation::kProcess;
  WorkerLimits limits;          // of worker processes
  bool trust_plugins = false;   // --trust-plugins, for the workers too
  std::size_t workers = 0;  // 0 = the recipe's np, else one per processor
  bool fresh = false;       // reuse nothing
  // Try again what these operators (names, name#2 or indexes; none = all) put into quarantine: replay.hpp.
  std::optional<std::vector<std::string>> replay;
  Match match = Match::kStrict;
  bool trust_mtime = false;
  bool remember_cuts = false;  // `run` does, `plan` changes nothing
  std::uint64_t max_quarantined = UINT64_MAX;
  double max_quarantined_share = 1;  // of the records read
  Progress::Style progress = Progress::Style::kAuto;
  std::vector<std::string> resource_paths;
  std::vector<std::string> argv;
  std::atomic<bool>* stop = nullptr;            // set from outside to stop cleanly, and by the job when its deadline is near
  std::function<std::string()> why_stopped;     // what set it from outside, once it is set; may be empty
  Deadline deadline;
};

struct OpSummary {
  std::string name, kind;
  OpStats stats;           // over all partitions, whoever computed them
  std::size_t run = 0, reused = 0;  // partitions
};

struct JobResult {
  std::string job_id, job_folder, status;  // completed | failed | stopped
  std::uint64_t input_records = 0, output_records = 0, reader_quarantined = 0, quarantined = 0;
  std::uint64_t input_bytes = 0;
  std::vector<OpSummary> ops;
  std::vector<ExportedFile> files;
  std::string quarantine_file;  // "" when nothing is in quarantine
  bool up_to_date = false;      // the export was there already and is what this recipe gives
  double seconds = 0, tap_seconds = 0;
  std::uint64_t store_bytes = 0, store_blobs = 0;
  std::size_t workers = 0, partitions = 0;
  std::vector<std::string> warnings;
  // in + added = out + dropped + duplicates + grouped + quarantined + discarded, for the job and for every operator
  bool conserved() const;
  std::string json() const;
};

// Where a job's things lie.
struct JobPlaces {
  std::string job_id, job_folder, store_folder;
};
// The job id of the recipe, or a new one of the form YYYYmmdd_HHMMSS_xxxxxx, which then replaces {job_id} in the
// recipe's paths. A wanted resume without such a job is an error.
Result<JobPlaces> job_places(Recipe& recipe);

// Cuts the input and makes the plan. `store` (may be NULL) only keeps and gives cuts for --trust-mtime. `progress` may
// be empty.
Result<Plan> plan_job(const Recipe& recipe, const Registry& registry, const OpProbe& probe, const JobOptions& options,
                      Store* store,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress);

// Runs it. On failure the Status says why and, where it can be resumed, how.
Result<JobResult> run_job(const Recipe& recipe, const Registry& registry, const JobOptions& options);

// ---- the job's folder (job_folder.cpp) ----

// (job_summary.json: job_life.hpp.)
// recipe.yaml as given, recipe.resolved.json, cli.json, dag_execution_plan.json, metadata/.
Status write_job_documents(const JobPlaces& places, const Recipe& recipe, const Plan& plan,
                           const std::vector<std::string>& argv);
// Where the recipe as given is kept.
std::string recipe_copy(const JobPlaces& places, const Recipe& recipe);

struct PartitionState {
  std::string status = "pending";  // pending | processing | completed | failed
  double start = 0, end = 0;       // of its work in this run, seconds since the epoch; 0 = not yet
  std::string error;
  std::optional<std::uint64_t> records;  // of its input, once they were counted
};
// metadata/dataset_mapping.json: what Data-Juicer's tools read to know the partitions. `states` may be empty.
Status write_dataset_mapping(const JobPlaces& places, const Plan& plan, const std::vector<PartitionState>& states);

// The table people see at the end of a run: a row an operator, whose numbers add up.
std::string summary_table(const JobResult& result);

}  // namespace ophost
