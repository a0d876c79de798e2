// ophost events: what a job told, line by line, then or now.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <iostream>
#include <set>

#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"
#include "host/events/event_reader.hpp"
#include "host/events/events.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Prints the events of a job, of all its runs, oldest first; with --follow also those to come, until the job ends.\n"
    "Without JOB: the one that runs, or else the newest. docs/jobs.md says what the types mean.";
constexpr char kExamples[] =
    "  ophost events monday --type job_failed,partition_failed,op_failed\n"
    "  ophost events monday --op document_deduplicator --partition 3\n"
    "  ophost events monday --since 10m --follow\n"
    "  ophost events monday --since 2026-01-02T08:00 --until 2026-01-02T09:00 --limit 20 --json\n";

std::atomic<bool> g_ended{false};

void on_signal(int) { g_ended = true; }

std::vector<std::string> all_types() {
  std::vector<std::string> names;
  for (int i = 0; i < kEventTypes; ++i) names.push_back(event_name(static_cast<EventType>(i)));
  return names;
}

Result<std::vector<std::string>> types_of(const std::vector<std::string>& given) {
  const std::vector<std::string> known = all_types();
  std::vector<std::string> out;
  for (const std::string& list : given)
    for (const std::string& type : split(list, ',')) {
      if (std::find(known.begin(), known.end(), type) == known.end())
        return Status::usage("there is no event type '" + type + "'." + did_you_mean(type, known) + " They are: " + join(known, ", "));
      out.push_back(type);
    }
  return out;
}

// "10m", "2h", "30s", "1d" ago; seconds since the epoch; "2026-01-02", "2026-01-02T03:04[:05]" or "03:04[:05]" local time.
Result<double> time_of(const std::string& option, const std::string& text) {
  const double now = static_cast<double>(now_ns()) / 1e9;
  char* end = nullptr;
  double n = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && n >= 0 && std::isfinite(n)) {
    const std::string unit = end;
    if (unit.empty()) return n;
    for (const auto& [name, seconds] : {std::pair("s", 1.0), {"m", 60.0}, {"min", 60.0}, {"h", 3600.0}, {"d", 86400.0}})
      if (unit == name) return now - n * seconds;
  }
  std::string written = text;
  std::replace(written.begin(), written.end(), ' ', 'T');
  const bool utc = written.ends_with('Z');
  if (utc) written.pop_back();
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"}) {
    std::tm tm{};
    if (format[1] == 'H') {
      auto today = static_cast<std::time_t>(now);
      ::localtime_r(&today, &tm);
      tm.tm_sec = 0;
    }
    const char* rest = ::strptime(written.c_str(), format, &tm);
    if (!rest || *rest) continue;
    tm.tm_isdst = -1;
    return static_cast<double>(utc ? ::timegm(&tm) : std::mktime(&tm));
  }
  return Status::usage(option + " is a time such as 10m (ago), 18:30, 2026-01-02T18:30 or seconds since 1970, not '" + text + "'");
}

// One event for people: time, type, what it is about, message.
std::string text_of(const JsonValue& e) {
  const double at = get_double(e, "timestamp");
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03d", static_cast<int>(std::fmod(at, 1.0) * 1000));
  std::string type = get_string(e, "event_type");
  std::string out = local_time(at) + millis + "  " + type + std::string(type.size() < 27 ? 27 - type.size() : 0, ' ') + "  ";
  if (type == "heartbeat") {
    char share[32] = "";
    if (get_int(e, "bytes_total") > 0) std::snprintf(share, sizeof share, "%.1f%% ", 100 * get_double(e, "progress"));
    out += share + human_count(static_cast<std::uint64_t>(get_int(e, "records"))) + " records, " +
           human_count(static_cast<std::uint64_t>(get_double(e, "records_per_second"))) + " records/s";
    if (get_member(e, "eta_seconds")) out += ", ETA " + human_seconds(get_double(e, "eta_seconds"));
    return out + "  " + get_string(e, "phase");
  }
  if (get_member(e, "partition_id")) out += "[" + std::to_string(get_int(e, "partition_id")) + "] ";
  out += get_string(e, "message");
  if (type == "op_complete") {
    out += ": " + human_count(static_cast<std::uint64_t>(get_int(e, "input_rows"))) + " in";
    if (get_member(e, "output_rows")) out += ", " + human_count(static_cast<std::uint64_t>(get_int(e, "output_rows"))) + " out";
    out += ", " + human_seconds(get_double(e, "duration"));
  }
  return out;
}

