// ophost plan: what a run would reuse, what it would run, why, and what that costs. Changes nothing.
#include <algorithm>
#include <iostream>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/apart.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/cost_tables.hpp"
#include "host/cli/options.hpp"
#include "host/run/borders.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Says, for every operator and partition of a recipe, whether its stored result would be reused or it would\n"
    "run, and why. Reads the input to know what it contains; changes nothing. With --costs it also sends a sample of\n"
    "the records through the operators, and says how long a run would take and what each checkpoint strategy costs.";
constexpr char kExamples[] =
    "  ophost plan --config recipe.yaml\n"
    "  ophost plan --config recipe.yaml --text_length_filter.min_len 80    # what would this change cost?\n"
    "  ophost plan --config recipe.yaml --costs        # how long, and which checkpoints are worth it?\n"
    "  ophost plan --config recipe.yaml --json\n";

constexpr std::size_t kLookTiles = 64;  // pieces of the input in which records are measured without --costs

std::size_t workers_of(const Recipe& recipe, const JobOptions& options) {
  std::size_t n = options.workers    ? options.workers
                  : recipe.np > 0    ? static_cast<std::size_t>(recipe.np)
                                     : std::max(1u, std::thread::hardware_concurrency());
  if (recipe.max_concurrent_partitions > 0) n = std::min(n, static_cast<std::size_t>(recipe.max_concurrent_partitions));
  return n;
}


std::string partitions(const Explanation& e) {
  return e.first_partition == e.last_partition
             ? "partition " + std::to_string(e.first_partition)
             : "partitions " + std::to_string(e.first_partition) + "–" + std::to_string(e.last_partition);
}

void print_text(const Plan& plan, const std::vector<Explanation>& list, const JobPlaces& places) {
  std::size_t run = 0, reuse = 0;
  for (const Explanation& e : list) (e.reuse ? reuse : run) += e.last_partition - e.first_partition + 1;
  std::cout << "Plan: " << plan.partitions.size() << " partitions of " << human_bytes(plan.input_bytes()) << " input, "
            << plan.ops.size() << " operators in " << plan.passes.size() << (plan.passes.size() == 1 ? " pass" : " passes")
            << "; store " << places.store_folder << "\n";
  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    std::cout << "  " << k << "  " << plan.ops[k].op->name << "  (" << plan.ops[k].op->plugin->id << " "
              << plan.ops[k].op->plugin->version << ")\n";
    for (const Explanation& e : list)
      if (e.op == k)
        std::cout << "       " << (e.reuse ? "reuse  " : "run    ") << partitions(e) << "  " << e.reason << "\n";
  }
  std::cout << "To reuse: " << reuse << ", to run: " << run << " (operator × partition).\n";
}

void print_json(const Plan& plan, const std::vector<Explanation>& list, const JobPlaces& places, const std::string& cut,
                const std::string& costs) {
  std::string steps = "[";
  for (const Explanation& e : list) {
    if (steps.size() > 1) steps += ',';
    steps += JsonObject()
                 .add("operation_idx", static_cast<std::uint64_t>(e.op))
                 .add("operation_name", plan.ops[e.op].op->name)
                 .add("first_partition", static_cast<std::uint64_t>(e.first_partition))
                 .add("last_partition", static_cast<std::uint64_t>(e.last_partition))
                 .add("action", e.reuse ? "reuse" : "run")
                 .add("reason", e.reason)
                 .text();
  }
  JsonObject out;
  out.add("partitions", static_cast<std::uint64_t>(plan.partitions.size()))
      .add("input_bytes", plan.input_bytes())
      .add("passes", static_cast<std::uint64_t>(plan.passes.size()))
      .add("store", places.store_folder)
      .add("match", match_name(plan.match))
      .add_raw("partitioning", cut)
      .add_raw("steps", steps + "]");
  if (!costs.empty()) out.add_raw("costs", costs);
  out.add_raw("warnings", json_string_array(plan.warnings));
  std::cout << out.text() << "\n";
}

}  // namespace

namespace {

// The last word of the command line of the process that measures, and of the one that is not to measure.
constexpr char kHere[] = "--measure-here", kNotAtAll[] = "--measure-nothing";

// Measuring runs operators, which may crash: another process does it. Without a measurement there is no table of costs, but
// `auto` can still be planned.
int plan_apart(std::vector<std::string> argv, bool costs) {
  argv.push_back(kHere);
  auto code = run_apart(argv);
  if (!code.ok() && !costs) {
    argv.back() = kNotAtAll;
    code = run_apart(argv);
  }
  return code.ok() ? *code : report(code.status());
}

}  // namespace

