// The table of recipe keys and its rendering. Constant data; any thread.
#include "host/recipe/keys.hpp"

#include <unordered_map>

#include "host/base/text.hpp"

namespace ophost {
namespace {

using enum KeyType;
using enum KeyUse;

constexpr const char* kMedia = "ophost processes text; the field itself passes through untouched";
constexpr const char* kGpu = "concerns GPUs; ophost has none";
constexpr const char* kTrace = "trace files are not written by this version; ophost-dump diff compares checkpoints";
constexpr const char* kRay = "concerns Ray; ophost schedules its tasks itself";

std::vector<RecipeKey> make_keys() {
  return {
      // Where from
      {"dataset_path",
       kStrings,
       "\"\"",
       kUsed,
       "input: file, folder or glob; \"w1 path1 w2 path2\" or a list; a weight is the fraction of "
       "records taken",
       {}},
      {"dataset",
       kListOrObject,
       "[]",
       kUsed,
       "input as a mapping: `configs` (type local, path, weight) and `max_sample_num`; "
       "dataset_path wins",
       {}},
      {"suffixes",
       kStrings,
       "[]",
       kUsed,
       "which data files of a folder are taken (\".jsonl\"); empty = all",
       {}},
      {"text_keys",
       kStrings,
       "\"text\"",
       kUsed,
       "fields that must not be null; the first is the operators' text_key; dotted paths reach "
       "into objects",
       {}},
      {"load_jsonl_lenient",
       kBool,
       "false",
       kUsed,
       "nothing to choose: bad lines always go to quarantine with file, line and bytes",
       {}},
      {"validators", kList, "[]", kIgnored, "validators are not run by this version", {}},
      {"generated_dataset_config",
       kObject,
       "null",
       kRejected,
       "generated input is not supported; give dataset_path",
       {}},
      {"load_dataset_kwargs",
       kObject,
       "{}",
       kIgnored,
       "options of the Hugging Face loader; ophost reads JSON lines",
       {}},
      {"read_options",
       kObject,
       "{}",
       kIgnored,
       "options of PyArrow's reader; ophost has its own",
       {}},
      {"override_num_blocks", kPositive, "null", kIgnored, kRay, {}},
      {"decrypt_after_reading",
       kBool,
       "false",
       kRejected,
       "encryption is not supported; decrypt the input before, or use an encrypted file system",
       {}},
      // Where to
      {"export_path",
       kString,
       "\"./outputs/hello_world/hello_world.jsonl\"",
       kUsed,
       "output: .jsonl, .jsonl.gz or .jsonl.zst",
       {}},
      {"export_type",
       kString,
       "null",
       kUsed,
       "jsonl; by default the name of export_path decides",
       {}},
      {"export_shard_size",
       kNonNegative,
       "0",
       kUsed,
       "upper bound of a shard in bytes of records; 0 = one file",
       {}},
      {"export_in_parallel",
       kBool,
       "false",
       kUsed,
       "nothing to choose: export is always parallel, in input order",
       {}},
      {"export_extra_args", kObject, "{}", kIgnored, "options of other export formats", {}},
      {"export_aws_credentials",
       kObject,
       "null",
       kRejected,
       "ophost writes to local paths only",
       {}},
      {"encrypt_before_export",
       kBool,
       "false",
       kRejected,
       "encryption is not supported: the output would be in the clear; use an encrypted file "
       "system",
       {}},
      {"encryption_key_path", kString, "null", kIgnored, "encryption is not supported", {}},
      {"keep_stats_in_res_ds",
       kBool,
       "false",
       kUsed,
       "keep __dj__stats__ and __dj__meta__ in the output",
       {}},
      {"keep_hashes_in_res_ds", kBool, "false", kUsed, "keep the hash columns in the output", {}},
      // What
      {"process",
       kList,
       "[]",
       kUsed,
       "the operators in order; an operator may occur several times",
       {}},
      {"custom_operator_paths",
       kStrings,
       "null",
       kUsed,
       "plugins: shared libraries or folders of them",
       {}},
      {"skip_op_error",
       kBool,
       "true",
       kUsed,
       "false = on_error: fail. true = on_error: quarantine (Data-Juicer drops the whole batch in "
       "silence)",
       {}},
      {"on_error",
       kString,
       "\"quarantine\"",
       kUsed,
       "what happens to a record an operator fails on (ophost's own key)",
       {"quarantine", "drop", "keep", "fail"}},
      {"max_quarantined",
       kNonNegative,
       "null",
       kUsed,
       "stop when more records than this are in quarantine (ophost's own key); null = no limit",
       {}},
      {"eoc_special_token",
       kString,
       "\"<|__dj__eoc|>\"",
       kIgnored,
       "no operator uses it",
       {}},
      {"strict_preflight",
       kBool,
       "true",
       kUsed,
       "false: unknown operator parameters are warnings instead of errors",
       {}},
      // Job
      {"project_name", kName, "\"hello_world\"", kUsed, "name of the project in summaries", {}},
      {"config", kStrings, "null", kIgnored, "the recipe is named on the command line", {}},
      {"work_dir",
       kString,
       "null",
       kUsed,
       "base of the job folders; default: the folder of export_path; {job_id} may only be its last "
       "part",
       {}},
      {"job_id", kName, "null", kUsed, "name of the job; made from the time when not given", {}},
      {"resume", kName, "null", kUsed, "the job to resume; it must exist", {}},
      {"event_log_dir", kString, "null", kUsed, "where events_*.jsonl goes; default the job's folder", {}},
      {"checkpoint_dir", kString, "null", kUsed, "the store; default {work_dir}/store", {}},
      {"ds_cache_dir", kString, "null", kUsed, "the store, when checkpoint_dir is not set", {}},
      {"temp_dir",
       kString,
       "null",
       kIgnored,
       "scratch lies, without a name, beside the store and the export",
       {}},
      {"partition_dir", kString, "null", kIgnored, "partitions are cut in place, not copied", {}},
      {"debug", kBool, "false", kIgnored, "the log has one level of detail", {}},
      {"event_logging.enabled", kBool, "true", kUsed, "write events_*.jsonl", {}},
      // How
      {"executor_type",
       kString,
       "\"default\"",
       kUsed,
       "all accepted values run the same partitioned executor; ray is not available",
       {"default", "ray_partitioned", "partitioned", "ray"}},
      {"np",
       kNonNegative,
       "0",
       kUsed,
       "workers; 0 or absent = one per processor, more are clamped",
       {}},
      {"partition.mode",
       kString,
       "\"auto\"",
       kUsed,
       "auto: cut by bytes; manual: by partition.size or partition.num_of_partitions",
       {"manual", "auto"}},
      {"partition.target_size_mb",
       kPositive,
       "null",
       kUsed,
       "auto: MiB of input per partition; ophost's default is 8",
       {}},
      {"partition.max_size_mb",
       kPositive,
       "null",
       kIgnored,
       "partitions never exceed 1.5 x target_size_mb, a single record apart",
       {}},
      {"partition.size",
       kPositive,
       "null",
       kUsed,
       "manual: records per partition; auto: a fallback nobody needs",
       {}},
      {"partition_size", kPositive, "null", kUsed, "deprecated name of partition.size", {}},
      {"partition.num_of_partitions",
       kPositiveOrAuto,
       "null",
       kUsed,
       "manual: number of partitions (4 when size is not set either)",
       {}},
      {"partition.max_concurrent_partitions",
       kPositiveOrAuto,
       "\"auto\"",
       kUsed,
       "bound on partitions in work at once",
       {}},
      {"use_checkpoint", kBool, "null", kUsed, "alias of checkpoint.enabled", {}},
      {"checkpoint.enabled", kBool, "true", kUsed, "false = checkpoint.strategy: disabled", {}},
      {"checkpoint.strategy",
       kString,
       "\"every_n_ops\"",
       kUsed,
       "where the taps stand; auto measures a sample before a job's first task and decides",
       {"every_op", "every_n_ops", "manual", "disabled", "auto"}},
      {"checkpoint.n_ops", kPositive, "5", kUsed, "every_n_ops: operators between two taps", {}},
      {"checkpoint.op_names",
       kList,
       "[]",
       kUsed,
       "manual: operators after which a tap stands: name, name#2 (the second one) or index in "
       "process",
       {}},
      {"checkpoint.self_contained",
       kBool,
       "false",
       kIgnored,
       "checkpoints refer to the input they were made from; whole copies are not kept by this version",
       {}},
      {"intermediate_storage.format",
       kString,
       "\"blob\"",
       kUsed,
       "blob; other formats are stored as blobs (ophost-dump cat exports JSON lines)",
       {"blob", "jsonl", "parquet", "arrow"}},
      {"intermediate_storage.compression",
       kString,
       "\"zstd\"",
       kUsed,
       "nothing to choose: checkpoints are always compressed with zstd",
       {"zstd", "none", "snappy", "gzip"}},
      {"intermediate_storage.preserve_intermediate_data",
       kBool,
       "true",
       kUsed,
       "false = retention_policy: cleanup_all",
       {}},
      {"intermediate_storage.retention_policy",
       kString,
       "\"keep_all\"",
       kUsed,
       "what of the job's checkpoints is kept when it ends",
       {"keep_all", "keep_failed_only", "cleanup_all"}},
      {"use_cache", kBool, "true", kUsed, "false: reuse nothing that another job stored", {}},
      {"cache_compress",
       kString,
       "null",
       kUsed,
       "alias of intermediate_storage.compression",
       {"zstd", "none", "gzip", "lz4"}},
      {"op_fusion",
       kBool,
       "false",
       kUsed,
       "nothing to choose: operators of a pass always share their work; order and checkpoints stay",
       {}},
      {"fusion_strategy", kString, "\"probe\"", kUsed, "see op_fusion", {"greedy", "probe"}},
      {"auto_op_parallelism",
       kBool,
       "true",
       kUsed,
       "nothing to choose: workers take tasks as they come",
       {}},
      {"adaptive_batch_size", kBool, "false", kIgnored, "batches are cut by bytes and records", {}},
      {"use_dag", kBool, "null", kIgnored, "the plan is always written", {}},
      // Watching
      {"open_tracer", kBool, "false", kIgnored, kTrace, {}},
      {"op_list_to_trace", kStrings, "[]", kIgnored, kTrace, {}},
      {"trace_num", kInt, "10", kIgnored, kTrace, {}},
      {"trace_keys", kStrings, "[]", kIgnored, kTrace, {}},
      {"open_monitor",
       kBool,
       "false",
       kIgnored,
       "resource samples are not written by this version; events carry time and memory",
       {}},
      {"open_insight_mining", kBool, "false", kIgnored, "not in this version", {}},
      {"op_list_to_mine", kStrings, "[]", kIgnored, "not in this version", {}},
      {"percentiles", kFloats, "[]", kIgnored, "analysis only", {}},
      {"export_original_dataset", kBool, "false", kIgnored, "analysis only", {}},
      {"save_stats_in_one_file", kBool, "false", kIgnored, "analysis only", {}},
      {"auto", kBool, "false", kIgnored, "analysis only", {}},
      {"auto_num", kPositive, "1000", kIgnored, "analysis only", {}},
      // Data-Juicer's, without meaning here
      {"hpo_config",
       kString,
       "null",
       kRejected,
       "the sandbox and its hyper-parameter search are not part of ophost",
       {}},
      {"data_probe_algo", kString, "\"uniform\"", kIgnored, "concerns the sandbox", {}},
      {"data_probe_ratio", kUnit, "1.0", kIgnored, "concerns the sandbox", {}},
      {"image_key", kString, "\"images\"", kIgnored, kMedia, {}},
      {"image_bytes_key", kString, "\"image_bytes\"", kIgnored, kMedia, {}},
      {"image_special_token", kString, "\"<__dj__image>\"", kIgnored, kMedia, {}},
      {"audio_key", kString, "\"audios\"", kIgnored, kMedia, {}},
      {"audio_special_token", kString, "\"<__dj__audio>\"", kIgnored, kMedia, {}},
      {"video_key", kString, "\"videos\"", kIgnored, kMedia, {}},
      {"video_special_token", kString, "\"<__dj__video>\"", kIgnored, kMedia, {}},
      {"turbo", kBool, "false", kIgnored, "a mode of the Python executor", {}},
      {"min_common_dep_num_to_combine", kInt, "-1", kIgnored, "concerns Python environments", {}},
      {"conflict_resolve_strategy",
       kString,
       "\"split\"",
       kIgnored,
       "concerns Python environments",
       {"split", "overwrite", "latest"}},
      {"mapper_fusion", kBool, "true", kIgnored, kGpu, {}},
      {"mapper_fusion_vram_limit", kFloat, "0.9", kIgnored, kGpu, {}},
      {"ray_address", kString, "\"auto\"", kIgnored, kRay, {}},
      {"partition.partitions_per_node", kPositiveOrAuto, "\"auto\"", kIgnored, kRay, {}},
      {"partition.max_gpu_workers_per_device", kPositive, "5", kIgnored, kGpu, {}},
      {"partition.max_concurrent_gpu_probes", kPositiveOrAuto, "\"auto\"", kIgnored, kGpu, {}},
      {"partition.gpu_preflight_enabled", kBool, "true", kIgnored, kGpu, {}},
      {"partition.gpu_probe_timeout_seconds", kFloat, "null", kIgnored, kGpu, {}},
      {"partition.gpu_probe_warmup_batches", kNonNegative, "1", kIgnored, kGpu, {}},
      {"partition.gpu_probe_steady_batches", kPositive, "3", kIgnored, kGpu, {}},
      {"partition.gpu_probe_sample_offset", kNonNegative, "0", kIgnored, kGpu, {}},
      {"partition.gpu_probe_sample_shuffle", kBool, "false", kIgnored, kGpu, {}},
      {"partition.gpu_probe_sample_seed", kInt, "42", kIgnored, kGpu, {}},
      {"partition.execution_group_size", kPositiveOrAuto, "\"auto\"", kIgnored, kGpu, {}},
      {"partition.max_initialization_overhead_ratio", kFloat, "0.1", kIgnored, kGpu, {}},
      {"elastic_juicer_adaptive_batching", kBool, "false", kIgnored, kGpu, {}},
      {"elastic_juicer_profile_seed", kBool, "false", kIgnored, kGpu, {}},
  };
}

std::string escape_cell(std::string text) {
  for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2)
    text.insert(i, "\\");
  return text;
}

}  // namespace

