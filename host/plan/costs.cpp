#include "host/plan/costs.hpp"

#include <algorithm>
#include <map>

namespace ophost {
namespace {

// What the operators [before, op] leave for one tap. Cells that several of them wrote are stored once: of n operators
// that change the shares c1 … cn of the records, 1 - (1 - c1)…(1 - cn) are stored, at what one record costs on average.
double tap_of(const RunCosts& costs, std::size_t before, std::size_t op, double OpCost::* part) {
  struct Cells {
    double sum = 0, most = 0, changed = 0, untouched = 1;
    std::size_t count = 0;
  };
  std::map<std::string, Cells> by_columns;
  for (std::size_t k = before; k <= op && k < costs.ops.size(); ++k) {
    const OpCost& o = costs.ops[k];
    Cells& c = by_columns[o.writes];
    c.sum += o.*part;
    c.most = std::max(c.most, o.*part);
    c.changed += o.changed;
    c.untouched *= 1 - std::min(o.changed, 1.0);
    ++c.count;
  }
  double all = 0;
  for (const auto& [columns, c] : by_columns) {
    const bool alone = c.count < 2 || columns.empty() || c.changed <= 0;
    all += alone ? c.sum : std::clamp(c.sum / c.changed * (1 - c.untouched), c.most, c.sum);
  }
  return all;
}

// Tasks in the order of their partitions, each given to the worker that is free first.
double makespan(const RunCosts& costs, const std::vector<double>& tasks, double start = 0) {
  std::vector<double> busy(std::max<std::size_t>(costs.workers, 1), start);
  for (double task : tasks) *std::min_element(busy.begin(), busy.end()) += task + costs.task_seconds;
  return *std::max_element(busy.begin(), busy.end());
}

double makespan(const RunCosts& costs, double work, double start = 0) {
  std::vector<double> tasks;
  for (double share : costs.shares) tasks.push_back(work * share);
  return makespan(costs, tasks, start);
}

// Where the tap before operator `k` of `pass` stands: behind so many operators of the recipe.
std::size_t tap_before(const PassCost& pass, const Borders& borders, std::size_t k) {
  std::size_t before = pass.begin;
  for (std::size_t b : borders)
    if (b >= pass.begin && b < k) before = std::max(before, b + 1);
  return before;
}

bool ends_pass(const PassCost& pass, std::size_t op) { return pass.end > pass.begin && op + 1 == pass.end; }

double all_taps(const RunCosts& costs, const Borders& borders, double OpCost::* part) {
  double all = 0;
  for (const PassCost& pass : costs.passes)
    for (std::size_t k = pass.begin; k < pass.end; ++k) {
      const bool wanted = std::find(borders.begin(), borders.end(), k) != borders.end();
      if (wanted || (pass.final_tap && ends_pass(pass, k))) all += tap_of(costs, tap_before(pass, borders, k), k, part);
    }
  return all;
}

// Work of a pass's tasks on operators [first, …), its reading, and its taps.
double pass_work(const RunCosts& costs, std::size_t j, const Borders& borders, std::size_t first, bool taps) {
  const PassCost& pass = costs.passes[j];
  double work = pass.read_seconds + pass.barrier_tap_seconds;
  for (std::size_t k = std::max(pass.begin, first); k < pass.end; ++k) work += costs.ops[k].seconds;
  if (pass.has_barrier) work += costs.ops[pass.end].seconds - costs.ops[pass.end].decide_seconds;
  if (j + 1 == costs.passes.size()) work += costs.render_seconds;
  if (!taps) return work;
  for (std::size_t k = std::max(pass.begin, first); k < pass.end; ++k) {
    const bool wanted = std::find(borders.begin(), borders.end(), k) != borders.end();
    if (wanted || (pass.final_tap && ends_pass(pass, k))) work += tap_seconds(costs, tap_before(pass, borders, k), k);
  }
  return work;
}

double decide_wall(const RunCosts& costs, const PassCost& pass) {
  return pass.has_barrier ? costs.ops[pass.end].decide_seconds / static_cast<double>(std::max<std::size_t>(costs.workers, 1)) : 0;
}

// Wall of what runs again when operator `op` is another: from the nearest checkpoint before it to the end.
double redo_from(const RunCosts& costs, const Borders& borders, std::size_t op) {
  double wall = costs.export_seconds;
  for (std::size_t j = 0; j < costs.passes.size(); ++j) {
    const PassCost& pass = costs.passes[j];
    const std::size_t last = pass.has_barrier ? pass.end : pass.end - (pass.end > pass.begin);
    if (last < op && !(j + 1 == costs.passes.size())) continue;
    std::size_t first = pass.begin;
    if (op >= pass.begin && op <= last) {
      first = tap_before(pass, borders, op);
      if (pass.final_tap && op == pass.end) first = pass.end;
    }
    wall += makespan(costs, pass_work(costs, j, borders, first, false)) + decide_wall(costs, pass);
  }
  return wall;
}

}  // namespace

double tap_seconds(const RunCosts& costs, std::size_t before, std::size_t op) {
  return tap_of(costs, before, op, &OpCost::tap_seconds);
}

double tap_bytes(const RunCosts& costs, std::size_t before, std::size_t op) {
  return tap_of(costs, before, op, &OpCost::tap_bytes);
}

double wall_seconds(const RunCosts& costs, const Borders& borders) {
  double wall = costs.cut_seconds + costs.export_seconds;
  for (std::size_t j = 0; j < costs.passes.size(); ++j)
    wall += makespan(costs, pass_work(costs, j, borders, 0, true), j == 0 ? costs.start_seconds : 0) + decide_wall(costs, costs.passes[j]);
  return wall;
}

double wall_of_rest(const RunCosts& costs, const Borders& borders, const std::vector<std::vector<std::size_t>>& starts) {
  double wall = costs.export_seconds + costs.start_seconds;
  for (std::size_t j = 0; j < costs.passes.size() && j < starts.size(); ++j) {
    std::vector<double> tasks;
    for (std::size_t p = 0; p < starts[j].size(); ++p)
      if (starts[j][p] != kNothing) tasks.push_back(costs.shares[p] * pass_work(costs, j, borders, starts[j][p], true));
    if (tasks.empty()) continue;
    wall += makespan(costs, tasks) + decide_wall(costs, costs.passes[j]);
  }
  return wall;
}

StrategyCost cost_of(const RunCosts& costs, const std::string& name, Borders borders) {
  StrategyCost out;
  out.name = name;
  // What a tap stores, the next one need not: the taps that barriers ask for become smaller.
  out.tap_seconds = std::max(0.0, all_taps(costs, borders, &OpCost::tap_seconds) - all_taps(costs, {}, &OpCost::tap_seconds));
  out.tap_bytes = std::max(0.0, all_taps(costs, borders, &OpCost::tap_bytes) - all_taps(costs, {}, &OpCost::tap_bytes));
  out.all_tap_seconds = all_taps(costs, borders, &OpCost::tap_seconds);
  for (const PassCost& pass : costs.passes) out.all_tap_seconds += pass.barrier_tap_seconds;
  out.wall = wall_seconds(costs, borders);
  const double bare = wall_seconds(costs, {});
  out.share = out.wall > 0 ? std::max(0.0, out.wall - bare) / out.wall : 0;
  // A task commits what it made when it is done: the tasks in work are lost, whatever taps they have filled; so is a
  // decision in work.
  double largest = 0;
  for (double share : costs.shares) largest = std::max(largest, share);
  for (std::size_t j = 0; j < costs.passes.size(); ++j) {
    const double task = pass_work(costs, j, borders, 0, true) * largest + costs.task_seconds;
    out.redo_crash = std::max({out.redo_crash, task, decide_wall(costs, costs.passes[j])});
  }
  for (std::size_t k = 0; k < costs.ops.size(); ++k) {
    const double redo = redo_from(costs, borders, k);
    out.redo_change += redo / static_cast<double>(costs.ops.size());
    out.redo_change_worst = std::max(out.redo_change_worst, redo);
  }
  out.borders = std::move(borders);
  return out;
}

}  // namespace ophost
