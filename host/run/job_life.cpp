#include "host/run/job_life.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/events/job_record.hpp"
#include "host/run/job.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

constexpr std::size_t kRunsKept = 50;

double wall_seconds() { return static_cast<double>(now_ns() / 1000) / 1e6; }

// A word for a shell, in quotes where it needs them.
std::string quoted(const std::string& word) {
  static constexpr char kPlain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%#";
  bool plain = !word.empty() && word[0] != '#' && word.find_first_not_of(kPlain) == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (char c : word) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string run_entry(const JobLife& life, const JobState& state, double end) {
  return JsonObject()
      .add("run", life.run)
      .add("status", state.status)
      .add("start_time", life.run_start_time)
      .add("end_time", end)
      .add("duration", state.seconds)
      .add("pid", life.process.pid)
      .text();
}

JsonObject& add_or_null(JsonObject& o, const char* key, const std::string& value) {
  return value.empty() ? o.add_raw(key, "null") : o.add(key, value);
}

}  // namespace

std::string resumption_command(const std::vector<std::string>& argv, const std::string& job_id) {
  std::vector<std::string> words;
  bool named = false;
  for (const std::string& w : argv) {
    if (w == "--fresh") continue;  // would throw away what is to be gone on with
    words.push_back(quoted(w));
    for (const char* key : {"--job_id", "--job-id", "--resume"})
      named = named || w == key || w.starts_with(std::string(key) + "=");
  }
  if (!named) words.push_back("--job_id " + quoted(job_id));
  return join(words, " ");
}

JobLife begin_life(const std::string& job_folder, const std::vector<std::string>& argv) {
  JobLife life;
  life.process = this_process();
  life.argv = argv;
  life.run_start_time = life.start_time = wall_seconds();
  auto text = read_file(job_folder + "/job_summary.json");
  if (!text.ok()) return life;
  auto doc = parse_json(*text, "the summary of the run before");
  if (!doc.ok() || !doc->IsObject()) return life;
  if (get_string(*doc, "status") == "running") settle_summary(*doc);  // its lock is ours: it never said how it ended
  life.before = get_string(*doc, "status");
  life.run = static_cast<std::uint64_t>(get_int(*doc, "run_attempt", 1)) + 1;
  if (const JsonValue* runs = get_member(*doc, "runs"); runs && runs->IsArray())
    for (const auto& r : runs->GetArray()) life.runs.push_back(dump_json(r));
  if (life.runs.size() > kRunsKept) life.runs.erase(life.runs.begin(), life.runs.end() - kRunsKept);
  if (life.before == "completed") return life;  // done once; this is a new beginning
  life.start_time = get_double(*doc, "start_time", life.start_time);
  life.restarts = static_cast<std::uint64_t>(get_int(*doc, "restarts")) + 1;
  life.worked = get_double(*doc, "duration");
  return life;
}

Status write_job_summary(const JobPlaces& places, const Recipe& recipe, const JobResult& result, const JobLife& life,
                         const JobState& state) {
  const double now = wall_seconds();
  const bool running = state.status == "running";
  std::vector<std::string> runs = life.runs;
  if (!running) runs.push_back(run_entry(life, state, now));
  JsonObject o;
  o.add("job_id", places.job_id)
      .add("status", state.status)
      .add("project_name", recipe.project_name)
      .add("executor_type", "ophost")
      .add("host_version", OPHOST_VERSION)
      .add("start_time", life.start_time);
  if (running) o.add_raw("end_time", "null");
  else o.add("end_time", now);
  o.add("duration", life.worked + state.seconds);
  add_or_null(o, "error_message", state.error);
  if (!state.stop_reason.empty()) o.add("stop_time", now).add("stop_reason", state.stop_reason);
  o.add("run_attempt", life.run)
      .add("restarts", life.restarts)
      .add("run_start_time", life.run_start_time)
      .add("run_duration", state.seconds)
      .add("pid", life.process.pid)
      .add("process_start_ticks", life.process.start_ticks)
      .add("boot_id", life.process.boot_id)
      .add("host", life.process.host)
      .add("work_dir", absolute_path(places.job_folder))
      .add("checkpoint_dir", absolute_path(places.store_folder));
  add_or_null(o, "event_log_file", life.event_log_file);
  add_or_null(o, "event_log_dir", life.event_log_dir);
  o.add("metadata_dir", absolute_path(places.job_folder) + "/metadata");
  add_or_null(o, "config_file", recipe.file.empty() ? "" : absolute_path(recipe.file));
  add_or_null(o, "backed_up_config_path", recipe.original.empty() ? "" : absolute_path(recipe_copy(places, recipe)));
  o.add("export_path", absolute_path(recipe.export_path))
      .add("resumption_command", resumption_command(life.argv, places.job_id))
      .add_raw("runs", "[" + join(runs, ",") + "]")
      .add_raw("result", result.json());
  OPH_ASSIGN(Json doc, parse_json(o.text(), "the job's summary"));
  return write_file_atomic(places.job_folder + "/job_summary.json", pretty_json(doc));
}

}  // namespace ophost
