#include "host/cli/cost_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

// Data-Juicer's sizes of partitions by what the records hold, in records. Ours are cut by bytes; the table says what a
// person who comes from there would expect.
struct Modality {
  const char* name;
  const char* field;  // a field of the record that tells; NULL = none of the others
  std::uint64_t records, most;
  double memory;
};
constexpr Modality kModalities[] = {
    {"text", nullptr, 10000, 50000, 1.0},  {"image", "images", 2000, 10000, 5.0},      {"audio", "audios", 1000, 4000, 8.0},
    {"video", "videos", 400, 2000, 20.0},  {"multimodal", nullptr, 1600, 6000, 10.0},
};

std::string number(const char* format, double v) {
  char text[64];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

std::string count(double n) { return human_count(static_cast<std::uint64_t>(std::llround(std::max(n, 0.0)))); }
std::string bytes(double n) { return human_bytes(static_cast<std::uint64_t>(std::max(n, 0.0))); }
std::string seconds(double s) {
  return s >= 10 ? human_seconds(s) : s >= 0.1 ? number("%.2f s", s) : s > 5e-5 ? number("%.1f ms", s * 1000) : "0";
}
std::string percent(double share) { return number(share < 0.1 ? "%.1f %%" : "%.0f %%", share * 100); }

// The first column to the left, the others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string pad(width[c] - row[c].size(), ' ');
      line += c ? "  " + pad + row[c] : row[c] + pad;
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string borders_text(const StrategyCost& s) {
  if (s.borders.empty()) return "-";
  if (s.borders.size() > 6) return std::to_string(s.borders.size()) + " taps";
  std::vector<std::string> out;
  for (std::size_t b : s.borders) out.push_back(std::to_string(b));
  return join(out, ",");
}

}  // namespace

CostReport report_costs(const Plan& plan, Measured measured) {
  CostReport out;
  out.measured = std::move(measured);
  const RunCosts& costs = out.measured.costs;
  const Recipe& r = *plan.recipe;
  out.choice = choose_borders(costs);
  using S = CheckpointStrategy;
  const std::string every = "every_n_ops (" + std::to_string(r.n_ops) + ")";
  auto add = [&](S strategy, const std::string& name, const Borders& listed) {
    out.strategies.push_back(cost_of(costs, name, borders_of(strategy, r.n_ops, listed, costs)));
    if (strategy == r.strategy) out.own = name;
  };
  add(S::kDisabled, "disabled", {});
  add(S::kEveryNOps, every, {});
  add(S::kEveryOp, "every_op", {});
  if (r.strategy == S::kManual) add(S::kManual, "manual", r.manual_ops);
  // A job's choice is made once.
  add(S::kAuto, "auto", r.strategy == S::kAuto ? r.manual_ops : out.choice.borders);

  const auto own = std::find_if(out.strategies.begin(), out.strategies.end(), [&](auto& s) { return s.name == out.own; });
  out.from_nothing = own->wall;
  std::vector<std::vector<std::size_t>> starts(plan.passes.size());
  for (std::size_t j = 0; j < plan.passes.size(); ++j)
    for (std::size_t p = 0; p < plan.partitions.size(); ++p)
      starts[j].push_back(plan.needed(j, p) ? plan.partitions[p].passes[j].start : kNothing);
  out.now = std::min(out.from_nothing, costs.cut_seconds + wall_of_rest(costs, own->borders, starts));
  return out;
}

