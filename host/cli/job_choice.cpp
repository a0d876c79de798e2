#include "host/cli/job_choice.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/monitor_screen.hpp"
#include "host/events/job_view.hpp"

namespace ophost {

void add_job_options(po::options_description& options) {
  add_base_folder_options(options);
  options.add_options()("json", "print facts as JSON on standard output")("help", "show this help");
}

std::string base_folder(const po::variables_map& values) {
  for (const char* key : {"base-dir", "work-dir"})
    if (values.count(key)) return values[key].as<std::string>();
  return ".";
}

namespace {

std::string where(const std::string& base) {
  std::string here = absolute_path(".");
  while (here.size() > 1 && (here.ends_with('/') || here.ends_with("/."))) here.pop_back();
  return base == "." ? "below the current folder (" + here + ")" : "below '" + base + "'";
}

Result<std::string> newest_of(const std::vector<std::string>& folders, const std::string& base) {
  std::string best;
  bool best_runs = false;
  double best_start = -1;
  for (const std::string& folder : folders) {
    auto job = read_job(folder);
    if (!job.ok()) continue;
    const bool runs = job->state == "running";
    const double start = get_double(job->summary, "run_start_time", get_double(job->summary, "start_time"));
    if (std::pair(runs, start) <= std::pair(best_runs, best_start)) continue;
    best = folder;
    best_runs = runs;
    best_start = start;
  }
  if (best.empty())
    return Status::usage("there are no jobs " + where(base) + ". Say where they are with --base-dir.");
  return best;
}

}  // namespace

Result<std::string> choose_job(const ParsedOptions& parsed, bool newest) {
  const std::string base = base_folder(parsed.values);
  if (!is_directory(base)) return Status::usage("there is no folder '" + base + "'");
  if (parsed.positional.size() > 1)
    return Status::usage("one job at a time, not '" + join(parsed.positional, "', '") + "'");
  if (parsed.positional.empty()) {
    if (newest) return newest_of(find_jobs(base), base);
    return Status::usage("name the job: its id, or its folder. ophost jobs lists them.");
  }
  std::string word = parsed.positional.front();
  while (word.size() > 1 && word.ends_with('/')) word.pop_back();
  // An id first, so that a job is found whatever else has its name here.
  if (exists(base + "/" + word + "/job_summary.json")) return base + "/" + word;
  std::vector<std::string> found, ids;
  for (const std::string& folder : find_jobs(base)) {
    ids.push_back(file_name(absolute_path(folder)));
    if (ids.back() == word) found.push_back(folder);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    return Status::usage("there are several jobs '" + word + "' " + where(base) + ": " + join(found, ", ") +
                         ". Give the folder, or --base-dir.");
  if (is_directory(word)) {
    if (exists(word + "/job_summary.json")) return word;
    return Status::usage("the folder '" + word + "' is not that of a job: there is no job_summary.json in it");
  }
  std::string hint = did_you_mean(word, ids);
  return Status::usage("there is no job '" + word + "' " + where(base) + "." + hint +
                       (ids.empty() ? " Say where the jobs are with --base-dir." : hint.empty() ? " ophost jobs lists them." : ""));
}

std::string local_time(double seconds) {
  if (seconds <= 0) return "";
  auto t = static_cast<std::time_t>(std::floor(seconds));
  std::tm tm{};
  ::localtime_r(&t, &tm);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &tm);
  return buffer;
}

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> width;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (width.size() <= c) width.push_back(0);
      width[c] = std::max(width[c], columns_of(row[c]));
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::string pad(width[c] - columns_of(row[c]), ' ');
      line += (c ? "  " : "") + (c < left ? row[c] + pad : pad + row[c]);
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string shortened(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  auto inside = [&](std::size_t at) { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  std::size_t front = width <= 4 ? width : (width - 2) / 2;
  std::size_t back = width <= 4 ? text.size() : text.size() - (width - 2 - front);
  while (front > 0 && inside(front)) --front;  // no half letters
  while (inside(back)) ++back;
  return text.substr(0, front) + (width <= 4 ? "" : "..") + text.substr(back);
}

}  // namespace ophost
