// The resolved recipe as canonical JSON, and back. Pure functions; any thread.
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
  o.add_raw("retry", op.retry.json()).add_raw("circuit_breaker", op.circuit_breaker.json());
  o.add("batch_size", op.batch_size).add_raw("inherited", json_string_array(op.inherited));
  return o.text();
}

std::string sorted(const std::string& json) {
  Result<Json> parsed = parse_json(json, "the resolved recipe");
  return parsed.ok() ? canonical_json(*parsed) : json;
}

CheckpointStrategy strategy_of(const std::string& name) {
  for (auto s : {CheckpointStrategy::kEveryOp, CheckpointStrategy::kManual, CheckpointStrategy::kDisabled,
                 CheckpointStrategy::kAuto})
    if (strategy_name(s) == name) return s;
  return CheckpointStrategy::kEveryNOps;
}

RetentionPolicy retention_of(const std::string& name) {
  for (auto p : {RetentionPolicy::kKeepFailedOnly, RetentionPolicy::kCleanupAll})
    if (retention_name(p) == name) return p;
  return RetentionPolicy::kKeepAll;
}

std::vector<std::string> strings(const JsonValue& object, const char* key) {
  std::vector<std::string> out;
  const JsonValue* list = get_member(object, key);
  if (list && list->IsArray())
    for (const auto& item : list->GetArray())
      if (item.IsString()) out.emplace_back(item.GetString(), item.GetStringLength());
  return out;
}

std::optional<std::string> optional_string(const JsonValue& object, const char* key) {
  const JsonValue* m = get_member(object, key);
  return m && m->IsString() ? std::optional(get_string(object, key)) : std::nullopt;
}

std::string raw(const JsonValue& object, const char* key) {
  const JsonValue* m = get_member(object, key);
  return m ? dump_json(*m) : "{}";
}

OpConfig read_op(const JsonValue& o) {
  OpConfig op;
  op.index = get_uint(o, "index");
  op.name = get_string(o, "name");
  op.params = raw(o, "params");
  op.given = raw(o, "given");
  op.text_key = get_string(o, "text_key");
  op.on_error = get_string(o, "on_error");
  op.batch_size = get_int(o, "batch_size");
  op.inherited = strings(o, "inherited");
  if (const JsonValue* m = get_member(o, "retry")) read_retry(*m, op.retry);
  if (const JsonValue* m = get_member(o, "circuit_breaker")) read_circuit_breaker(*m, op.circuit_breaker);
  return op;
}

}  // namespace

std::string Recipe::resolved_json() const {
  JsonObject checkpoint;
  checkpoint.add("strategy", strategy_name(strategy))
      .add("n_ops", n_ops)
      .add("self_contained", self_contained);
  checkpoint.add_raw("manual_ops",
                     json_number_array(manual_ops));
  JsonObject partition;
  partition.add("target_bytes", partition_target_bytes).add("size", partition_records);
  partition.add("num_of_partitions", partition_count)
      .add("max_concurrent_partitions", max_concurrent_partitions);
  JsonObject storage;
  storage.add("retention_policy", retention_name(retention));

  JsonObject r;
  r.add("file", file).add("project_name", project_name);
  r.add_raw("datasets", json_array(datasets, [](const DatasetEntry& d) {
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
  r.add_raw("intermediate_storage", storage.text()).add_raw("process", json_array(process, op_json));
  r.add_raw("warnings", json_string_array(warnings));
  r.add_raw("overrides", json_array(overrides, [](const std::pair<std::string, std::string>& o) {
              return JsonObject().add("key", o.first).add("value", o.second).text();
            }));
  return sorted(r.text());
}

Result<Recipe> recipe_from_resolved(const std::string& json) {
  OPH_ASSIGN(Json r, parse_json(json, "the resolved recipe"));
  static const JsonValue kNone(rapidjson::kObjectType);
  auto object = [&](const char* key) -> const JsonValue& {
    const JsonValue* m = get_member(r, key);
    return m && m->IsObject() ? *m : kNone;
  };
  auto each = [&](const char* key, auto use) {
    const JsonValue* list = get_member(r, key);
    if (list && list->IsArray())
      for (const auto& item : list->GetArray()) use(item);
  };
  Recipe out;
  out.file = get_string(r, "file");
  out.project_name = get_string(r, "project_name");
  each("datasets", [&](const JsonValue& d) {
    out.datasets.push_back({get_string(d, "path"), get_double(d, "weight", 1.0), get_uint(d, "max_records")});
  });
  out.export_path = get_string(r, "export_path");
  out.export_type = get_string(r, "export_type");
  out.export_shard_size = get_uint(r, "export_shard_size");
  out.keep_stats_in_res_ds = get_bool(r, "keep_stats_in_res_ds");
  out.keep_hashes_in_res_ds = get_bool(r, "keep_hashes_in_res_ds");
  out.text_keys = strings(r, "text_keys");
  out.suffixes = strings(r, "suffixes");
  out.eoc_special_token = get_string(r, "eoc_special_token");
  out.np = get_int(r, "np");
  out.work_dir = get_string(r, "work_dir");
  out.job_id = optional_string(r, "job_id");
  out.resume = optional_string(r, "resume");
  out.event_log_dir = get_string(r, "event_log_dir");
  out.checkpoint_dir = get_string(r, "checkpoint_dir");
  out.temp_dir = get_string(r, "temp_dir");
  out.use_cache = get_bool(r, "use_cache", true);
  out.open_tracer = get_bool(r, "open_tracer");
  out.trace_num = get_int(r, "trace_num");
  out.op_list_to_trace = strings(r, "op_list_to_trace");
  out.trace_keys = strings(r, "trace_keys");
  out.event_logging = get_bool(r, "event_logging", true);
  out.strict_preflight = get_bool(r, "strict_preflight", true);
  out.debug = get_bool(r, "debug");
  out.on_error = get_string(r, "on_error");
  if (const JsonValue* m = get_member(r, "max_quarantined"); m && m->IsUint64()) out.max_quarantined = m->GetUint64();
  out.plugin_paths = strings(r, "plugin_paths");
  out.ignored = raw(r, "ignored");

  const JsonValue& checkpoint = object("checkpoint");
  out.strategy = strategy_of(get_string(checkpoint, "strategy"));
  out.n_ops = get_uint(checkpoint, "n_ops");
  out.self_contained = get_bool(checkpoint, "self_contained");
  if (const JsonValue* list = get_member(checkpoint, "manual_ops"); list && list->IsArray())
    for (const auto& i : list->GetArray()) out.manual_ops.push_back(i.GetUint64());
  const JsonValue& partition = object("partition");
  out.partition_target_bytes = get_uint(partition, "target_bytes");
  out.partition_records = get_uint(partition, "size");
  out.partition_count = get_uint(partition, "num_of_partitions");
  out.max_concurrent_partitions = get_int(partition, "max_concurrent_partitions");
  const JsonValue& storage = object("intermediate_storage");
  out.retention = retention_of(get_string(storage, "retention_policy"));
  each("process", [&](const JsonValue& o) { out.process.push_back(read_op(o)); });
  out.warnings = strings(r, "warnings");
  each("overrides",
       [&](const JsonValue& o) { out.overrides.emplace_back(get_string(o, "key"), get_string(o, "value")); });
  if (out.text_keys.empty()) return Status::failed("the resolved recipe has no text key");
  return out;
}

}  // namespace ophost
