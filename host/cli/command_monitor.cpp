// ophost monitor: one job, seen closely.
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"
#include "host/cli/monitor_screen.hpp"
#include "host/events/job_view.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Shows a job: its state (checked, not believed), how far it is, what every operator did and how much of the time it\n"
    "took, and with --detailed its partitions. Without JOB: the one that runs, or else the newest.";
constexpr char kExamples[] =
    "  ophost monitor\n"
    "  ophost monitor monday --detailed\n"
    "  ophost monitor monday --watch --interval 1\n"
    "  ophost monitor monday --json | jq .overall_progress\n";

std::atomic<bool> g_ended{false};

void on_signal(int) { g_ended = true; }

ScreenStyle style_of_terminal(bool detailed) {
  ScreenStyle style;
  style.detailed = detailed;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col) style.columns = size.ws_col;
  else if (const char* columns = std::getenv("COLUMNS")) style.columns = std::strtoul(columns, nullptr, 10);
  style.columns = std::clamp<std::size_t>(style.columns, 60, 400);
  // Which letters the terminal can show is the locale's to say, in this order.
  std::string locale;
  for (const char* name : {"LANG", "LC_CTYPE", "LC_ALL"})
    if (const char* value = std::getenv(name); value && *value) locale = value;
  std::string lower;
  for (char c : locale) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  style.unicode = lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  const char* term = std::getenv("TERM");
  style.colour = ::isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR") && term && std::string(term) != "dumb";
  return style;
}

// Redraws in place: each line is written over the old one, so that nothing flickers.
std::string over_the_old(const std::string& text) {
  std::string out = "\033[H";
  for (char c : text) {
    if (c == '\n') out += "\033[K";
    out += c;
  }
  return out + "\033[J";
}

int watch(const std::string& folder, bool detailed, bool json, double interval) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  const bool terminal = ::isatty(STDOUT_FILENO) && !json;
  if (terminal) std::cout << "\033[2J";
  for (bool first = true;; first = false) {
    auto job = view_job(folder);
    if (!job.ok()) return report(job.status());
    if (json) std::cout << job->json() << std::endl;
    else if (terminal) std::cout << over_the_old(draw_job(*job, style_of_terminal(detailed))) << std::flush;
    else std::cout << (first ? "" : "\n") << draw_job(*job, style_of_terminal(detailed)) << std::flush;
    if (!job->running() || g_ended || !std::cout) return 0;
    timespec pause{static_cast<std::time_t>(interval), static_cast<long>((interval - std::floor(interval)) * 1e9)};
    ::nanosleep(&pause, nullptr);  // a signal ends it early
    if (g_ended) return 0;
  }
}

}  // namespace

int command_monitor(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("detailed", "the partitions too")("watch", "draw again and again until the job has ended")(
      "interval", po::value<double>()->value_name("S")->default_value(2), "seconds between two drawings of --watch");
  add_job_options(options);
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost monitor [JOB] [options]", kAbout, options, kExamples);
  const double interval = parsed->values["interval"].as<double>();
  if (!(interval >= 0.1 && interval <= 86400)) return report(Status::usage("--interval must be between 0.1 and 86400 seconds"));
  auto folder = choose_job(*parsed, true);
  if (!folder.ok()) return report(folder.status());
  const bool detailed = parsed->values.count("detailed") > 0, json = parsed->values.count("json") > 0;
  if (parsed->values.count("watch")) return watch(*folder, detailed, json, interval);
  auto job = view_job(*folder);
  if (!job.ok()) return report(job.status());
  std::cout << (json ? job->json() + "\n" : draw_job(*job, style_of_terminal(detailed)));
  return 0;
}

}  // namespace ophost
