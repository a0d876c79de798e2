#include "host/cli/monitor_screen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/job_choice.hpp"

namespace ophost {
namespace {

constexpr std::size_t kWide = 120;        // from here on there is room for more columns
constexpr std::size_t kPartitionRows = 12;  // without --detailed only a summary; with it this many of each state

const char* colour_of(const std::string& state) {
  if (state == "running" || state == "processing") return "\033[36m";
  if (state == "completed") return "\033[32m";
  if (state == "failed" || state == "killed") return "\033[31m";
  if (state == "stopped" || state == "interrupted") return "\033[33m";
  return "\033[2m";
}

std::string printed(const char* format, double v) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, format, v);
  return buffer;
}

std::string percent(double share) {
  // 99.96 % of a running job is not 100 %.
  return share >= 1 ? "100%" : printed("%.1f%%", std::min(share * 100, 99.9));
}

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return s;
}

// What others wrote must not steer the terminal.
std::string printable(std::string s) {
  for (char& c : s)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return s;
}

struct Cell {
  std::string text;
  std::string state;  // for its colour
};

class Screen {
 public:
  Screen(const JobView& job, const ScreenStyle& style) : job_(job), style_(style) {}

  std::string draw() {
    head();
    progress();
    operators();
    if (style_.detailed) partitions();
    foot();
    return std::move(out_);
  }

 private:
  std::string painted(const std::string& text, const std::string& state) const {
    return style_.colour ? colour_of(state) + text + "\033[0m" : text;
  }
  std::string bold(const std::string& text) const { return style_.colour ? "\033[1m" + text + "\033[0m" : text; }

  void line(const std::string& text) { out_ += text + "\n"; }

  // `name  value`, the value cut in its middle where it is too long.
  void fact(const std::string& name, const std::string& value) {
    if (value.empty()) return;
    line(name + std::string(name.size() < 9 ? 9 - name.size() : 1, ' ') + shortened(printable(value), style_.columns - 10));
  }

  std::string bar(double share, std::size_t width) const {
    share = std::clamp(share, 0.0, 1.0);
    std::string out;
    if (!style_.unicode) {
      auto full = static_cast<std::size_t>(share * static_cast<double>(width));
      return std::string(full, '#') + std::string(width - full, '.');
    }
    static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    auto eighths = static_cast<std::size_t>(share * static_cast<double>(width) * 8);
    std::size_t full = eighths / 8, used = full;
    for (std::size_t i = 0; i < full; ++i) out += "█";
    if (eighths % 8 && full < width) {
      out += kEighths[eighths % 8];
      ++used;
    }
    for (; used < width; ++used) out += "░";
    return out;
  }

  void head() {
    std::string state = upper(job_.record.state) + (job_.running() && job_.stop_requested ? " (stopping)" : "");
    std::string name = shortened("Job " + printable(job_.record.job_id), style_.columns - state.size() - 2);
    line(bold(name) + std::string(style_.columns - columns_of(name) - state.size(), ' ') + painted(state, job_.record.state));
    fact("Data", job_.dataset_path);
    fact("Export", get_string(job_.record.summary, "export_path"));
    std::string when = local_time(job_.start_time);
    if (job_.end_time > 0) when += " to " + local_time(job_.end_time);
    when += ", " + human_seconds(job_.seconds);
    if (auto runs = get_int(job_.record.summary, "restarts") + 1; runs > 1) when += " in " + std::to_string(runs) + " runs";
    if (job_.running()) when += ", process " + std::to_string(job_.record.process.pid);
    fact("Started", when);
    if (!job_.record.note.empty()) fact("Note", job_.record.note);
  }

