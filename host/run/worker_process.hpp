// The supervisor's side of one worker process (worker_main.hpp): starting it, asking it, watching it, and finding out how it
// ended. Used by one thread at a time.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "host/base/json.hpp"
#include "host/base/status.hpp"
#include "host/events/events.hpp"
#include "host/run/wire.hpp"
#include "host/run/worker_limits.hpp"
#include "host/run/worker_page.hpp"

namespace ophost {

// How a worker ended without an answer.
struct Death {
  enum class Cause { kItself, kTimeout, kMemory, kStopped };
  Cause cause = Cause::kItself;
  int wait_status = 0;  // as waitpid() gives it
  // The call it was in, or had made last; op < 0: none.
  std::int32_t op = -1;
  bool in_call = false, single = false;
  std::uint64_t partition = 0, first_row = 0, rows = 0;
  std::uint32_t calls_before = 0;  // of that operator in this task that came back
  bool ambiguous = false;          // other threads were in calls too
  std::string where;               // the innermost frame in a plugin, if it could be told
  // "it crashed with SIGSEGV (segmentation fault) in …": what goes into a record's reason.
  std::string sentence(const WorkerLimits& limits) const;
  // A signal that somebody else may have sent says nothing about the record at hand.
  bool from_outside() const;
};

class WorkerProcess {
 public:
  // What of a worker's work goes on to the job while it runs.
  struct Ears {
    EventLog* events = nullptr;
    Store* store = nullptr;  // where its requests to the store go; null: it has none to make
    const std::atomic<bool>* stop = nullptr;
    // More (or, when an attempt failed, less) than before.
    std::function<void(std::int64_t bytes, std::int64_t records, std::int64_t quarantined)> advance;
  };

  static Result<std::unique_ptr<WorkerProcess>> start(const WorkerLimits& limits);
  ~WorkerProcess();  // ends it
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Sends a request and waits for its answer. Nothing: it died, and death() says how; it is of no more use then.
  std::optional<Json> ask(const std::string& request, const Ears& ears);
  const Death& death() const { return death_; }
  std::int64_t tap_ns() const { return page_->counters.tap_ns; }
  pid_t pid() const { return pid_; }

 private:
  WorkerProcess() = default;
  void hear(Json message, const Ears& ears);
  void pass_on(const Json& message, const Ears& ears);
  void account(const Ears& ears, bool undo);
  bool over_limit(Death::Cause& cause);
  void end(Death::Cause cause);
  void describe_death();

  WorkerLimits limits_;
  pid_t pid_ = -1;
  WorkerPage* page_ = nullptr;
  std::unique_ptr<Channel> channel_;
  Death death_;
  std::int64_t stop_seen_ = 0, looked_ = 0;
  std::uint64_t bytes_ = 0, records_ = 0, quarantined_ = 0;  // accounted already, of this request
  std::vector<Json> quarantines_;  // events that only count when the attempt comes to its end
};

}  // namespace ophost
