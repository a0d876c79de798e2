// What a job leaves in its folder for people and tools, in Data-Juicer's layout and names.
#include <unistd.h>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/job.hpp"

namespace ophost {
namespace {

std::string pretty(const std::string& json) {
  auto doc = parse_json(json, "a document of this job");
  return doc.ok() ? pretty_json(*doc) : json;
}

}  // namespace

bool JobResult::conserved() const {
  std::uint64_t removed = reader_quarantined, aside = reader_quarantined, added = 0;
  for (const OpSummary& o : ops) {
    if (!o.stats.conserved()) return false;
    removed += o.stats.dropped + o.stats.duplicates + o.stats.grouped + o.stats.quarantined + o.stats.discarded;
    added += o.stats.added;
    aside += o.stats.quarantined;
  }
  return input_records + added == output_records + removed && quarantined == aside;
}

std::string JobResult::json() const {
  std::string operators = "[", exported = "[";
  for (const OpSummary& o : ops) {
    if (operators.size() > 1) operators += ',';
    std::string stats = o.stats.json();
    operators += JsonObject()
                     .add("operation_name", o.name)
                     .add("kind", o.kind)
                     .add("partitions_run", static_cast<std::uint64_t>(o.run))
                     .add("partitions_reused", static_cast<std::uint64_t>(o.reused))
                     .add_raw("stats", stats)
                     .text();
  }
  for (const ExportedFile& f : files) {
    if (exported.size() > 1) exported += ',';
    exported += JsonObject()
                    .add("path", f.path)
                    .add("bytes", f.bytes)
                    .add("records", f.records)
                    .add("xxh3_128", f.content.hex())
                    .text();
  }
  return JsonObject()
      .add("job_id", job_id)
      .add("status", status)
      .add("job_folder", job_folder)
      .add("up_to_date", up_to_date)
      .add("input_records", input_records)
      .add("output_records", output_records)
      .add("reader_quarantined", reader_quarantined)
      .add("quarantined", quarantined)
      .add("quarantine_file", quarantine_file)
      .add("conserved", conserved())
      .add("input_bytes", input_bytes)
      .add("partitions", static_cast<std::uint64_t>(partitions))
      .add("workers", static_cast<std::uint64_t>(workers))
      .add("duration", seconds)
      .add("checkpoint_seconds", tap_seconds)
      .add("store_bytes", store_bytes)
      .add("store_blobs", store_blobs)
      .add_raw("operators", operators + "]")
      .add_raw("files", exported + "]")
      .add_raw("warnings", json_string_array(warnings))
      .text();
}

Status write_job_summary(const JobPlaces& places, const Recipe& recipe, const JobResult& result,
                         const std::string& status, const std::string& error, double seconds) {
  JsonObject o;
  double now = static_cast<double>(now_ns() / 1000) / 1e6;
  o.add("job_id", places.job_id)
      .add("status", status)
      .add("project_name", recipe.project_name)
      .add("start_time", now - seconds)
      .add("end_time", now)
      .add("duration", seconds)
      .add("pid", std::int64_t{::getpid()})
      .add("work_dir", places.job_folder)
      .add("checkpoint_dir", places.store_folder)
      .add("export_path", absolute_path(recipe.export_path))
      .add("error_message", error)
      .add_raw("result", result.json());
  return write_file_atomic(places.job_folder + "/job_summary.json", pretty(o.text()));
}

Status write_job_documents(const JobPlaces& places, const Recipe& recipe, const Plan& plan,
                           const std::vector<std::string>& argv) {
  const std::string& folder = places.job_folder;
  if (!recipe.original.empty())
    OPH_TRY(write_file_atomic(folder + "/" + (recipe.file.empty() ? "recipe.yaml" : file_name(recipe.file)),
                              recipe.original));
  OPH_TRY(write_file_atomic(folder + "/recipe.resolved.json", pretty(recipe.resolved_json())));
  OPH_TRY(write_file_atomic(folder + "/cli.json", pretty(JsonObject().add_raw("argv", json_string_array(argv)).text())));
  std::string nodes = "[";
  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    if (k) nodes += ',';
    nodes += JsonObject()
                 .add("node_id", "op_" + std::to_string(k))
                 .add("operation_name", plan.ops[k].op->name)
                 .add("node_type", kind_name(plan.ops[k].op->desc.kind))
                 .add("execution_order", static_cast<std::uint64_t>(k))
                 .add_raw("config", plan.ops[k].config->params)
                 .add_raw("dependencies", k ? "[\"op_" + std::to_string(k - 1) + "\"]" : "[]")
                 .add("fingerprint", plan.ops[k].identity[0].hex())
                 .add("plugin", plan.ops[k].op->plugin->id)
                 .add("plugin_version", plan.ops[k].op->plugin->version)
                 .text();
  }
  OPH_TRY(write_file_atomic(
      folder + "/dag_execution_plan.json",
      pretty(JsonObject()
                 .add_raw("nodes", nodes + "]")
                 .add_raw("metadata", JsonObject()
                                          .add("created_at", iso_time(now_ns()))
                                          .add("total_nodes", static_cast<std::uint64_t>(plan.ops.size()))
                                          .text())
                 .text())));
  std::string list = "[";
  for (const PartitionPlan& p : plan.partitions) {
    if (list.size() > 1) list += ',';
    list += JsonObject()
                .add("file", absolute_path(plan.files[p.input.file].path))
                .add("begin", p.input.begin)
                .add("end", p.input.end)
                .add("first_line", p.input.first_line)
                .add("lines", p.input.lines)
                .add("content_hash", p.input.content.hex())
                .text();
  }
  return write_file_atomic(folder + "/metadata/partitions.json",
                           pretty(JsonObject()
                                      .add("num_partitions", static_cast<std::uint64_t>(plan.partitions.size()))
                                      .add_raw("partitions", list + "]")
                                      .text()));
}

}  // namespace ophost