class Printer {
 public:
  Printer(EventFilter filter, bool json, std::size_t limit) : filter_(std::move(filter)), json_(json), limit_(limit) {}

  void line(std::string_view line) {
    // Most lines are not wanted, and of those only the type need be looked at.
    if (!filter_.types.empty() && std::find(filter_.types.begin(), filter_.types.end(), type_of_line(line)) == filter_.types.end())
      return;
    auto event = parse_json(line, "an event");
    if (!event.ok() || !event->IsObject() || !filter_.matches(*event)) return;
    std::string text = json_ ? std::string(line) : text_of(*event);
    if (limit_ == 0) {
      std::cout << text << "\n";
      return;
    }
    last_.push_back(std::move(text));
    if (last_.size() > limit_) last_.pop_front();
  }

  // What is held back until it is known to be among the last ones; from here on every event is printed.
  void flush() {
    for (const std::string& l : last_) std::cout << l << "\n";
    last_.clear();
    limit_ = 0;
    std::cout << std::flush;
  }

 private:
  const EventFilter filter_;
  const bool json_;
  std::size_t limit_;
  std::deque<std::string> last_;
};

// Prints what there is of all runs; then, when asked to follow, what comes, from new runs too.
Status print(const std::string& folder, Printer& printer, bool follow) {
  std::vector<EventFile> files;
  std::set<std::string> seen;
  for (bool first = true;; first = false) {
    OPH_ASSIGN(JobRecord job, read_job(folder));  // before the files: what an ended job told is in them then
    for (const std::string& path : event_files(job))
      if (seen.insert(path).second) files.emplace_back(path);
    for (EventFile& f : files)
      OPH_TRY(f.read([&](std::string_view line) {
        printer.line(line);
        return true;
      }));
    if (first && files.empty() && get_string(job.summary, "event_log_file").empty())
      return Status::usage("the job '" + job.job_id + "' keeps no events (event_logging.enabled: false in its recipe)");
    printer.flush();
    if (!follow || job.state != "running" || g_ended || !std::cout) return {};
    timespec pause{0, 200'000'000};
    ::nanosleep(&pause, nullptr);
    if (g_ended) return {};
  }
}

}  // namespace

int command_events(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("type", po::value<std::vector<std::string>>()->value_name("TYPE[,TYPE]")->composing(),
                        "only events of these types; may be given several times")(
      "op", po::value<std::string>()->value_name("NAME"), "only of this operator, by its name or its index in the recipe")(
      "partition", po::value<std::int64_t>()->value_name("N"), "only of this partition")(
      "since", po::value<std::string>()->value_name("TIME"), "not before: 10m (ago), 18:30, 2026-01-02T18:30")(
      "until", po::value<std::string>()->value_name("TIME"), "not after")(
      "limit", po::value<std::size_t>()->value_name("N")->default_value(0), "only the last N; 0 = all")(
      "follow", "then print events as they come, until the job ends");
  add_job_options(options);
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost events [JOB] [options]", kAbout, options, kExamples);
  const po::variables_map& v = parsed->values;
  EventFilter filter;
  if (v.count("type")) {
    auto types = types_of(v["type"].as<std::vector<std::string>>());
    if (!types.ok()) return report(types.status());
    filter.types = std::move(*types);
  }
  if (v.count("op")) filter.op = v["op"].as<std::string>();
  if (v.count("partition")) filter.partition = v["partition"].as<std::int64_t>();
  for (auto [name, at] : {std::pair("since", &filter.since), {"until", &filter.until}}) {
    if (!v.count(name)) continue;
    auto t = time_of(std::string("--") + name, v[name].as<std::string>());
    if (!t.ok()) return report(t.status());
    *at = *t;
  }
  auto folder = choose_job(*parsed, true);
  if (!folder.ok()) return report(folder.status());
  const bool follow = v.count("follow") > 0;
  if (follow) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
  }
  Printer printer(std::move(filter), v.count("json") > 0, v["limit"].as<std::size_t>());
  return report(print(*folder, printer, follow));
}

}  // namespace ophost
