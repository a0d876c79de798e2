// ophost run: a recipe from input to export.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace ophost {
namespace {

std::atomic<bool> g_stop{false};
std::atomic<int> g_signal{0}, g_sender{0};

// The first SIGINT or SIGTERM stops cleanly; the second ends the process at once. A stop that the job ordered itself,
// because of its deadline, is not the first signal.
void on_signal(int signal, siginfo_t* info, void*) {
  if (g_signal.exchange(signal)) ::_exit(128 + signal);
  g_sender = info->si_code == SI_USER ? info->si_pid : 0;
  g_stop = true;
}

std::string why_stopped() {
  const int signal = g_signal, sender = g_sender;
  if (!signal) return "";
  std::string name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  return "by " + name + (sender > 0 ? " from process " + std::to_string(sender) : "");
}

void install_signals() {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

constexpr char kAbout[] =
    "Runs a recipe: reads its data set, sends every record through the operators of `process`, and\n"
    "exports what remains. Finished work is kept in {work_dir}/store and reused by every later run that\n"
    "has it in common. Any key of the recipe can be given as an option (--np 2, --partition.target_size_mb 16,\n"
    "--text_length_filter.min_len 50, --words_num_filter#2.max_num 900).";
constexpr char kExamples[] =
    "  ophost run --config recipe.yaml\n"
    "  ophost run --config recipe.yaml --export_path out/clean.jsonl.zst --np 2\n"
    "  ophost run --config recipe.yaml --job_id monday            # again with the same id: resumes\n"
    "  ophost run --config recipe.yaml --job_id monday --deadline 4h   # what is left then, the next run does\n"
    "  ophost run --config recipe.yaml --checkpoint.strategy every_op --plugin-path ./my_plugins\n";

}  // namespace

int command_run(const std::vector<std::string>& args, const std::vector<std::string>& argv) {
  auto options = recipe_options(true);
  auto parsed = parse_options(args, options, true);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost run --config RECIPE [--KEY VALUE ...] [options]", kAbout, options, kExamples);
  auto loaded = load_for(*parsed, argv);
  if (!loaded.ok()) return report(loaded.status());
  return run_loaded(*loaded);
}

int run_loaded(LoadedRecipe& loaded) {
  install_signals();
  loaded.options.stop = &g_stop;
  loaded.options.why_stopped = why_stopped;
  loaded.options.remember_cuts = true;
  log_to_console(loaded.quiet ? LogLevel::kError : LogLevel::kWarn);
  auto result = run_job(loaded.recipe, *loaded.registry, loaded.options);
  flush_logs();
  if (!result.ok()) return report(result.status());
  if (loaded.json) std::cout << result->json() << "\n";
  else if (!loaded.quiet) std::cout << summary_table(*result);
  return 0;
}

}  // namespace ophost