const std::vector<RecipeKey>& recipe_keys() {
  static const std::vector<RecipeKey> keys = make_keys();
  return keys;
}

const RecipeKey* find_recipe_key(const std::string& name) {
  static const std::unordered_map<std::string, const RecipeKey*> index = [] {
    std::unordered_map<std::string, const RecipeKey*> map;
    for (const auto& key : recipe_keys()) map[key.name] = &key;
    return map;
  }();
  auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

std::string type_text(const RecipeKey& key) {
  if (!key.choices.empty()) return "one of " + join(key.choices, ", ");
  switch (key.type) {
    case kBool:
      return "true or false";
    case kInt:
      return "an integer";
    case kPositive:
      return "an integer >= 1";
    case kNonNegative:
      return "an integer >= 0";
    case kFloat:
      return "a number";
    case kUnit:
      return "a number from 0 to 1";
    case kString:
      return "a string";
    case kName:
      return "a string";
    case kStrings:
      return "a string or a list of strings";
    case kFloats:
      return "a list of numbers";
    case kObject:
      return "a mapping";
    case kList:
      return "a list";
    case kListOrObject:
      return "a mapping or a list";
    case kPositiveOrAuto:
      return "an integer >= 1 or auto";
  }
  return "";
}

std::string recipe_keys_markdown() {
  std::string out = "| Key | Type | Default | Treatment | Note |\n|---|---|---|---|---|\n";
  for (const auto& key : recipe_keys()) {
    std::string treatment = key.use == kUsed      ? "used"
                            : key.use == kIgnored ? "accepted, ignored"
                                                  : "rejected";
    out += "| `" + key.name + "` | " + type_text(key) + " | `" + escape_cell(key.default_json) +
           "` | " + treatment + " | " + escape_cell(key.note) + " |\n";
  }
  return out;
}

}  // namespace ophost
