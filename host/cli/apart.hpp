// A command that runs operators itself is run in a process of its own, so that an operator that crashes there ends with a
// sentence. Owner: cli. Main thread.
#pragma once

#include <string>
#include <vector>

#include "host/base/status.hpp"

namespace ophost {

// Runs this program once more with the words `argv` (the first is its name) and waits; standard streams are shared. The exit
// code, or a failure that says how the process ended.
Result<int> run_apart(const std::vector<std::string>& argv);

}  // namespace ophost
