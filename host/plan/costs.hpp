// What a run costs, from what a sample of its input told, and what each checkpoint strategy would add and save. Numbers
// in, numbers out: who measures is host/run/measure.hpp. Values; pure functions; any thread.
//
// "Seconds of work" are summed over all workers; "wall" is what a clock on the wall shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ophost {

// One operator, over the whole input.
struct OpCost {
  std::string name;
  std::string declared;  // the plugin's word: cheap, medium, expensive; "" = none
  bool measured = true;  // false: no record of the sample reached it, or it works on what a sample cannot make
  bool barrier = false;  // what it makes is kept in any case: nothing before it runs again once it is through
  double in = 0, out = 0, bytes = 0;  // records; bytes of the column it reads first
  double seconds = 0;                 // of work, making its instances included
  double setup_seconds = 0;           // of that: making one instance, times the workers
  double decide_seconds = 0;          // of that: its step over the whole data set, on all workers
  std::uint64_t sampled = 0;          // records measured
  // A tap right behind it, when another one stands right before it: work and stored bytes.
  double tap_seconds = 0, tap_bytes = 0;
  std::string writes;   // what it writes, as one word; operators that write the same share the cells of a tap
  double changed = 1;   // share of the records whose cells it changed
};

struct PassCost {
  std::size_t begin = 0, end = 0;  // operators [begin, end) and, where there is one, the barrier `end`
  bool has_barrier = false;
  bool final_tap = false;      // the state at `end` must be kept, whatever the strategy: a barrier asks for it
  double read_seconds = 0;     // work of reading and taking records apart
  double barrier_tap_seconds = 0, barrier_tap_bytes = 0;  // what the barrier keeps of every partition
};

struct RunCosts {
  std::vector<OpCost> ops;
  std::vector<PassCost> passes;
  std::vector<double> shares;  // of every partition in the input; their sum is 1
  std::size_t workers = 1;
  double cut_seconds = 0;      // wall: reading and hashing the input before the first task
  double start_seconds = 0;    // wall: a worker's start, before its first task
  double render_seconds = 0;   // work: records to lines, and writing these
  double export_seconds = 0;   // wall: putting the parts together
  double task_seconds = 0;     // wall, for every task: its commit on this disk
  double output_bytes = 0;
  double records = 0;          // of the input
};

// Operators behind which an optional tap stands, ascending. Taps that a barrier asks for are not among them.
using Borders = std::vector<std::size_t>;

// Work and bytes of a tap behind operator `op`, the tap before it standing behind `before` operators of the recipe.
double tap_seconds(const RunCosts& costs, std::size_t before, std::size_t op);
double tap_bytes(const RunCosts& costs, std::size_t before, std::size_t op);

struct StrategyCost {
  std::string name;
  Borders borders;
  double tap_seconds = 0, tap_bytes = 0;  // what the borders add: work, stored bytes
  double all_tap_seconds = 0;             // work of all taps, with those that barriers ask for and what barriers keep
  double wall = 0, share = 0;             // of the whole run with them; how much of it they are (0 to 1)
  double redo_crash = 0;                  // wall, at most, when the machine goes down at the worst moment
  double redo_change = 0, redo_change_worst = 0;  // wall, when one operator is changed: over all of them, and the worst
};

// Wall of the run with taps at `borders`.
double wall_seconds(const RunCosts& costs, const Borders& borders);
// Wall of what is left to do: `starts` has, per pass and partition, behind which operator its task begins (kNothing: there
// is none). Without the reading of the input before the first task.
constexpr std::size_t kNothing = SIZE_MAX;
double wall_of_rest(const RunCosts& costs, const Borders& borders, const std::vector<std::vector<std::size_t>>& starts);
StrategyCost cost_of(const RunCosts& costs, const std::string& name, Borders borders);

}  // namespace ophost
