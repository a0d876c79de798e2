// What a job tells: structured events (JSON lines), a log for people, and progress. Any thread may tell;
// nothing here can change or fail a run except by the Status it returns.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/status.hpp"

namespace ophost {

// Data-Juicer's event types first, then ours. The strings on the wire are event_name().
enum class EventType {
  kJobStart, kJobComplete, kJobFailed, kJobRestart,
  kPartitionStart, kPartitionComplete, kPartitionFailed, kPartitionResume,
  kOpStart, kOpComplete, kOpFailed,
  kCheckpointSave, kCheckpointLoad,
  kProcessingStart, kProcessingComplete, kProcessingError,
  kDagBuildStart, kDagBuildComplete, kDagNodeReady, kDagNodeStart, kDagNodeComplete, kDagNodeFailed,
  kDagParallelGroupStart, kDagParallelGroupComplete,
  kDagExecutionPlanSaved, kDagExecutionPlanLoaded,
  kPartitionCreationStart, kPartitionCreationComplete,  // what Data-Juicer's snapshot tool reads, though it writes neither
  kPluginLoaded, kRecordQuarantined, kRecordDroppedSummary, kCheckpointVerifyFailed, kJobStopRequested, kJobStopped,
  kPluginCrashed, kRetryScheduled, kCircuitOpen, kCircuitHalfOpen, kCircuitClosed,
  kHeartbeat, kResourceSample
};
constexpr int kEventTypes = static_cast<int>(EventType::kResourceSample) + 1;
const char* event_name(EventType type);

// `{job_dir}/events_{UTC timestamp}.jsonl`: one line per event, written when it happens, with one write() each, so
// that a killed job leaves a file whose every complete line parses.
class EventLog {
 public:
  // An empty directory gives a log that writes nothing (event_logging.enabled: false).
  static Result<std::unique_ptr<EventLog>> open(const std::string& directory, const std::string& job_id);
  // One that writes nothing itself: a worker process hands its events to its supervisor. `send` gets the type, the
  // message and the fields' JSON text, and may be called from any thread.
  using Send = std::function<void(EventType, const std::string&, const std::string&)>;
  static std::unique_ptr<EventLog> forwarding(Send send);
  // What a worker process handed over: the event's process is the job's, its thread the worker, which is named besides.
  void emit_of(std::int64_t process, EventType type, const std::string& message, const std::string& fields);
  // Adds event_type, event_id, seq, timestamp (seconds, wall clock), job_id, process_id, thread_id and `message`.
  void emit(EventType type, const std::string& message, JsonObject fields = {});
  // Which run of the job this is, from 1: a field of every event from here on.
  void set_run_attempt(std::uint64_t run);
  Status sync();
  const std::string& path() const { return path_; }
  // The first write that failed (disk full, say), reported once at the end of the run.
  Status status() const;

 private:
  void write(std::int64_t process, std::int64_t thread, EventType type, const std::string& message, std::string_view fields);
  std::string path_, job_id_, host_;
  Send send_;
  Fd fd_;
  mutable std::mutex mutex_;
  std::uint64_t seq_ = 0, run_attempt_ = 0;
  Status failure_;
};

enum class LogLevel { kDebug, kInfo, kWarn, kError };
// Lines for people: standard error (level `console`) and, once a folder is known, {folder}/job.log (rotating) and
// errors.log. Process-wide.
void log_to_console(LogLevel console);
Status log_to_folder(const std::string& folder);
void log_line(LogLevel level, const std::string& text);
// From here on lines go to `send` and nowhere else: a worker process hands them to its supervisor. Any thread may call it.
void log_forwarding(std::function<void(LogLevel, const std::string&)> send);
void flush_logs();

// How far long work has come.
struct ProgressSnapshot {
  std::string phase;
  std::uint64_t bytes_done = 0, bytes_total = 0, records = 0;
  double share = 0;    // of all the work, 0 to 1, as its stretches are weighed
  double seconds = 0;  // since the phases that share this total began
  double bytes_per_second = 0, records_per_second = 0;
  double eta_seconds = -1;    // negative: not known
  double slowest_batch = 0;  // seconds between two add() of one thread, at most
};

// Progress on long work: a bar that redraws itself on a terminal, a plain line every few seconds
// otherwise. Everything may be called from any thread.
class Progress {
 public:
  enum class Style { kAuto, kOff, kPlain, kBar };
  Progress(Style style, std::uint64_t total_bytes);
  ~Progress();
  // Work that runs at one speed: so many bytes, at so many nanoseconds a byte as far as one can tell beforehand.
  struct Stretch {
    std::uint64_t bytes = 0;
    double weight = 1;
  };
  // Counts from zero again, towards another total.
  void restart(const std::string& phase, std::uint64_t total_bytes);
  // The same, over stretches that come one after the other; `workers` share the work. The speed of a stretch to come is
  // foretold from its weight and how that of the current one was met.
  void restart(const std::string& phase, std::vector<Stretch> stretches, std::size_t workers);
  void begin_stretch(std::size_t index);
  void phase(const std::string& name);  // shown before the bar
  void add(std::uint64_t bytes, std::uint64_t records);
  ProgressSnapshot snapshot() const;
  void finish();  // clears the bar

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ophost