  void progress() {
    line("");
    const double share = job_.share();
    std::string label = percent(share);
    if (job_.running() && job_.progress && !job_.progress->phase.empty()) label += "  " + job_.progress->phase;
    const std::size_t room = style_.columns > label.size() + 12 ? style_.columns - label.size() - 1 : 10;
    const std::size_t width = std::min<std::size_t>(room, 100);
    line(painted(bar(share, width), job_.record.state) + " " + label);
    std::vector<std::string> facts;
    const std::uint64_t total = job_.partitions.size();
    if (job_.running() && job_.progress) {
      const ProgressView& p = *job_.progress;
      facts.push_back(human_count(p.records) + " records");
      facts.push_back(human_count(static_cast<std::uint64_t>(p.records_per_second)) + " records/s");
      facts.push_back(human_bytes(static_cast<std::uint64_t>(p.bytes_per_second)) + "/s");
      if (p.eta_seconds) facts.push_back("ETA " + human_seconds(*p.eta_seconds));
    } else if (job_.samples) {
      facts.push_back(human_count(job_.processed_samples()) + " of " + human_count(job_.samples) + " records");
    }
    if (total) {
      std::string text = human_count(job_.count("completed")) + " of " + human_count(total) + " partitions";
      if (auto n = job_.count("processing") + job_.count("interrupted")) text += ", " + human_count(n) + " begun";
      if (auto n = job_.count("failed")) text += ", " + human_count(n) + " failed";
      facts.push_back(text);
    }
    // As many on a line as fit.
    std::string row;
    for (const std::string& f : facts) {
      if (!row.empty() && columns_of(row) + 3 + f.size() > style_.columns) {
        line(row);
        row.clear();
      }
      row += (row.empty() ? "" : style_.unicode ? " · " : " | ") + f;
    }
    if (!row.empty()) line(row);
  }

  void operators() {
    if (job_.ops.empty()) return;
    double all = 0;
    for (const OpView& o : job_.ops) all += o.seconds;
    const bool wide = style_.columns >= kWide;
    std::vector<std::string> title = {"operator", "in", "out", "kept"};
    if (wide) title.insert(title.end(), {"dropped", "dups", "quar.", "records/s", "parts"});
    title.insert(title.end(), {"time", "share"});
    std::vector<std::vector<std::string>> rows = {title};
    for (const OpView& o : job_.ops) {
      const bool begun = o.done + o.running + o.reused > 0 || o.in > 0;
      const bool counted = o.done + o.reused > 0 || o.in > 0;
      std::vector<std::string> row = {o.name, counted ? human_count(o.in) : begun ? "..." : "-",
                                      o.out_known ? human_count(o.out) : counted ? "..." : "-",
                                      o.out_known && o.in ? percent(o.kept()) : ""};
      if (wide) {
        row.push_back(human_count(o.dropped));
        row.push_back(human_count(o.duplicates + o.grouped));
        row.push_back(human_count(o.quarantined));
        row.push_back(o.seconds > 0 ? human_count(static_cast<std::uint64_t>(static_cast<double>(o.in) / o.seconds)) : "");
        row.push_back(human_count(o.done + o.reused) + (o.running ? "+" + human_count(o.running) : ""));
      }
      row.push_back(begun ? human_seconds(o.seconds) : "");
      row.push_back(all > 0 && begun ? printed("%.0f%%", 100 * o.seconds / all) : "");
      rows.push_back(row);
    }
    line("");
    table(rows, wide, all);
  }

  // The first column takes what the others leave; the share of time is drawn, too, where there is room.
  void table(const std::vector<std::vector<std::string>>& rows, bool wide, double all) {
    std::vector<std::size_t> width(rows[0].size());
    std::size_t longest = 0, taken = 0;
    for (const auto& row : rows) {
      longest = std::max(longest, row[0].size());
      for (std::size_t c = 1; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
    }
    for (std::size_t c = 1; c < width.size(); ++c) taken += 2 + width[c];
    const std::size_t left = style_.columns > taken + 8 ? style_.columns - taken : 8;
    width[0] = std::min(longest, left);
    const std::size_t spare = left - width[0];
    const std::size_t drawn = wide && spare > 12 ? std::min<std::size_t>(spare - 2, 24) : 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::string name = shortened(rows[r][0], width[0]), text = name + std::string(width[0] - name.size(), ' ');
      for (std::size_t c = 1; c < rows[r].size(); ++c)
        text += "  " + std::string(width[c] - rows[r][c].size(), ' ') + rows[r][c];
      if (r && drawn && all > 0) text += "  " + bar(job_.ops[r - 1].seconds / all, drawn);
      while (text.ends_with(' ')) text.pop_back();
      line(r ? text : bold(text));
    }
  }

