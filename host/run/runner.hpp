// Who runs a job's tasks: threads of this process, or worker processes. The tasks are the same (context.hpp).
#pragma once

#include <memory>
#include <string>

#include "host/base/status.hpp"
#include "host/plan/strategy.hpp"
#include "host/run/context.hpp"
#include "host/run/worker_process.hpp"

namespace ophost {

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  // What the plan must know of every operator of the recipe; before anything else.
  virtual OpProbe probe() = 0;
  // Sends a sample through the operators of job.plan and chooses borders (checkpoint.strategy: auto); before begin().
  virtual Result<BorderChoice> choose_borders() = 0;
  // Once job.plan is there, and before the tasks.
  virtual void begin() = 0;
  virtual std::size_t workers() const = 0;
  // `damage` says which blob could not be read when the status is a failure because of one. pass() may be called by one
  // thread per worker.
  virtual Status pass(std::size_t worker, std::size_t pass, std::size_t partition, Damage& damage) = 0;
  virtual Status decide(std::size_t pass, Damage& damage) = 0;
  virtual Status gather(std::size_t pass, Damage& damage) = 0;
};

std::unique_ptr<TaskRunner> run_in_threads(JobContext& job, std::size_t workers);

// Everything of `job` but plan and progress is there when this is called. `trust`: plugins are loaded whoever owns them.
std::unique_ptr<TaskRunner> run_in_processes(JobContext& job, const std::string& store_folder, std::size_t workers,
                                             const WorkerLimits& limits, bool trust);

}  // namespace ophost
