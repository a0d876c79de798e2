// The last words of a worker process: a handler of deadly signals that notes in the worker's page which signal it was, which
// thread's call, and the innermost frame that lies in a plugin; then the signal does what it does. Worker processes only.
#pragma once

#include "host/run/worker_page.hpp"

namespace ophost {

// Once, before plugins are loaded.
void install_crash_report(WorkerPage* page);

// The calling thread's calls are told in `slot`; gives the thread a stack of its own for the handler, so that an overflow
// of its stack can be told too. Lasts for the rest of the process.
void crash_report_thread(CallSlot* slot);

}  // namespace ophost
