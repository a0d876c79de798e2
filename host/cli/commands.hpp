// The commands of `ophost`, one file each. They read options, call one room, and print; no logic here.
#pragma once

#include <string>
#include <vector>

namespace ophost {

// argv as main got it; returns the exit code (0 done; 1 failed; 2 usage or recipe; 3 plugin; 4 input; 5 store; 75 stopped).
int run_command(const std::vector<std::string>& argv);

// One of them. `run` gets the words behind its name, and the whole command line.
struct Command {
  const char* name;
  const char* summary;
  int (*run)(const std::vector<std::string>& args, const std::vector<std::string>& argv);
};
// In the order in which they are explained.
const std::vector<Command>& commands();

// Each gets the words behind its name; `argv` is the whole command line, for the records a job keeps.
int command_run(const std::vector<std::string>& args, const std::vector<std::string>& argv);
int command_plan(const std::vector<std::string>& args, const std::vector<std::string>& argv);
int command_replay(const std::vector<std::string>& args, const std::vector<std::string>& argv);
int command_ops(const std::vector<std::string>& args);
int command_plugins(const std::vector<std::string>& args);
int command_jobs(const std::vector<std::string>& args);
int command_monitor(const std::vector<std::string>& args);
int command_stop(const std::vector<std::string>& args);
int command_events(const std::vector<std::string>& args);
int command_report(const std::vector<std::string>& args);
int command_completion(const std::vector<std::string>& args);
int command_man(const std::vector<std::string>& args);

}  // namespace ophost
