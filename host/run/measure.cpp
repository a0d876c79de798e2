#include "host/run/measure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/measurer.hpp"

namespace ophost {
namespace {

double seconds_of(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

// The nearest folder on the way to `path` that is there.
std::string existing_folder(std::string path) {
  while (!is_directory(path) && path.size() > 1) path = parent_path(path);
  return path;
}

// Seconds that a small write takes until the disk has it; nothing where unnamed files cannot be made.
std::optional<double> sync_seconds(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid()) return std::nullopt;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 3; ++i) {
    const std::int64_t t = monotonic_ns();
    if (!write_all(fd.get(), std::string(4096, 'x'), folder).ok() || !fsync_fd(fd.get(), folder).ok()) return std::nullopt;
    times.push_back(monotonic_ns() - t);
  }
  std::sort(times.begin(), times.end());
  return seconds_of(times[1]);
}

void explain_gaps(const Plan& plan, const Measured& m, bool disk, std::vector<std::string>& out) {
  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    const PlannedOp& op = plan.ops[k];
    const std::string who = "process[" + std::to_string(k) + "] " + op.op->name;
    switch (op.op->desc.kind) {
      case OPH_KIND_DEDUP:
        out.push_back(who + ": a sample holds few of the duplicates, so the operators behind it are reckoned as if none were "
                      "removed; grouping its keys is reckoned from sorting those of the sample.");
        break;
      case OPH_KIND_SELECT:
        out.push_back(who + ": it chose within pieces of the sample; how many of all records it leaves, and the time of putting "
                      "them into their new order, are not measured.");
        break;
      case OPH_KIND_GROUP:
      case OPH_KIND_AGGREGATE:
        out.push_back(who + ": a sample cannot make its groups; they and all operators behind it are not measured.");
        return;
      default: break;
    }
    if (!m.costs.ops[k].measured) out.push_back(who + ": no record of the sample reached it.");
  }
  if (!disk) out.push_back("The disk: no unnamed file can be made beside the export, so writing and syncing are not measured.");
}

}  // namespace

Result<Measured> measure_costs(Plan& plan, const Recipe& recipe, const Registry& registry, const HostServices& services,
                               const MeasureOptions& options) {
  const std::int64_t started = monotonic_ns();
  Measured out;
  OPH_ASSIGN(auto events, EventLog::open("", ""));
  JobContext job;
  job.recipe = &recipe;
  job.registry = &registry;
  job.services = &services;
  job.plan = &plan;
  job.events = events.get();
  job.stop = options.stop;
  Sampler sampler(plan);
  const std::uint64_t enough = std::max<std::uint64_t>(
      options.least_bytes, static_cast<std::uint64_t>(static_cast<double>(sampler.input_bytes()) * options.most_of_input));
  const std::string folder = existing_folder(parent_path(recipe.export_path));
  const std::size_t workers = std::max<std::size_t>(options.workers, 1);
  const auto budget = static_cast<std::int64_t>(options.seconds * 1e9);
  std::vector<std::unique_ptr<Measurer>> all;
  // Workers without a partition have nothing to do, and do not get into the others' way.
  const std::size_t threads = std::clamp<std::size_t>(plan.partitions.size(), 1, workers);
  for (std::size_t w = 0; w < threads; ++w)
    all.push_back(std::make_unique<Measurer>(job, sampler, options.teller ? options.teller(w) : CallTeller{}, started + budget, budget / 10, enough, folder));
  OPH_TRY(parallel_for(threads, threads, [&](std::size_t, std::size_t i) { return all[i]->run(); }));

  out.records = sampler.records();
  out.bytes = sampler.bytes();
  out.sizes = sampler.sizes();
  RunCosts& costs = out.costs;
  costs.workers = workers;
  costs.records = sampler.estimated_records();
  const double by_bytes = out.bytes ? static_cast<double>(sampler.input_bytes()) / static_cast<double>(out.bytes) : 0;
  const double by_records = out.records ? costs.records / static_cast<double>(out.records) : 0;
  for (const PartitionPlan& p : plan.partitions)
    costs.shares.push_back(static_cast<double>(p.input.end - p.input.begin) / static_cast<double>(std::max<std::uint64_t>(1, plan.input_bytes())));

  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    OpTally sum;
    double stored = 0;
    for (auto& m : all) {
      sum.merge(m->ops[k]);
      if (m->ops[k].tap) stored += static_cast<double>(m->ops[k].tap->stored_bytes());
    }
    const PlannedOp& op = plan.ops[k];
    OpCost c;
    c.name = op.op->name;
    c.declared = op.op->cost;
    c.barrier = op.barrier();
    c.measured = op.idle || sum.probed;
    c.in = sum.in * by_records;
    c.out = sum.out * by_records;
    c.bytes = sum.bytes * by_bytes;
    c.sampled = sum.rows;
    const auto [row_ns, row_spread] = sum.rate.per(&Rate::Call::rows);
    const auto [byte_ns, byte_spread] = sum.rate.per(&Rate::Call::bytes);
    c.setup_seconds = seconds_of(sum.setup_ns + sum.cold_ns) * static_cast<double>(workers) / static_cast<double>(threads);
    c.seconds = c.setup_seconds + (byte_spread <= row_spread ? byte_ns * c.bytes : row_ns * c.in) / 1e9;
    c.tap_seconds = sum.tap_ns * by_bytes / 1e9;
    // Rows that stood for others were stored once.
    c.tap_bytes = stored * by_bytes * (sum.rows ? std::max(1.0, sum.in / static_cast<double>(sum.rows)) : 1);
    c.changed = sum.in > 0 ? std::min(1.0, sum.changed / sum.in) : 0;
    for (const ColumnSpec& w : op.writes) c.writes += w.path + " ";
    costs.ops.push_back(std::move(c));
  }
  double render = 0, output = 0;
  for (auto& m : all) {
    render += m->render_ns;
    output += m->output_bytes;
  }
  costs.render_seconds = render * by_bytes / 1e9;
  costs.output_bytes = output * by_bytes;
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& pass = plan.passes[j];
    PassCost c;
    c.begin = pass.begin;
    c.end = pass.end;
    c.has_barrier = pass.barrier.has_value();
    c.final_tap = pass.barrier && plan.boundary(j) != Boundary::kLocal;
    for (auto& m : all) {
      const PassTally& p = m->passes[j];
      c.read_seconds += p.read_ns * by_bytes / 1e9;
      c.barrier_tap_seconds += p.barrier_tap_ns * by_bytes / 1e9;
      if (p.kept) c.barrier_tap_bytes += static_cast<double>(p.kept->stored_bytes()) * by_bytes;
      if (pass.barrier) costs.ops[pass.end].decide_seconds += p.decide_ns * by_bytes / 1e9;
    }
    if (pass.barrier) costs.ops[pass.end].seconds += costs.ops[pass.end].decide_seconds;
    // Behind a deduplicator the same lines are read once more.
    if (j > 0 && plan.boundary(j - 1) == Boundary::kDedup) c.read_seconds += costs.passes[j - 1].read_seconds;
    costs.passes.push_back(c);
  }
  const auto sync = sync_seconds(folder);
  // A task's commit writes the store's pages and then its root; parts of the output are synced with their folder.
  costs.task_seconds = 4 * sync.value_or(0);
  // The parts are read, hashed and written once more.
  costs.export_seconds = 4 * sync.value_or(0) + costs.output_bytes / 1e9;
  explain_gaps(plan, out, sync.has_value(), out.unmeasured);
  out.seconds = seconds_of(monotonic_ns() - started);
  return out;
}

}  // namespace ophost
