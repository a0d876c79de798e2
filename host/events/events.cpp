#include "host/events/events.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "host/base/text.hpp"

namespace ophost {

const char* event_name(EventType type) {
  switch (type) {
    case EventType::kJobStart: return "job_start";
    case EventType::kJobComplete: return "job_complete";
    case EventType::kJobFailed: return "job_failed";
    case EventType::kJobRestart: return "job_restart";
    case EventType::kPartitionStart: return "partition_start";
    case EventType::kPartitionComplete: return "partition_complete";
    case EventType::kPartitionFailed: return "partition_failed";
    case EventType::kPartitionResume: return "partition_resume";
    case EventType::kOpStart: return "op_start";
    case EventType::kOpComplete: return "op_complete";
    case EventType::kOpFailed: return "op_failed";
    case EventType::kCheckpointSave: return "checkpoint_save";
    case EventType::kCheckpointLoad: return "checkpoint_load";
    case EventType::kProcessingStart: return "processing_start";
    case EventType::kProcessingComplete: return "processing_complete";
    case EventType::kProcessingError: return "processing_error";
    case EventType::kDagBuildStart: return "dag_build_start";
    case EventType::kDagBuildComplete: return "dag_build_complete";
    case EventType::kDagNodeReady: return "dag_node_ready";
    case EventType::kDagNodeStart: return "dag_node_start";
    case EventType::kDagNodeComplete: return "dag_node_complete";
    case EventType::kDagNodeFailed: return "dag_node_failed";
    case EventType::kDagParallelGroupStart: return "dag_parallel_group_start";
    case EventType::kDagParallelGroupComplete: return "dag_parallel_group_complete";
    case EventType::kDagExecutionPlanSaved: return "dag_execution_plan_saved";
    case EventType::kDagExecutionPlanLoaded: return "dag_execution_plan_loaded";
    case EventType::kPartitionCreationStart: return "partition_creation_start";
    case EventType::kPartitionCreationComplete: return "partition_creation_complete";
    case EventType::kPluginLoaded: return "plugin_loaded";
    case EventType::kRecordQuarantined: return "record_quarantined";
    case EventType::kRecordDroppedSummary: return "record_dropped_summary";
    case EventType::kCheckpointVerifyFailed: return "checkpoint_verify_failed";
    case EventType::kJobStopRequested: return "job_stop_requested";
    case EventType::kJobStopped: return "job_stopped";
    case EventType::kPluginCrashed: return "plugin_crashed";
    case EventType::kRetryScheduled: return "retry_scheduled";
    case EventType::kCircuitOpen: return "circuit_open";
    case EventType::kCircuitHalfOpen: return "circuit_half_open";
    case EventType::kCircuitClosed: return "circuit_closed";
    case EventType::kHeartbeat: return "heartbeat";
    case EventType::kResourceSample: return "resource_sample";
  }
  return "unknown";
}

Result<std::unique_ptr<EventLog>> EventLog::open(const std::string& directory, const std::string& job_id) {
  auto log = std::make_unique<EventLog>();
  log->job_id_ = job_id;
  if (directory.empty()) return log;
  OPH_TRY(make_directories(directory));
  std::time_t now = std::time(nullptr);
  std::tm tm{};
  ::gmtime_r(&now, &tm);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d_%H%M%S", &tm);
  // A run that restarts within the same second gets a file of its own.
  for (int n = 0; n < 1000; ++n) {
    std::string path = directory + "/events_" + stamp + (n ? "_" + std::to_string(n) : "") + ".jsonl";
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return Status::os(Code::kFailed, "cannot create the event log '" + path + "'", errno);
    log->fd_ = Fd(fd);
    log->path_ = path;
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0) log->host_ = host;
    return log;
  }
  return Status::failed("cannot find a free name for the event log in '" + directory + "'");
}

std::unique_ptr<EventLog> EventLog::forwarding(Send send) {
  auto log = std::make_unique<EventLog>();
  log->send_ = std::move(send);
  return log;
}

void EventLog::emit(EventType type, const std::string& message, JsonObject fields) {
  if (send_) send_(type, message, fields.text());
  else write(::getpid(), static_cast<std::int64_t>(::syscall(SYS_gettid)), type, message, fields.text());
}

void EventLog::emit_of(std::int64_t process, EventType type, const std::string& message, const std::string& fields) {
  // Data-Juicer's tools count, and stop, the processes that events name: that is the job's. Its workers go with it.
  std::string more = JsonObject().add("worker_process_id", process).text();
  if (fields.size() > 2) more = more.substr(0, more.size() - 1) + "," + fields.substr(1);
  write(::getpid(), process, type, message, more);
}

void EventLog::write(std::int64_t process, std::int64_t thread, EventType type, const std::string& message,
                     std::string_view fields) {
  if (!fd_.valid()) return;
  std::lock_guard lock(mutex_);
  char id[32];
  std::snprintf(id, sizeof id, "%08llx", static_cast<unsigned long long>(++seq_));
  std::string line = JsonObject()
                         .add("event_type", event_name(type))
                         .add("timestamp", static_cast<double>(now_ns() / 1000) / 1e6)
                         .add("message", message)
                         .add("event_id", id)
                         .add("seq", seq_)
                         .add("job_id", job_id_)
                         .add("process_id", process)
                         .add("thread_id", thread)
                         .add("host", host_)
                         .add("run_attempt", run_attempt_)
                         .text();
  if (fields.size() > 2) {
    line.back() = ',';
    line.append(fields.substr(1));
  }
  line += '\n';
  if (Status s = write_all(fd_.get(), line, path_); !s.ok() && failure_.ok()) failure_ = s;
}

void EventLog::set_run_attempt(std::uint64_t run) {
  std::lock_guard lock(mutex_);
  run_attempt_ = run;
}

Status EventLog::sync() {
  if (!fd_.valid()) return {};
  return fsync_fd(fd_.get(), path_);
}

Status EventLog::status() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace ophost
