#include "host/events/job_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

std::string summary_path(const std::string& folder) { return folder + "/job_summary.json"; }

Result<Json> read_summary(const std::string& folder) {
  const std::string path = summary_path(folder);
  if (!exists(path))
    return Status::usage("'" + folder + "' is not the folder of a job: there is no job_summary.json in it");
  OPH_ASSIGN(std::string text, read_file(path));
  OPH_ASSIGN(Json doc, parse_json(text, "'" + path + "'"));
  if (!doc.IsObject()) return Status::failed("'" + path + "' is damaged: a JSON object was expected");
  return doc;
}

// The job's lock, when no job has it. Holding it, nobody can begin a run of the job; runs wait a moment for it. So does
// this: others who look have it for a moment, too.
Fd free_lock(const std::string& folder, int mode) {
  Fd fd(::open((folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  for (int turn = 0; fd.valid() && ::flock(fd.get(), mode | LOCK_NB) != 0; ++turn) {
    if (turn == 10) fd.reset();
    else ::usleep(5000);
  }
  return fd;
}

void set(Json& doc, JsonValue& object, const char* key, JsonValue value) {
  if (auto there = object.FindMember(key); there != object.MemberEnd()) there->value = value;
  else object.AddMember(JsonValue(key, doc.GetAllocator()), value, doc.GetAllocator());
}

}  // namespace

Result<JobRecord> read_job(const std::string& folder) {
  JobRecord job;
  OPH_ASSIGN(job.summary, read_summary(folder));
  job.folder = absolute_path(folder);
  job.job_id = get_string(job.summary, "job_id", file_name(job.folder));
  job.state = get_string(job.summary, "status", "unknown");
  job.process = {get_int(job.summary, "pid"), static_cast<std::uint64_t>(get_int(job.summary, "process_start_ticks")),
                 get_string(job.summary, "boot_id"), get_string(job.summary, "host")};
  if (job.state != "running") return job;
  ProcessState state = process_state(job.process);
  if (state == ProcessState::kRunning) return job;
  if (exists(folder + "/lock") && !free_lock(folder, LOCK_SH).valid()) {
    job.note = "its lock is held, by a process that is not the one it names";
    return job;
  }
  if (state == ProcessState::kElsewhere) {
    job.note = "it runs on '" + job.process.host + "'; whether it still does cannot be seen from here";
    return job;
  }
  job.state = "killed";
  settle_summary(job.summary);
  return job;
}

void settle_summary(Json& summary) {
  struct stat log {};
  const double begun = get_double(summary, "run_start_time", get_double(summary, "start_time"));
  const double earlier = get_double(summary, "duration") - get_double(summary, "run_duration");
  double end = begun;
  if (::stat(get_string(summary, "event_log_file").c_str(), &log) == 0)
    end = std::max(end, static_cast<double>(log.st_mtim.tv_sec) + static_cast<double>(log.st_mtim.tv_nsec) / 1e9);
  set(summary, summary, "status", JsonValue("killed"));
  set(summary, summary, "end_time", JsonValue(end));
  set(summary, summary, "run_duration", JsonValue(end - begun));
  set(summary, summary, "duration", JsonValue(earlier + end - begun));
  set(summary, summary, "error_message",
      JsonValue("the process was killed, or the machine went down; what was stored is kept, and a resume goes on from it"));
  if (auto result = summary.FindMember("result"); result != summary.MemberEnd() && result->value.IsObject())
    set(summary, result->value, "status", JsonValue("killed"));
  if (auto runs = summary.FindMember("runs"); runs != summary.MemberEnd() && runs->value.IsArray()) {
    JsonValue run(rapidjson::kObjectType);
    set(summary, run, "run", JsonValue(get_int(summary, "run_attempt", 1)));
    set(summary, run, "status", JsonValue("killed"));
    set(summary, run, "start_time", JsonValue(begun));
    set(summary, run, "end_time", JsonValue(end));
    set(summary, run, "duration", JsonValue(end - begun));
    set(summary, run, "pid", JsonValue(get_int(summary, "pid")));
    runs->value.PushBack(run, summary.GetAllocator());
  }
}

void settle_job(const std::string& folder) {
  auto seen = read_job(folder);
  if (!seen.ok() || seen->state != "killed") return;
  Fd lock = free_lock(folder, LOCK_EX);
  if (!lock.valid()) return;
  auto summary = read_summary(folder);  // again, now that nobody can change it
  if (!summary.ok() || get_string(*summary, "status") != "running") return;
  settle_summary(*summary);
  // Best effort: whoever may not write here still sees the truth, which is worked out anew each time.
  (void)write_file_atomic(summary_path(folder), pretty_json(*summary)).ok();
}

}  // namespace ophost
