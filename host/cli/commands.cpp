#include "host/cli/commands.hpp"

#include <iostream>

#include "host/base/text.hpp"
#include "host/cli/options.hpp"
#include "host/run/worker_main.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

using Words = std::vector<std::string>;

// For commands that need no more than their own words.
template <int (*kRun)(const Words&)>
int plain(const Words& args, const Words&) {
  return kRun(args);
}

std::string help() {
  std::string out =
      "ophost " OPHOST_VERSION
      " — a native host for data-processing operators\n\n"
      "Usage: ophost COMMAND [options]\n\n";
  for (const Command& c : commands()) out += "  " + (c.name + std::string(12 - std::string(c.name).size(), ' ')) + c.summary + "\n";
  return out +
         "\nophost COMMAND --help has the options and examples. ophost-dump looks into the store.\n"
         "Exit codes: 0 done; 1 the job failed; 2 usage or recipe; 3 plugin; 4 input; 5 store; 75 stopped, resumable.\n";
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"run", "run a recipe, reusing what is stored, resuming what was cut short", command_run},
      {"plan", "say what a run would reuse or run, why, and what it costs", command_plan},
      {"replay", "try again what a job put into quarantine", command_replay},
      {"jobs", "list the jobs and how they stand", plain<command_jobs>},
      {"monitor", "show a job: state, progress, operators, partitions", plain<command_monitor>},
      {"stop", "end a running job, cleanly", plain<command_stop>},
      {"events", "print what a job told, or follow it", plain<command_events>},
      {"report", "all there is to say of a job on one page", plain<command_report>},
      {"ops", "list the operators, or print the page of one", plain<command_ops>},
      {"plugins", "list the plugins", plain<command_plugins>},
      {"completion", "print a shell's completion script", plain<command_completion>},
      {"man", "print or write the manual's pages", plain<command_man>},
  };
  return all;
}

int run_command(const std::vector<std::string>& argv) {
  if (argv.size() < 2 || argv[1] == "--help" || argv[1] == "-h" || argv[1] == "help") {
    (argv.size() < 2 ? std::cerr : std::cout) << help();
    return argv.size() < 2 ? 2 : 0;
  }
  if (argv[1] == "--version") {
    std::cout << "ophost " OPHOST_VERSION "\n";
    return 0;
  }
  std::vector<std::string> args(argv.begin() + 2, argv.end());
  try {
    if (argv[1] == "worker") return run_worker();
    for (const Command& c : commands())
      if (argv[1] == c.name) return c.run(args, argv);
  } catch (const std::bad_alloc&) {
    return report(Status::failed("out of memory; use fewer workers (--workers 1)"));
  } catch (const std::exception& e) {
    return report(Status::failed(std::string("unexpected: ") + e.what()));
  }
  std::vector<std::string> names;
  for (const Command& c : commands()) names.push_back(c.name);
  return report(Status::usage("there is no command '" + argv[1] + "'." + did_you_mean(argv[1], names) + " See ophost --help."));
}

}  // namespace ophost