  void partitions() {
    if (job_.partitions.empty()) return;
    line("");
    std::vector<std::vector<Cell>> rows;
    for (const char* state : {"failed", "processing", "interrupted", "completed", "pending"}) {
      std::size_t shown = 0;
      const std::uint64_t all = job_.count(state);
      for (bool at_work : {true, false})  // those with an operator at work first
        for (std::size_t p = 0; p < job_.partitions.size() && shown < kPartitionRows; ++p) {
          if (job_.partitions[p].status != state || job_.partitions[p].current.has_value() != at_work) continue;
          ++shown;
          rows.push_back(partition(p, job_.partitions[p]));
        }
      if (all > shown) rows.push_back({{"...", ""}, {human_count(all - shown) + " more " + state, ""}});
    }
    std::vector<std::size_t> width = {9, 11, 9, 10, 5};
    std::string title = "partition  state           records        took  taps  now or last operator";
    line(bold(title.substr(0, style_.columns)));
    for (const auto& row : rows) {
      std::string text;
      std::size_t used = 0;
      for (std::size_t c = 0; c < row.size(); ++c) {
        std::string value = row[c].text;
        const bool last = c + 1 == row.size();
        if (last) value = shortened(value, style_.columns > used + 2 ? style_.columns - used - 2 : 8);
        std::size_t pad = !last && c < width.size() && value.size() < width[c] ? width[c] - value.size() : 0;
        std::string cell = row[c].state.empty() ? value : painted(value, row[c].state);
        text += (c ? "  " : "") + (c >= 2 && c <= 4 ? std::string(pad, ' ') + cell : cell + std::string(pad, ' '));
        used += (c ? 2 : 0) + columns_of(value) + pad;
      }
      while (text.ends_with(' ')) text.pop_back();
      line(text);
    }
  }

  std::vector<Cell> partition(std::size_t index, const PartitionView& p) const {
    double took = p.end > 0 ? p.end - p.start : p.start > 0 && job_.running() ? job_.now - p.start : 0;
    std::string now = !p.error.empty()       ? p.error
                      : p.current            ? p.current->name
                      : p.completed.empty()  ? ""
                                             : p.completed.back().name;
    return {{std::to_string(index), ""}, {p.status, p.status}, {human_count(p.samples), ""},
            {took > 0 ? human_seconds(took) : "", ""}, {human_count(p.checkpoints.size()), ""}, {printable(now), ""}};
  }

  void foot() {
    std::vector<std::string> lines;
    if (!job_.error.empty() && job_.record.state != "completed") {
      line("");
      wrapped((job_.record.state == "failed" ? "Error: " : "") + job_.error);
    } else if (!job_.troubles.empty()) {
      line("");
      for (const std::string& t : job_.troubles) wrapped("Trouble: " + t);
    }
    if (job_.running()) return;
    if (job_.record.state == "completed") return;
    line("Go on with: " + printable(get_string(job_.record.summary, "resumption_command")));
  }

  // At spaces; the first dozen of lines.
  void wrapped(const std::string& text) {
    std::string row;
    std::size_t lines = 0;
    for (const std::string& word : split(printable(text), ' ')) {
      if (!row.empty() && columns_of(row) + 1 + columns_of(word) > style_.columns) {
        if (++lines > 12) return;
        line(row);
        row.clear();
      }
      row += (row.empty() ? "" : " ") + word;
    }
    line(row);
  }

  const JobView& job_;
  const ScreenStyle style_;
  std::string out_;
};

}  // namespace

std::size_t columns_of(const std::string& text) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == '\033') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    n += (c & 0xc0) != 0x80;
  }
  return n;
}

std::string draw_job(const JobView& job, const ScreenStyle& style) { return Screen(job, style).draw(); }

}  // namespace ophost
