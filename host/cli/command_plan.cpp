// ophost plan: what a run would reuse, what it would run, and why. Changes nothing.
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Says, for every operator and partition of a recipe, whether its stored result would be reused or it would\n"
    "run, and why. Reads the input to know what it contains; changes nothing.";
constexpr char kExamples[] =
    "  ophost plan --config recipe.yaml\n"
    "  ophost plan --config recipe.yaml --text_length_filter.min_len 80    # what would this change cost?\n"
    "  ophost plan --config recipe.yaml --json\n";

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

void print_json(const Plan& plan, const std::vector<Explanation>& list, const JobPlaces& places) {
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
  std::cout << JsonObject()
                   .add("partitions", static_cast<std::uint64_t>(plan.partitions.size()))
                   .add("input_bytes", plan.input_bytes())
                   .add("passes", static_cast<std::uint64_t>(plan.passes.size()))
                   .add("store", places.store_folder)
                   .add("match", match_name(plan.match))
                   .add_raw("steps", steps + "]")
                   .add_raw("warnings", json_string_array(plan.warnings))
                   .text()
            << "\n";
}

}  // namespace

int command_plan(const std::vector<std::string>& args, const std::vector<std::string>& argv) {
  auto options = recipe_options(false);
  auto parsed = parse_options(args, options, true);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost plan --config RECIPE [--KEY VALUE ...] [options]", kAbout, options, kExamples);
  auto loaded = load_for(*parsed, argv);
  if (!loaded.ok()) return report(loaded.status());
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
  auto plan = plan_job(loaded->recipe, *loaded->registry, services, loaded->options, store.get(), {});
  if (!plan.ok()) return report(plan.status());
  if (Status s = resolve_plan(*plan, store.get()); !s.ok()) return report(s);
  auto list = explain_plan(*plan, store.get(), places->job_id);
  if (!list.ok()) return report(list.status());
  if (loaded->json) {
    print_json(*plan, *list, *places);
  } else {
    print_text(*plan, *list, *places);
    for (const std::string& w : plan->warnings) std::cerr << "warning: " << w << "\n";
    for (const std::string& d : plan->damaged) std::cerr << "warning: " << d << "\n";
  }
  return 0;
}

}  // namespace ophost
