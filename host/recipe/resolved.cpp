// The resolved recipe as canonical JSON. Pure function; any thread.
#include "host/recipe/recipe.hpp"

namespace ophost {
namespace {

std::string strategy_name(CheckpointStrategy s) {
  switch (s) {
    case CheckpointStrategy::kEveryOp:
      return "every_op";
    case CheckpointStrategy::kEveryNOps:
      return "every_n_ops";
    case CheckpointStrategy::kManual:
      return "manual";
    case CheckpointStrategy::kDisabled:
      return "disabled";
    case CheckpointStrategy::kAuto:
      return "auto";
  }
  return "";
}

std::string retention_name(RetentionPolicy p) {
  switch (p) {
    case RetentionPolicy::kKeepAll:
      return "keep_all";
    case RetentionPolicy::kKeepFailedOnly:
      return "keep_failed_only";
    case RetentionPolicy::kCleanupAll:
      return "cleanup_all";
  }
  return "";
}

void add_optional(JsonObject& object, const char* key, const std::optional<std::string>& value) {
  if (value)
    object.add(key, *value);
  else
    object.add_raw(key, "null");
}

std::string op_json(const OpConfig& op) {
  JsonObject o;
  o.add("index", static_cast<std::uint64_t>(op.index))
      .add("name", op.name)
      .add_raw("params", op.params);
  o.add_raw("given", op.given).add("text_key", op.text_key).add("on_error", op.on_error);
  o.add("batch_size", op.batch_size).add_raw("inherited", json_string_array(op.inherited));
  return o.text();
}

template <class List, class Write>
std::string list_json(const List& list, Write write) {
  std::string out = "[";
  for (const auto& item : list) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out + "]";
}

std::string sorted(const std::string& json) {
  Result<Json> parsed = parse_json(json, "the resolved recipe");
  return parsed.ok() ? canonical_json(*parsed) : json;
}

}  // namespace

std::string Recipe::resolved_json() const {
  JsonObject checkpoint;
  checkpoint.add("strategy", strategy_name(strategy))
      .add("n_ops", n_ops)
      .add("self_contained", self_contained);
  checkpoint.add_raw("manual_ops",
                     list_json(manual_ops, [](std::size_t i) { return std::to_string(i); }));
  JsonObject partition;
  partition.add("target_bytes", partition_target_bytes).add("size", partition_records);
  partition.add("num_of_partitions", partition_count)
      .add("max_concurrent_partitions", max_concurrent_partitions);
  JsonObject storage;
  storage.add("compress", compress_checkpoints).add("retention_policy", retention_name(retention));

  JsonObject r;
  r.add("file", file).add("project_name", project_name);
  r.add_raw("datasets", list_json(datasets, [](const DatasetEntry& d) {
              return JsonObject()
                  .add("path", d.path)
                  .add("weight", d.weight)
                  .add("max_records", d.max_records)
                  .text();
            }));
  r.add("export_path", export_path)
      .add("export_type", export_type)
      .add("export_shard_size", export_shard_size);
  r.add("keep_stats_in_res_ds", keep_stats_in_res_ds)
      .add("keep_hashes_in_res_ds", keep_hashes_in_res_ds);
  r.add_raw("text_keys", json_string_array(text_keys)).add_raw("suffixes", json_string_array(suffixes));
  r.add("eoc_special_token", eoc_special_token).add("np", np).add("work_dir", work_dir);
  add_optional(r, "job_id", job_id);
  add_optional(r, "resume", resume);
  r.add("event_log_dir", event_log_dir)
      .add("checkpoint_dir", checkpoint_dir)
      .add("temp_dir", temp_dir);
  r.add("use_cache", use_cache).add("open_tracer", open_tracer).add("trace_num", trace_num);
  r.add_raw("op_list_to_trace", json_string_array(op_list_to_trace))
      .add_raw("trace_keys", json_string_array(trace_keys));
  r.add("event_logging", event_logging)
      .add("strict_preflight", strict_preflight)
      .add("debug", debug);
  r.add("on_error", on_error);
  if (max_quarantined)
    r.add("max_quarantined", *max_quarantined);
  else
    r.add_raw("max_quarantined", "null");
  r.add_raw("plugin_paths", json_string_array(plugin_paths)).add_raw("ignored", ignored);
  r.add_raw("checkpoint", checkpoint.text()).add_raw("partition", partition.text());
  r.add_raw("intermediate_storage", storage.text()).add_raw("process", list_json(process, op_json));
  r.add_raw("warnings", json_string_array(warnings));
  r.add_raw("overrides", list_json(overrides, [](const std::pair<std::string, std::string>& o) {
              return JsonObject().add("key", o.first).add("value", o.second).text();
            }));
  return sorted(r.text());
}

}  // namespace ophost