std::string costs_text(const CostReport& report) {
  const Measured& m = report.measured;
  const RunCosts& c = m.costs;
  std::string out = "Costs, from " + human_count(m.records) + " records (" + human_bytes(m.bytes) + ") that went through the operators in " +
                    seconds(m.seconds) + ", " + std::to_string(c.workers) + (c.workers == 1 ? " worker" : " workers at once") + ":\n";
  double work = c.render_seconds;
  for (const OpCost& o : c.ops) work += o.seconds;
  for (const PassCost& p : c.passes) work += p.read_seconds + p.barrier_tap_seconds;
  std::vector<std::vector<std::string>> rows = {{"operator", "time", "share", "in", "out", "per record", "MB/s", "tap behind", "its bytes"}};
  auto share = [&](double s) { return work > 0 ? percent(s / work) : "-"; };
  double read = 0, kept = 0, kept_bytes = 0;
  for (const PassCost& p : c.passes) {
    read += p.read_seconds;
    kept += p.barrier_tap_seconds;
    kept_bytes += p.barrier_tap_bytes;
  }
  rows.push_back({"(read)", seconds(read), share(read), "", count(c.records), c.records > 0 ? number("%.1f us", read / c.records * 1e6) : "", "", "", ""});
  for (const OpCost& o : c.ops) {
    if (!o.measured) {
      rows.push_back({o.name, "not measured", "", "", "", "", "", "", ""});
      continue;
    }
    const double own = o.seconds - o.setup_seconds - o.decide_seconds;
    rows.push_back({o.name, seconds(o.seconds), share(o.seconds), count(o.in), count(o.out), o.in > 0 ? number("%.1f us", own / o.in * 1e6) : "",
                    own > 0 && o.bytes > 0 ? number("%.0f", o.bytes / 1e6 / own) : "", o.barrier ? "" : seconds(o.tap_seconds),
                    o.barrier ? "" : bytes(o.tap_bytes)});
  }
  if (kept > 0) rows.push_back({"(barriers keep)", seconds(kept), share(kept), "", "", "", "", "", bytes(kept_bytes)});
  rows.push_back({"(write)", seconds(c.render_seconds), share(c.render_seconds), "", "", "", "", "", ""});
  out += table(rows);
  out += "Time is work of all workers together; " + seconds(work) + " in all. The output will be about " + bytes(c.output_bytes) +
         "; committing a task takes " + seconds(c.task_seconds) + " on this disk.\n\n";

  rows = {{"checkpoint.strategy", "taps behind", "work", "of the run", "store", "run", "crash", "changed operator", "at most"}};
  for (const StrategyCost& s : report.strategies)
    rows.push_back({(s.name == report.own ? "> " : "  ") + s.name, borders_text(s), seconds(s.tap_seconds), percent(s.share), bytes(s.tap_bytes),
                    seconds(s.wall), seconds(s.redo_crash), seconds(s.redo_change), seconds(s.redo_change_worst)});
  out += table(rows);
  out += "crash: done again at most, whatever the taps, since a task commits when it is through; smaller partitions lose less.\n"
         "changed operator: done again when an operator, its parameters or its plugin change; on average over all, and the worst.\n";
  out += "auto: " + report.choice.like + ", because " + report.choice.reason + ".\n\n";
  for (const std::string& u : m.unmeasured) out += "Not measured: " + u + "\n";
  out += "Not measured: other work on this machine, records unlike those of the sample, operators that get slower with time.\n";
  out += "Estimated run: " + seconds(report.from_nothing) + " from nothing with " + std::to_string(c.workers) +
         (c.workers == 1 ? " worker" : " workers");
  if (report.now < report.from_nothing * 0.99) out += "; " + seconds(report.now) + " with what is stored";
  return out + ".\n";
}

std::string costs_json(const CostReport& report) {
  const Measured& m = report.measured;
  std::string ops = "[", strategies = "[", passes = "[";
  for (const OpCost& o : m.costs.ops)
    ops += (ops.size() > 1 ? "," : "") + JsonObject()
                                             .add("operation_name", o.name)
                                             .add("measured", o.measured)
                                             .add("declared_cost", o.declared)
                                             .add("expensive", is_expensive(o, m.costs.workers))
                                             .add("sampled_records", o.sampled)
                                             .add("input_rows", o.in)
                                             .add("output_rows", o.out)
                                             .add("bytes", o.bytes)
                                             .add("seconds", o.seconds)
                                             .add("setup_seconds", o.setup_seconds)
                                             .add("decide_seconds", o.decide_seconds)
                                             .add("tap_seconds", o.tap_seconds)
                                             .add("tap_bytes", o.tap_bytes)
                                             .text();
  for (const PassCost& p : m.costs.passes)
    passes += (passes.size() > 1 ? "," : "") + JsonObject()
                                                   .add("begin", static_cast<std::uint64_t>(p.begin))
                                                   .add("end", static_cast<std::uint64_t>(p.end))
                                                   .add("read_seconds", p.read_seconds)
                                                   .add("barrier_tap_seconds", p.barrier_tap_seconds)
                                                   .add("barrier_tap_bytes", p.barrier_tap_bytes)
                                                   .text();
  for (const StrategyCost& s : report.strategies)
    strategies += (strategies.size() > 1 ? "," : "") + JsonObject()
                                                           .add("strategy", s.name)
                                                           .add("chosen", s.name == report.own)
                                                           .add_raw("checkpoint_after", json_number_array(s.borders))
                                                           .add("tap_seconds", s.tap_seconds)
                                                           .add("tap_share", s.share)
                                                           .add("tap_bytes", s.tap_bytes)
                                                           .add("checkpoint_seconds", s.all_tap_seconds)
                                                           .add("wall_seconds", s.wall)
                                                           .add("redo_crash_seconds", s.redo_crash)
                                                           .add("redo_change_seconds", s.redo_change)
                                                           .add("redo_change_worst_seconds", s.redo_change_worst)
                                                           .text();
  return JsonObject()
      .add("sampled_records", m.records)
      .add("sampled_bytes", m.bytes)
      .add("measuring_seconds", m.seconds)
      .add("workers", static_cast<std::uint64_t>(m.costs.workers))
      .add("records", m.costs.records)
      .add("cut_seconds", m.costs.cut_seconds)
      .add("render_seconds", m.costs.render_seconds)
      .add("export_seconds", m.costs.export_seconds)
      .add("task_seconds", m.costs.task_seconds)
      .add("output_bytes", m.costs.output_bytes)
      .add_raw("operators", ops + "]")
      .add_raw("passes", passes + "]")
      .add_raw("strategies", strategies + "]")
      .add_raw("auto", JsonObject().add("like", report.choice.like).add_raw("checkpoint_after", json_number_array(report.choice.borders)).add("reason", report.choice.reason).text())
      .add("wall_seconds", report.from_nothing)
      .add("wall_seconds_now", report.now)
      .add_raw("not_measured", json_string_array(m.unmeasured))
      .text();
}

