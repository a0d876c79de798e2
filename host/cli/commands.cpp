#include "host/cli/commands.hpp"

#include <iostream>

#include "host/base/text.hpp"
#include "host/cli/options.hpp"
#include "host/run/worker_main.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

constexpr char kHelp[] =
    "ophost " OPHOST_VERSION
    " — a native host for data-processing operators\n\n"
    "Usage: ophost COMMAND [options]\n\n"
    "  run       run a recipe, reusing what is stored, resuming what was cut short\n"
    "  plan      say what a run would reuse or run, and why\n"
    "  jobs      list the jobs and how they stand\n"
    "  monitor   show a job: state, progress, operators, partitions\n"
    "  stop      end a running job, cleanly\n"
    "  events    print what a job told, or follow it\n"
    "  report    all there is to say of a job on one page\n"
    "  ops       list the operators, or print the page of one\n"
    "  plugins   list the plugins\n\n"
    "ophost COMMAND --help has the options and examples. ophost-dump looks into the store.\n"
    "Exit codes: 0 done; 1 the job failed; 2 usage or recipe; 3 plugin; 4 input; 5 store; 75 stopped, resumable.\n";

}  // namespace

int run_command(const std::vector<std::string>& argv) {
  if (argv.size() < 2 || argv[1] == "--help" || argv[1] == "-h" || argv[1] == "help") {
    (argv.size() < 2 ? std::cerr : std::cout) << kHelp;
    return argv.size() < 2 ? 2 : 0;
  }
  if (argv[1] == "--version") {
    std::cout << "ophost " OPHOST_VERSION "\n";
    return 0;
  }
  std::vector<std::string> args(argv.begin() + 2, argv.end());
  try {
    if (argv[1] == "run") return command_run(args, argv);
    if (argv[1] == "worker") return run_worker();
    if (argv[1] == "plan") return command_plan(args, argv);
    if (argv[1] == "ops") return command_ops(args);
    if (argv[1] == "plugins") return command_plugins(args);
    if (argv[1] == "jobs") return command_jobs(args);
    if (argv[1] == "monitor") return command_monitor(args);
    if (argv[1] == "stop") return command_stop(args);
    if (argv[1] == "events") return command_events(args);
    if (argv[1] == "report") return command_report(args);
  } catch (const std::bad_alloc&) {
    return report(Status::failed("out of memory; use fewer workers (--workers 1)"));
  } catch (const std::exception& e) {
    return report(Status::failed(std::string("unexpected: ") + e.what()));
  }
  return report(Status::usage("there is no command '" + argv[1] + "'." +
                              did_you_mean(argv[1], {"run", "plan", "ops", "plugins", "jobs", "monitor", "stop", "events", "report"}) + " See ophost --help."));
}

}  // namespace ophost
