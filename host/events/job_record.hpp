// What a job's folder says of its state, checked against the processes of this machine: a job that was killed could not
// say so itself. Any thread.
#pragma once

#include <string>

#include "host/base/json.hpp"
#include "host/base/process.hpp"
#include "host/base/status.hpp"

namespace ophost {

struct JobRecord {
  std::string folder, job_id;
  std::string state;  // running | completed | failed | stopped | killed
  std::string note;   // what else is to be said of the state; "" = nothing
  ProcessIdentity process;  // of the last run
  Json summary;       // job_summary.json, an object
};

// Reads {folder}/job_summary.json. A job that says it is running is believed when its process is there (its number and
// its start time), or when somebody holds the job's lock. kUsage when the folder is not that of a job.
Result<JobRecord> read_job(const std::string& folder);

// Writes down that a job was killed, if it was: whoever looks first does, so that tools that only read the file (and do
// not look at processes) are told the truth too. Nothing happens when the job runs or has said how it ended, or when the
// folder is not ours to write in.
void settle_job(const std::string& folder);

// The change that settling makes: a summary that says "running" gets status "killed", and as the end of its run the
// last sign of life in its event log.
void settle_summary(Json& summary);

}  // namespace ophost
