#include "host/run/job_events.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/job.hpp"

namespace ophost {
namespace {

double wall_seconds() { return static_cast<double>(now_ns() / 1000) / 1e6; }

JsonObject partition(std::size_t p) { return JsonObject().add("partition_id", static_cast<std::uint64_t>(p)); }

std::string strategy_of(const Recipe& recipe) {
  auto doc = parse_json(recipe.resolved_json(), "the resolved recipe");
  const JsonValue* checkpoint = doc.ok() ? get_member(*doc, "checkpoint") : nullptr;
  return checkpoint ? get_string(*checkpoint, "strategy") : "";
}

std::string pass_id(std::size_t pass) { return "pass_" + std::to_string(pass); }

}  // namespace

void tell_start(EventLog& events, const Recipe& recipe, const JobLife& life) {
  std::vector<std::string> paths;
  for (const DatasetEntry& d : recipe.datasets) paths.push_back(absolute_path(d.path));
  JsonObject metadata;
  metadata.add("checkpoint_strategy", strategy_of(recipe))
      .add("executor_type", "ophost")
      .add("dataset_path", join(paths, ", "))
      .add("export_path", absolute_path(recipe.export_path));
  events.emit(EventType::kJobStart, "run " + std::to_string(life.run) + " of the job starts",
              JsonObject().add("config", recipe.file).add_raw("metadata", metadata.text()));
  if (life.before.empty() || life.before == "completed") return;
  events.emit(EventType::kJobRestart, "the run before was " + life.before + "; this one goes on with what it stored",
              JsonObject().add_raw("metadata", JsonObject()
                                                   .add("restart_reason", life.before)
                                                   .add("original_start_time", life.start_time)
                                                   .add("restart_time", life.run_start_time)
                                                   .add("restarts", life.restarts)
                                                   .text()));
}

void tell_plan(EventLog& events, const Plan& plan, const std::string& job_folder) {
  JsonObject info;
  info.add("total_nodes", static_cast<std::uint64_t>(plan.ops.size()))
      .add("parallel_groups_count", static_cast<std::uint64_t>(plan.passes.size()));
  events.emit(EventType::kDagBuildComplete,
              std::to_string(plan.ops.size()) + " operators in " + std::to_string(plan.passes.size()) +
                  " passes over " + std::to_string(plan.partitions.size()) + " partitions",
              JsonObject()
                  .add("total_partitions", static_cast<std::uint64_t>(plan.partitions.size()))
                  .add_raw("metadata", info.text()));
  const std::string path = absolute_path(job_folder) + "/dag_execution_plan.json";
  events.emit(EventType::kDagExecutionPlanSaved, "the plan is in " + path,
              JsonObject().add_raw("metadata", info.add("plan_path", path).text()));
  for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
    const InputPartition& input = plan.partitions[p].input;
    events.emit(EventType::kPartitionCreationStart, "partition " + std::to_string(p), partition(p));
    JsonObject meta;
    meta.add("sample_count", input.lines)
        .add("file", absolute_path(plan.files[input.file].path))
        .add("begin", input.begin)
        .add("end", input.end);
    events.emit(EventType::kPartitionCreationComplete, "partition " + std::to_string(p),
                partition(p).add_raw("metadata", meta.text()));
  }
}

void tell_processing(EventLog& events, const JobResult& result, const std::vector<std::size_t>& complete) {
  std::uint64_t run = 0, reused = 0;
  for (const OpSummary& o : result.ops) {
    run += o.run;
    reused += o.reused;
  }
  events.emit(EventType::kProcessingStart, human_count(run) + " (operator × partition) to run, " + human_count(reused) + " stored",
              JsonObject().add("to_run", run).add("reused", reused).add("workers", static_cast<std::uint64_t>(result.workers)));
  for (std::size_t p : complete) {
    const std::string name = "partition " + std::to_string(p);
    events.emit(EventType::kPartitionStart, name + " needs no work", partition(p).add("reused", true));
    events.emit(EventType::kPartitionComplete, name + " is complete, all of it reused",
                partition(p).add("reused", true).add_raw("metadata", R"({"success":true,"duration_seconds":0.0})"));
  }
}

