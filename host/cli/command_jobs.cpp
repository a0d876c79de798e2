// ophost jobs: the jobs there are, and how they stand.
#include <cstdio>
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"
#include "host/events/job_view.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Lists the jobs in and below a folder: state, start, duration, progress, records. Whether a job that says it is\n"
    "running really runs is checked: process number, its start time, and the job's lock.";
constexpr char kExamples[] =
    "  ophost jobs\n"
    "  ophost jobs --base-dir outputs --state running\n"
    "  ophost jobs --json\n";

struct Row {
  JobRecord record;
  std::optional<ProgressView> progress;  // of a running job
};

double started(const Row& r) { return get_double(r.record.summary, "start_time"); }

std::uint64_t count(const Row& r, const char* key) {
  const JsonValue* result = get_member(r.record.summary, "result");
  return result ? static_cast<std::uint64_t>(get_int(*result, key)) : 0;
}

double duration(const Row& r) {
  double seconds = get_double(r.record.summary, "duration");
  if (r.record.state == "running")
    seconds += std::max(0.0, static_cast<double>(now_ns()) / 1e9 - get_double(r.record.summary, "run_start_time"));
  return seconds;
}

std::string progress_text(const Row& r) {
  if (r.record.state == "completed") return "100%";
  if (!r.progress || r.progress->bytes_total == 0) return "";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.0f%%", 100 * r.progress->share);
  return buffer;
}

std::string json_of(const Row& r) {
  const Json& s = r.record.summary;
  JsonObject o;
  o.add("job_id", r.record.job_id)
      .add("status", r.record.state)
      .add("start_time", started(r))
      .add("duration", duration(r))
      .add("processes", r.record.state == "running" ? 1 : 0)
      .add("pid", r.record.process.pid)
      .add("work_dir", r.record.folder)
      .add("restarts", get_int(s, "restarts"))
      .add("run_attempt", get_int(s, "run_attempt", 1));
  if (r.record.state == "completed")
    o.add("input_records", count(r, "input_records")).add("output_records", count(r, "output_records"));
  if (r.progress)
    o.add("phase", r.progress->phase).add("progress", r.progress->share).add("bytes_done", r.progress->bytes_done).add("bytes_total", r.progress->bytes_total);
  if (r.progress && r.progress->eta_seconds) o.add("eta_seconds", *r.progress->eta_seconds);
  if (std::string e = get_string(s, "error_message"); !e.empty()) o.add("error_message", e);
  return o.text();
}

void print_text(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> table = {{"job", "state", "started", "took", "done", "in", "out", "runs"}};
  for (const Row& r : rows) {
    const bool done = r.record.state == "completed";
    table.push_back({shortened(r.record.job_id, 32), r.record.state, local_time(started(r)), human_seconds(duration(r)),
                     progress_text(r), done ? human_count(count(r, "input_records")) : "",
                     done ? human_count(count(r, "output_records")) : "",
                     std::to_string(get_int(r.record.summary, "run_attempt", 1))});
  }
  std::cout << text_table(table, 3);
  for (const Row& r : rows)
    if (!r.record.note.empty()) std::cout << r.record.job_id << ": " << r.record.note << "\n";
}

}  // namespace

int command_jobs(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("state", po::value<std::string>()->value_name("STATE"),
                        "only jobs that are running, completed, failed, stopped or killed");
  add_job_options(options);
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost jobs [--base-dir DIR] [options]", kAbout, options, kExamples);
  if (!parsed->positional.empty())
    return report(Status::usage("'" + parsed->positional.front() + "' is one word too many. Did you mean: ophost monitor " +
                                parsed->positional.front()));
  const std::vector<std::string> states = {"running", "completed", "failed", "stopped", "killed"};
  std::string state = parsed->values.count("state") ? parsed->values["state"].as<std::string>() : "";
  if (!state.empty() && std::find(states.begin(), states.end(), state) == states.end())
    return report(Status::usage("--state is " + join(states, ", ") + ", not '" + state + "'." + did_you_mean(state, states)));
  std::string base = base_folder(parsed->values);
  if (!is_directory(base)) return report(Status::usage("there is no folder '" + base + "'"));
  std::vector<Row> rows;
  for (const std::string& folder : find_jobs(base)) {
    settle_job(folder);
    auto job = read_job(folder);
    if (!job.ok()) {
      std::fprintf(stderr, "warning: %s\n", job.status().message().c_str());
      continue;
    }
    if (!state.empty() && job->state != state) continue;
    Row row{std::move(*job), std::nullopt};
    if (row.record.state != "completed") row.progress = last_progress(row.record);
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return started(a) > started(b); });
  if (parsed->values.count("json")) {
    std::cout << "[";
    for (const Row& r : rows) std::cout << (&r == &rows.front() ? "" : ",\n ") << json_of(r);
    std::cout << "]\n";
    return 0;
  }
  if (rows.empty()) {
    std::cerr << "no " << (state.empty() ? "" : state + " ") << "jobs in or below " << absolute_path(base)
              << "; say where they are with --base-dir\n";
    return 0;
  }
  print_text(rows);
  return 0;
}

}  // namespace ophost
