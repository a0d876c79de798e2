// A worker process: `ophost worker`, started by a supervisor (worker_process.hpp) and of no use to anybody else. It loads the
// plugins that its recipe needs, makes the plan anew from what the supervisor sends, and runs tasks with the same code that
// threads run them with; it reads the input and writes the store and the parts itself.
#pragma once

namespace ophost {

// The connection and the page are open as these descriptors.
constexpr int kWorkerSocket = 100, kWorkerPage = 101;

// Returns the process's exit code; most workers end otherwise, with their connection.
int run_worker();

}  // namespace ophost
