// What a job leaves in its folder for people and tools, in Data-Juicer's layout and names.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/job.hpp"

namespace ophost {
namespace {

std::string pretty(const std::string& json) {
  auto doc = parse_json(json, "a document of this job");
  return doc.ok() ? pretty_json(*doc) : json;
}

// The command, where it was given, and what of the environment it listens to.
std::string command_line(const std::vector<std::string>& argv) {
  JsonObject env;
  for (const char* name : {"OPHOST_PLUGIN_PATH", "OPHOST_RESOURCE_PATH", "DATA_JUICER_EXTERNAL_MODELS_HOME"})
    if (const char* value = std::getenv(name)) env.add(name, value);
  return JsonObject()
      .add_raw("argv", json_string_array(argv))
      .add("working_directory", absolute_path("."))
      .add_raw("environment", env.text())
      .text();
}

std::string node_id(std::size_t op) { return "\"op_" + std::to_string(op) + "\""; }

// The plan as Data-Juicer writes its own: nodes, edges, what may run in parallel.
std::string dag(const Plan& plan) {
  std::string nodes = "[", edges = "[", groups = "[", order = "[";
  std::size_t pass = 0;
  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    while (pass + 1 < plan.passes.size() && plan.passes[pass + 1].begin <= k) ++pass;
    const PlannedOp& op = plan.ops[k];
    if (k) {
      nodes += ',';
      order += ',';
      edges += std::string(k > 1 ? "," : "") + "[" + node_id(k - 1) + "," + node_id(k) + "]";
    }
    order += node_id(k);
    nodes += JsonObject()
                 .add_raw("node_id", node_id(k))
                 .add("operation_name", op.op->name)
                 .add("node_type", kind_name(op.op->desc.kind))
                 .add_raw("partition_id", "null")
                 .add("execution_order", static_cast<std::uint64_t>(k))
                 .add_raw("config", op.config->params)
                 .add_raw("dependencies", k ? "[" + node_id(k - 1) + "]" : "[]")
                 .add("estimated_duration", 0.0)
                 .add("fingerprint", op.identity[0].hex())
                 .add("plugin", op.op->plugin->id)
                 .add("plugin_version", op.op->plugin->version)
                 .add_raw("metadata", JsonObject().add("pass", static_cast<std::uint64_t>(pass)).add("barrier", op.barrier()).text())
                 .text();
  }
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& p = plan.passes[j];
    groups += j ? ",[" : "[";
    for (std::size_t k = p.begin; k < p.end + (p.barrier ? 1 : 0); ++k) groups += (k > p.begin ? "," : "") + node_id(k);
    groups += "]";
  }
  return JsonObject()
      .add_raw("nodes", nodes + "]")
      .add_raw("edges", edges + "]")
      .add_raw("parallel_groups", groups + "]")
      .add_raw("execution_plan", order + "]")
      .add_raw("metadata", JsonObject()
                               .add("created_at", iso_time(now_ns()))
                               .add("total_nodes", static_cast<std::uint64_t>(plan.ops.size()))
                               .add("total_partitions", static_cast<std::uint64_t>(plan.partitions.size()))
                               .text())
      .text();
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

std::string recipe_copy(const JobPlaces& places, const Recipe& recipe) {
  return places.job_folder + "/" + (recipe.file.empty() ? "recipe.yaml" : file_name(recipe.file));
}

Status write_job_documents(const JobPlaces& places, const Recipe& recipe, const Plan& plan,
                           const std::vector<std::string>& argv) {
  const std::string& folder = places.job_folder;
  if (!recipe.original.empty())
    OPH_TRY(write_file_atomic(recipe_copy(places, recipe), recipe.original));
  OPH_TRY(write_file_atomic(folder + "/recipe.resolved.json", pretty(recipe.resolved_json())));
  OPH_TRY(write_file_atomic(folder + "/cli.json", pretty(command_line(argv))));
  OPH_TRY(write_file_atomic(folder + "/dag_execution_plan.json", pretty(dag(plan))));
  OPH_TRY(write_dataset_mapping(places, plan, {}));
  std::string list = "[";
  for (const PartitionPlan& p : plan.partitions) {
    if (list.size() > 1) list += ',';
    list += JsonObject()
                .add("partition_id", static_cast<std::uint64_t>(&p - plan.partitions.data()))
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

Status write_dataset_mapping(const JobPlaces& places, const Plan& plan, const std::vector<PartitionState>& states) {
  const std::string path = places.job_folder + "/metadata/dataset_mapping.json";
  // Of a compressed partition the number of records is known once it was read; an earlier run may have done so.
  std::map<std::string, std::uint64_t> counted;
  if (auto text = read_file(path); text.ok())
    if (auto doc = parse_json(*text, path); doc.ok())
      if (const JsonValue* old = get_member(*doc, "partitions"); old && old->IsArray())
        for (const auto& p : old->GetArray())
          if (get_bool(p, "counted"))
            counted[get_string(p, "content_hash")] = static_cast<std::uint64_t>(get_int(p, "sample_count"));
  std::string list = "[";
  std::uint64_t total = 0, largest = 0;
  for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
    const InputPartition& input = plan.partitions[p].input;
    const PartitionState state = p < states.size() ? states[p] : PartitionState();
    auto known = counted.find(input.content.hex());
    const bool exact = state.records || known != counted.end();
    const std::uint64_t samples = state.records ? *state.records : exact ? known->second : input.lines;
    total += samples;
    largest = std::max(largest, samples);
    if (p) list += ',';
    JsonObject o;
    o.add("partition_id", static_cast<std::uint64_t>(p))
        .add("sample_count", samples)
        .add("counted", exact)
        .add("processing_status", state.status)
        .add("file", absolute_path(plan.files[input.file].path))
        .add("begin", input.begin)
        .add("end", input.end)
        .add("content_hash", input.content.hex());
    if (state.start > 0) o.add("processing_start_time", state.start);
    if (state.end > 0) o.add("processing_end_time", state.end);
    if (!state.error.empty()) o.add("error_message", state.error);
    list += o.text();
  }
  std::vector<std::string> files;
  for (const InputFile& f : plan.files) files.push_back(absolute_path(f.path));
  return write_file_atomic(path, pretty(JsonObject()
                                            .add("original_dataset_path", join(files, ", "))
                                            .add("original_dataset_size", total)
                                            .add("partition_size", largest)
                                            .add("num_partitions", static_cast<std::uint64_t>(plan.partitions.size()))
                                            .add_raw("partitions", list + "]")
                                            .text()));
}

}  // namespace ophost