namespace {

struct Cut {
  std::uint64_t smallest = 0, largest = 0, lines = 0;
  std::size_t counted = 0;
};

Cut look_at(const Plan& plan) {
  Cut cut;
  for (const PartitionPlan& p : plan.partitions) {
    const std::uint64_t size = p.input.end - p.input.begin;
    cut.smallest = cut.largest ? std::min(cut.smallest, size) : size;
    cut.largest = std::max(cut.largest, size);
    cut.lines += p.input.lines;
    cut.counted += p.input.lines > 0;
  }
  return cut;
}

// By the recipe's operators: text, unless one of them reads a field of pictures, sounds or films.
const Modality& modality_of(const Plan& plan) {
  const Modality* found = nullptr;
  for (const Modality& m : kModalities)
    for (const PlannedOp& op : plan.ops)
      for (const ColumnSpec& c : op.reads)
        if (m.field && c.path == m.field) {
          if (found && found != &m) return kModalities[4];
          found = &m;
        }
  return found ? *found : kModalities[0];
}

}  // namespace

std::string cut_text(const Plan& plan, const RecordSizes& sizes, std::size_t workers) {
  const std::size_t n = plan.partitions.size();
  if (n == 0) return "";
  const Cut cut = look_at(plan);
  const Recipe& r = *plan.recipe;
  const bool by_bytes = r.partition_count == 0 && r.partition_records == 0;
  std::string out = "Input: " + std::to_string(n) + (n == 1 ? " partition" : " partitions") +
                    (by_bytes ? " cut at " + bytes(static_cast<double>(r.partition_target_bytes)) : std::string(" as the recipe says")) + ", " +
                    human_bytes(cut.smallest) + " to " + human_bytes(cut.largest);
  if (cut.counted == n) out += ", about " + human_count(cut.lines / n) + " records each";
  out += " for " + std::to_string(workers) + (workers == 1 ? " worker" : " workers") + ".\n";
  if (sizes.records)
    out += "Records: " + human_bytes(sizes.p50) + " in the middle, nine of ten up to " + human_bytes(sizes.p90) + ", the largest of " +
           human_count(sizes.records) + " looked at " + human_bytes(sizes.max) + ".\n";
  const bool compressed = std::any_of(plan.files.begin(), plan.files.end(), [](const InputFile& f) { return f.compression != Compression::kNone; });
  if (n < workers && compressed)
    out += "There are fewer partitions than workers: " + std::to_string(workers - n) + " would have nothing to do. A compressed file is one partition.\n";
  else if (n < workers && by_bytes && cut.largest > 1)
    out += "There are fewer partitions than workers: " + std::to_string(workers - n) + " would have nothing to do. --partition.mode manual " +
           "--partition.num_of_partitions " + std::to_string(workers) + " would give each one.\n";
  return out;
}

std::string cut_json(const Plan& plan, const RecordSizes& sizes, std::size_t workers) {
  const Cut cut = look_at(plan);
  const Recipe& r = *plan.recipe;
  const Modality& modality = modality_of(plan);
  JsonObject o;
  o.add("mode", r.partition_count || r.partition_records ? "manual" : "auto")
      .add("target_bytes", r.partition_target_bytes)
      .add("smallest_bytes", cut.smallest)
      .add("largest_bytes", cut.largest)
      .add("workers", static_cast<std::uint64_t>(workers))
      .add("lines", cut.lines)
      .add("modality", modality.name)
      .add_raw("modality_defaults", JsonObject().add("records", modality.records).add("most_records", modality.most).add("memory", modality.memory).text())
      .add_raw("record_bytes", JsonObject().add("sampled", sizes.records).add("p50", sizes.p50).add("p90", sizes.p90).add("max", sizes.max).text());
  return o.text();
}

}  // namespace ophost