void tell_end(EventLog& events, const JobResult& result, const JobState& state, const std::string& error_type) {
  for (std::size_t k = 0; k < result.ops.size(); ++k) {
    const OpStats& s = result.ops[k].stats;
    if (s.dropped + s.duplicates + s.grouped + s.quarantined + s.discarded == 0) continue;
    events.emit(EventType::kRecordDroppedSummary, result.ops[k].name + ": " + human_count(s.in) + " in, " + human_count(s.out) + " out",
                JsonObject()
                    .add("operation_name", result.ops[k].name)
                    .add("operation_idx", static_cast<std::uint64_t>(k))
                    .add("input_rows", s.in)
                    .add("output_rows", s.out)
                    .add("dropped", s.dropped)
                    .add("duplicates", s.duplicates)
                    .add("grouped", s.grouped)
                    .add("quarantined", s.quarantined)
                    .add("discarded", s.discarded));
  }
  JsonObject fields;
  fields.add("status", state.status)
      .add("duration", state.seconds)
      .add("job_duration", state.seconds)
      .add("input_rows", result.input_records)
      .add("output_rows", result.output_records)
      .add("total_partitions", static_cast<std::uint64_t>(result.partitions));
  if (state.status == "completed") {
    fields.add("completion_time", wall_seconds())
        .add("successful_partitions", static_cast<std::uint64_t>(result.partitions))
        .add("up_to_date", result.up_to_date);
    if (!result.files.empty()) fields.add("output_path", absolute_path(result.files.front().path));
    events.emit(EventType::kJobComplete, "the job is complete", std::move(fields));
  } else if (state.status == "stopped") {
    events.emit(EventType::kJobStopped, state.error, std::move(fields.add("stop_reason", state.stop_reason)));
  } else {
    fields.add("failure_time", wall_seconds()).add("error_message", state.error).add("error_type", error_type);
    events.emit(EventType::kJobFailed, state.error, std::move(fields));
  }
}

void tell_pass_start(EventLog& events, const Plan& plan, std::size_t pass, std::size_t tasks) {
  const Pass& p = plan.passes[pass];
  const std::size_t ops = p.end - p.begin + (p.barrier ? 1 : 0);
  events.emit(EventType::kDagParallelGroupStart,
              pass_id(pass) + ": " + std::to_string(tasks) + " partitions through " + std::to_string(ops) + (ops == 1 ? " operator" : " operators"),
              JsonObject()
                  .add("pass", static_cast<std::uint64_t>(pass))
                  .add_raw("metadata", JsonObject().add("group_id", pass_id(pass)).add("partitions", static_cast<std::uint64_t>(tasks)).text()));
}

void tell_pass_complete(EventLog& events, const Plan&, std::size_t pass, std::size_t tasks, double seconds) {
  events.emit(EventType::kDagParallelGroupComplete, pass_id(pass) + " is done",
              JsonObject()
                  .add("pass", static_cast<std::uint64_t>(pass))
                  .add("duration", seconds)
                  .add_raw("metadata", JsonObject().add("group_id", pass_id(pass)).add("partitions", static_cast<std::uint64_t>(tasks)).text()));
}

std::vector<Progress::Stretch> stretches_of(const Plan& plan, const std::vector<std::size_t>& complete) {
  // Nanoseconds of one worker per byte of input, as measured on text: right within a factor, which is enough to weigh
  // one pass against another.
  constexpr double kRead = 12, kWrite = 12, kTap = 1, kCheap = 1.2, kMedium = 8, kExpensive = 25;
  std::vector<Progress::Stretch> out;
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& pass = plan.passes[j];
    const bool last = j + 1 == plan.passes.size();
    Progress::Stretch s{0, kRead + kTap * static_cast<double>(pass.borders.size())};
    for (std::size_t k = pass.begin; k < pass.end + (pass.barrier ? 1 : 0); ++k) {
      const char* cost = plan.ops[k].op->desc.cost;
      const std::string_view hint = cost ? cost : "cheap";
      s.weight += hint == "expensive" ? kExpensive : hint == "medium" ? kMedium : kCheap;
    }
    if (last || plan.boundary(j) == Boundary::kLocal) s.weight += kWrite;
    for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
      const bool done = last && std::binary_search(complete.begin(), complete.end(), p);
      if (plan.needed(j, p) && !done) s.bytes += plan.partitions[p].input.end - plan.partitions[p].input.begin;
    }
    out.push_back(s);
  }
  return out;
}

JsonObject op_fields(const Plan& plan, std::size_t op) {
  return JsonObject()
      .add("operation_name", plan.ops[op].op->name)
      .add("operation_idx", static_cast<std::uint64_t>(op));
}

JsonObject op_complete_fields(const Plan& plan, std::size_t op, const OpStats& stats, double seconds, bool keys) {
  JsonObject o = op_fields(plan, op), metadata, performance;
  o.add("status", "success").add("duration", seconds).add("input_rows", stats.in);
  metadata.add("duration_seconds", seconds).add("input_rows", stats.in);
  const double in = static_cast<double>(stats.in);
  performance.add("throughput", seconds > 0 ? in / seconds : 0.0);
  if (keys) {
    o.add("phase", "keys");
    performance.add("reduction_ratio", 0.0);
  } else {
    o.add("output_rows", stats.out);
    metadata.add("output_rows", stats.out);
    performance.add("reduction_ratio", stats.in ? (in - static_cast<double>(stats.out)) / in : 0.0);
  }
  if (stats.dropped) o.add("dropped_rows", stats.dropped);
  if (stats.duplicates) o.add("duplicate_rows", stats.duplicates);
  if (stats.quarantined) o.add("quarantined_rows", stats.quarantined);
  if (stats.bytes) o.add("input_bytes", stats.bytes);
  o.add("op_fingerprint", plan.ops[op].identity[0].hex()).add("plugin_version", plan.ops[op].op->plugin->version);
  return std::move(o.add_raw("metadata", metadata.text()).add_raw("performance_metrics", performance.text()));
}

}  // namespace ophost
