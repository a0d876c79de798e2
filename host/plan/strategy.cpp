#include "host/plan/strategy.hpp"

#include <algorithm>
#include <cmath>

#include "host/base/text.hpp"

namespace ophost {

bool wants_border(CheckpointStrategy strategy, std::uint64_t n_ops, const Borders& listed, std::size_t op) {
  switch (strategy) {
    case CheckpointStrategy::kEveryOp: return true;
    case CheckpointStrategy::kEveryNOps: return (op + 1) % std::max<std::uint64_t>(n_ops, 1) == 0;
    case CheckpointStrategy::kManual:
    case CheckpointStrategy::kAuto: return std::find(listed.begin(), listed.end(), op) != listed.end();
    case CheckpointStrategy::kDisabled: return false;
  }
  return false;
}

Borders borders_of(CheckpointStrategy strategy, std::uint64_t n_ops, const Borders& listed, const RunCosts& costs) {
  Borders out;
  for (std::size_t k = 0; k < costs.ops.size(); ++k) {
    if (costs.ops[k].barrier) continue;
    // The last state is kept too, unless checkpoints are off or auto sees no use in it.
    const bool last = k + 1 == costs.ops.size() && strategy != CheckpointStrategy::kDisabled &&
                      strategy != CheckpointStrategy::kAuto;
    if (last || wants_border(strategy, n_ops, listed, k)) out.push_back(k);
  }
  return out;
}

bool has_expensive_name(const std::string& name) {
  if (name.ends_with("_deduplicator")) return true;
  for (const char* word : {"_embedding_", "_model_", "_vision_", "_audio_"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

bool is_expensive(const OpCost& op, std::size_t workers) {
  if (op.measured) return op.seconds / static_cast<double>(std::max<std::size_t>(workers, 1)) >= kExpensiveOp;
  if (!op.declared.empty()) return op.declared == "expensive";
  return has_expensive_name(op.name);
}

BorderChoice choose_borders(const RunCosts& costs) {
  BorderChoice out;
  const double wall = wall_seconds(costs, {});
  if (wall < kShortRun) {
    out.like = "disabled";
    out.reason = "the run takes about " + human_seconds(wall) + ": under ten minutes, doing it again is cheaper than keeping it";
    return out;
  }
  bool expensive = false;
  for (const OpCost& op : costs.ops) expensive = expensive || is_expensive(op, costs.workers);
  const bool behind_expensive = wall > kLongRun && expensive;
  out.like = behind_expensive ? "manual" : "every_n_ops";
  const double risk = 1 - std::exp(-wall / kTroubleEvery);
  std::size_t left_out = 0;
  for (const PassCost& pass : costs.passes) {
    std::size_t before = pass.begin;
    for (std::size_t k = pass.begin; k < pass.end; ++k) {
      const bool candidate = behind_expensive ? is_expensive(costs.ops[k], costs.workers) : (k + 1) % kAutoEvery == 0;
      if (!candidate || (pass.final_tap && k + 1 == pass.end)) continue;  // there it stands in any case
      double saved = 0;
      for (std::size_t i = before; i <= k; ++i) saved += costs.ops[i].seconds;
      const bool unknown = std::any_of(costs.ops.begin() + static_cast<std::ptrdiff_t>(before),
                                       costs.ops.begin() + static_cast<std::ptrdiff_t>(k) + 1,
                                       [](const OpCost& o) { return !o.measured; });
      if (!unknown && saved * risk < tap_seconds(costs, before, k)) {
        ++left_out;
        continue;
      }
      out.borders.push_back(k);
      before = k + 1;
    }
  }
  out.reason = "the run takes about " + human_seconds(wall) + ": " +
               (behind_expensive ? "checkpoints behind the expensive operators"
                                 : "a checkpoint every " + std::to_string(kAutoEvery) + " operators");
  if (left_out)
    out.reason += ", but for " + std::to_string(left_out) + " that would cost more than what it saves times the risk";
  return out;
}

}  // namespace ophost