int command_plan(const std::vector<std::string>& all_args, const std::vector<std::string>& argv) {
  std::vector<std::string> args = all_args;
  const bool here = !args.empty() && args.back() == kHere, not_at_all = !args.empty() && args.back() == kNotAtAll;
  if (here || not_at_all) args.pop_back();
  auto options = recipe_options(false);
  options.add_options()("costs", "measure the operators on a sample, and say what a run would cost")(
      "measure-seconds", po::value<double>()->value_name("S")->default_value(2.0, "2"),
      "with --costs: how long the measuring may take; longer is surer")(
      "workers", po::value<std::size_t>()->value_name("N"), "of the run that is planned (default: as ophost run has it)");
  auto parsed = parse_options(args, options, true);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost plan --config RECIPE [--KEY VALUE ...] [options]", kAbout, options, kExamples);
  const std::int64_t begun = monotonic_ns();
  auto loaded = load_for(*parsed, argv);
  if (!loaded.ok()) return report(loaded.status());
  const double load_seconds = static_cast<double>(monotonic_ns() - begun) / 1e9;
  const bool wants_costs = parsed->values.count("costs") > 0;
  if (!here && !not_at_all && (wants_costs || loaded->recipe.strategy == CheckpointStrategy::kAuto))
    return plan_apart(argv, wants_costs);
  auto places = job_places(loaded->recipe);
  if (!places.ok()) return report(places.status());
  HostServices services;
  services.resource_paths = loaded->options.resource_paths;
  std::unique_ptr<Store> store;
  if (exists(places->store_folder)) {
    auto opened = Store::open(places->store_folder, {.read_only = true});
    if (!opened.ok()) return report(opened.status());
    store = std::move(*opened);
  }
  const std::int64_t started = monotonic_ns();
  auto plan = plan_job(loaded->recipe, *loaded->registry, probe_here(services), loaded->options, store.get(), {});
  if (!plan.ok()) return report(plan.status());
  const double cut_seconds = static_cast<double>(monotonic_ns() - started) / 1e9;
  const std::size_t workers = workers_of(loaded->recipe, loaded->options);
  std::optional<Measured> measured;
  auto measure = [&](MeasureOptions options) -> Status {
    OPH_ASSIGN(measured, measure_costs(*plan, loaded->recipe, *loaded->registry, services, options));
    // A run starts a worker process, which loads the plugins as this one did, then reads and hashes the input as this plan
    // did; all workers make that plan's instances before their first task.
    measured->costs.cut_seconds = cut_seconds + load_seconds;
    measured->costs.start_seconds = load_seconds;
    return {};
  };
  if (wants_costs) {
    MeasureOptions options;
    options.workers = workers;
    options.seconds = parsed->values["measure-seconds"].as<double>();
    if (!(options.seconds > 0)) return report(Status::usage("--measure-seconds must be above 0"));
    if (Status s = measure(options); !s.ok()) return report(s);
  }
  std::string said;
  if (loaded->recipe.strategy == CheckpointStrategy::kAuto) {
    auto choose = [&]() -> Result<BorderChoice> {
      if (not_at_all) return guess_borders(*plan, "one of them crashed");
      if (!measured) OPH_TRY(measure(quick_measure(workers)));
      return choose_borders(measured->costs);
    };
    if (Status s = settle_borders(loaded->recipe, *plan, places->job_folder, false, false, choose, said); !s.ok()) return report(s);
  }
  if (Status s = resolve_plan(*plan, store.get()); !s.ok()) return report(s);
  auto list = explain_plan(*plan, store.get(), places->job_id);
  if (!list.ok()) return report(list.status());
  std::optional<CostReport> costs;
  RecordSizes sizes;
  if (measured) {
    sizes = measured->sizes;
  } else {
    auto looked = record_sizes(*plan, kLookTiles);
    if (looked.ok()) sizes = *looked;
    else plan->warnings.push_back("the records could not be looked at: " + looked.status().message());
  }
  if (wants_costs) costs = report_costs(*plan, std::move(*measured));
  if (loaded->json) {
    print_json(*plan, *list, *places, cut_json(*plan, sizes, workers), costs ? costs_json(*costs) : "");
  } else {
    print_text(*plan, *list, *places);
    std::cout << "\n" << cut_text(*plan, sizes, workers);
    if (!said.empty()) std::cout << "Would run under " << said << ".\n";
    if (costs) std::cout << "\n" << costs_text(*costs);
    for (const std::string& w : plan->warnings) std::cerr << "warning: " << w << "\n";
    for (const std::string& d : plan->damaged) std::cerr << "warning: " << d << "\n";
  }
  return 0;
}

}  // namespace ophost
