// ophost report: all there is to say of a job on one page.
#include <algorithm>
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"
#include "host/cli/monitor_screen.hpp"
#include "host/events/job_view.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Says all there is to say of a job: its runs, operators, partitions, what went wrong, where its things lie, how to go\n"
    "on with it. Without JOB: the one that runs, or else the newest.";
constexpr char kExamples[] =
    "  ophost report monday\n"
    "  ophost report --base-dir outputs > report.txt\n"
    "  ophost report monday --json\n";

constexpr std::size_t kColumns = 120;

void print_runs(const JobView& job) {
  const JsonValue* runs = get_member(job.record.summary, "runs");
  if (!runs || !runs->IsArray() || runs->Empty()) return;
  std::vector<std::vector<std::string>> table = {{"run", "state", "started", "ended", "took", "process"}};
  for (const auto& r : runs->GetArray())
    table.push_back({std::to_string(get_int(r, "run")), get_string(r, "status"), local_time(get_double(r, "start_time")),
                     local_time(get_double(r, "end_time")), human_seconds(get_double(r, "duration")),
                     std::to_string(get_int(r, "pid"))});
  std::cout << "\nRuns\n" << text_table(table, 4);
}

void print_events(const JobView& job) {
  if (job.event_counts.empty()) return;
  std::vector<std::vector<std::string>> table;
  for (const auto& [type, n] : job.event_counts) table.push_back({type.empty() ? "(not an event)" : type, human_count(n)});
  std::cout << "\nEvents of the last run\n" << text_table(table, 1);
}

void print_equation(const JobView& job) {
  const JsonValue* r = get_member(job.record.summary, "result");
  if (!r || job.record.state != "completed") return;
  auto n = [&](const char* key) { return static_cast<std::uint64_t>(std::max<std::int64_t>(get_int(*r, key), 0)); };
  std::uint64_t dropped = 0, duplicates = 0, grouped = 0, added = 0;
  for (const OpView& o : job.ops) {
    dropped += o.dropped;
    duplicates += o.duplicates;
    grouped += o.grouped;
    added += o.added;
  }
  std::cout << "\nRecords\n" << human_count(n("input_records")) << " in" << (added ? " + " + human_count(added) + " added" : "")
            << " = " << human_count(n("output_records")) << " out + " << human_count(dropped) << " dropped + "
            << human_count(duplicates) << " duplicates + " << (grouped ? human_count(grouped) + " grouped + " : "")
            << human_count(n("quarantined")) << " in quarantine"
            << (get_bool(*r, "conserved") ? "" : "   DOES NOT ADD UP") << "\n";
}

void print_places(const JobView& job) {
  const Json& s = job.record.summary;
  std::vector<std::vector<std::string>> table;
  for (const auto& [name, key] : {std::pair("recipe", "config_file"), {"export", "export_path"}, {"folder", "work_dir"},
                                  {"store", "checkpoint_dir"}, {"events", "event_log_file"}})
    if (std::string value = get_string(s, key); !value.empty()) table.push_back({name, value});
  const JsonValue* r = get_member(s, "result");
  if (std::string q = r ? get_string(*r, "quarantine_file") : ""; !q.empty()) table.push_back({"quarantine", absolute_path(q)});
  if (exists(job.record.folder + "/logs/job.log")) table.push_back({"log", job.record.folder + "/logs/job.log"});
  table.push_back({"again", get_string(s, "resumption_command")});
  std::cout << "\nPlaces\n" << text_table(table, 2);
}

}  // namespace

int command_report(const std::vector<std::string>& args) {
  po::options_description options("Options");
  add_job_options(options);
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost report [JOB] [options]", kAbout, options, kExamples);
  auto folder = choose_job(*parsed, true);
  if (!folder.ok()) return report(folder.status());
  auto job = view_job(*folder);
  if (!job.ok()) return report(job.status());
  if (parsed->values.count("json")) {
    std::cout << job->json() << "\n";
    return 0;
  }
  std::cout << draw_job(*job, {kColumns, false, false, true});
  print_equation(*job);
  print_runs(*job);
  print_events(*job);
  print_places(*job);
  return 0;
}

}  // namespace ophost
