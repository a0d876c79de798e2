// The life of a job over all its runs: when it began, how often it was taken up again, and which process runs it now.
// It lives in {job}/job_summary.json, which is the only thing that this reads and writes. The job's main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/base/process.hpp"
#include "host/base/status.hpp"

namespace ophost {

struct JobPlaces;
struct JobResult;
struct Recipe;

struct JobLife {
  double start_time = 0;      // of the first run since the job was last complete; seconds since the epoch
  double run_start_time = 0;  // of this run
  double worked = 0;          // seconds of the runs since then, without this one
  std::uint64_t run = 1;      // the number of this run, over the whole life of the folder
  std::uint64_t restarts = 0;  // how often it was taken up again since start_time
  std::string before;          // how the run before ended: stopped | failed | killed | completed; "" for the first run
  std::vector<std::string> runs;  // the runs before, as JSON objects, the last fifty
  ProcessIdentity process;
  std::string event_log_file, event_log_dir;
  std::vector<std::string> argv;
};

// What the folder says of earlier runs; a summary that cannot be read counts as none. A run that never said how it
// ended was killed.
JobLife begin_life(const std::string& job_folder, const std::vector<std::string>& argv);

struct JobState {
  std::string status;       // running | completed | failed | stopped
  std::string error;        // "" = none
  std::string stop_reason;  // "" unless stopped
  double seconds = 0;       // of this run so far
};

// {job_folder}/job_summary.json, replaced atomically at every change of state.
Status write_job_summary(const JobPlaces& places, const Recipe& recipe, const JobResult& result, const JobLife& life,
                         const JobState& state);

// The command that goes on with the job: the one that began it, with the job's id.
std::string resumption_command(const std::vector<std::string>& argv, const std::string& job_id);

}  // namespace ophost
