// The events of a job's own course (its tasks tell theirs where they happen), with the fields that Data-Juicer's tools
// read in them. docs/jobs.md has the table. Any thread; errors of the log are asked for at the end of the run.
#pragma once

#include <string>

#include "host/events/events.hpp"
#include "host/plan/plan.hpp"
#include "host/run/job_life.hpp"
#include "host/run/op_stats.hpp"

namespace ophost {

struct JobResult;

// job_start, and job_restart when an earlier run did not complete.
void tell_start(EventLog& events, const Recipe& recipe, const JobLife& life);
// dag_build_complete, dag_execution_plan_saved, and for every partition partition_creation_start and _complete.
void tell_plan(EventLog& events, const Plan& plan, const std::string& job_folder);
// processing_start, with what is there already: partitions of which nothing is left to do are started and complete.
void tell_processing(EventLog& events, const JobResult& result, const std::vector<std::size_t>& complete);
// record_dropped_summary for every operator that removed records, then job_complete, job_stopped or job_failed (after
// processing_error, if processing had begun).
void tell_end(EventLog& events, const JobResult& result, const JobState& state, const std::string& error_type);

// dag_parallel_group_start and _complete: the partitions that one pass sends through its operators.
void tell_pass_start(EventLog& events, const Plan& plan, std::size_t pass, std::size_t tasks);
void tell_pass_complete(EventLog& events, const Plan& plan, std::size_t pass, std::size_t tasks, double seconds);

// The passes as progress counts them: the bytes that each has still to read, and about what a byte costs in it. `complete`:
// partitions, ascending, that are through the last pass.
std::vector<Progress::Stretch> stretches_of(const Plan& plan, const std::vector<std::size_t>& complete);

// What op_start and op_complete say of the operator.
JsonObject op_fields(const Plan& plan, std::size_t op);
// Of what it did with `stats.in` records in busy `seconds`. Where its decision is still to come (`keys`), how many records
// it lets through is not known yet and not said.
JsonObject op_complete_fields(const Plan& plan, std::size_t op, const OpStats& stats, double seconds, bool keys);

}  // namespace ophost
