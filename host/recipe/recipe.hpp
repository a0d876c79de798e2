// A recipe: Data-Juicer's YAML plus command-line overrides, validated, with every default filled in.
// load_recipe() finds all errors at once; each names the file and line (or the option), the operator's index
// and key, what was expected, and the nearest name that exists. A Recipe is a value; any thread may read it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/status.hpp"
#include "host/recipe/resilience.hpp"

namespace ophost {

// What the recipe room must know of an operator; the plugin room gives it.
struct OpSchema {
  std::string name;                  // canonical
  std::string schema;                // JSON Schema text of its parameters
  std::vector<std::string> aliases;
};
// `find` by name or alias (NULL when unknown); `names` for suggestions.
struct OpCatalog {
  std::function<const OpSchema*(const std::string&)> find;
  std::function<std::vector<std::string>()> names;
};

// One entry of `process`.
struct OpConfig {
  std::size_t index = 0;     // position in `process`
  std::string name;          // canonical name
  std::string params;        // canonical JSON: schema defaults filled in, keys sorted; operator's own
                             // parameters only (what the plugin gets)
  std::string given;         // canonical JSON of what recipe and command line set (for messages, plan files)
  // Parameters every Data-Juicer operator has, handled by the host:
  std::string text_key;      // the operator's, else the recipe's first text key
  std::string on_error = "quarantine";  // quarantine | drop | keep | fail
  RetryConfig retry;
  CircuitBreakerConfig circuit_breaker;
  std::int64_t batch_size = 1000;       // accepted; results never depend on it
  std::vector<std::string> inherited;   // parameters it took over from an earlier entry of the same name
                                        // (Data-Juicer's behaviour; warned about)
};

struct DatasetEntry {
  std::string path;
  double weight = 1.0;
  std::uint64_t max_records = 0;
};

enum class CheckpointStrategy { kEveryOp, kEveryNOps, kManual, kDisabled, kAuto };

enum class RetentionPolicy { kKeepAll, kKeepFailedOnly, kCleanupAll };

struct Recipe {
  std::string file;                      // "" when everything came from the command line
  std::string original;                  // the file's bytes
  std::string project_name = "hello_world";
  std::vector<DatasetEntry> datasets;
  std::string export_path = "./outputs/hello_world/hello_world.jsonl";
  std::uint64_t export_shard_size = 0;
  bool keep_stats_in_res_ds = false;
  bool keep_hashes_in_res_ds = false;
  std::vector<std::string> text_keys = {"text"};
  std::vector<std::string> suffixes;     // which data files of a folder are taken; empty = all
  std::string eoc_special_token = "<|__dj__eoc|>";
  std::int64_t np = 0;                   // 0 = one worker per processor
  std::string work_dir;                  // resolved, without the job id
  std::optional<std::string> job_id;
  std::optional<std::string> resume;
  std::string event_log_dir, checkpoint_dir, temp_dir;  // "" = default place
  bool use_cache = true;                 // false: reuse nothing that another job stored
  bool open_tracer = false;
  std::int64_t trace_num = 10;
  bool event_logging = true;
  bool strict_preflight = true;

  CheckpointStrategy strategy = CheckpointStrategy::kEveryNOps;
  std::uint64_t n_ops = 5;
  std::vector<std::size_t> manual_ops;   // indexes into `process`, from names, indexes or "name#2"; auto: its choice
  bool self_contained = false;

  std::uint64_t partition_target_bytes = 8u << 20;  // partition.target_size_mb when the recipe sets it
  std::uint64_t partition_records = 0;   // partition.size
  std::uint64_t partition_count = 0;     // partition.num_of_partitions (mode manual)
  std::int64_t max_concurrent_partitions = 0;

  // What happens to checkpoints when the job ends (intermediate_storage.retention_policy).
  RetentionPolicy retention = RetentionPolicy::kKeepAll;
  std::string on_error = "quarantine";   // default of the operators' on_error
  std::optional<std::uint64_t> max_quarantined;  // nullopt = no limit
  std::string export_type;               // "jsonl", or "" when the name of export_path decides
  std::vector<std::string> plugin_paths; // custom_operator_paths
  std::vector<std::string> op_list_to_trace, trace_keys;
  bool debug = false;
  std::string ignored = "{}";            // canonical JSON of the keys that were accepted and are not read

  std::vector<OpConfig> process;
  std::vector<std::string> warnings;     // ignored keys, clamped values, traps of Data-Juicer's own
  std::vector<std::pair<std::string, std::string>> overrides;  // as given on the command line

  // Everything above as canonical JSON (the resolved recipe that is kept in the work directory).
  std::string resolved_json() const;
};

// All errors found, as sentences, one per line of the Status message (code kUsage).
// `file` may be "" (all from overrides). `overrides`: dotted keys and YAML scalars ("partition.mode", "auto"),
// ("text_length_filter.min_len", "50") applies to every entry of that operator, ("text_length_filter#2.min_len", ...)
// to the second. ${VAR} and ${VAR:-default} in string values are taken from the environment.
Result<Recipe> load_recipe(const std::string& file,
                           const std::vector<std::pair<std::string, std::string>>& overrides,
                           const OpCatalog& catalog);

// The way back from Recipe::resolved_json(), for worker processes: they must not read the recipe's file a second time.
// `original` stays empty; everything else is as it was.
Result<Recipe> recipe_from_resolved(const std::string& json);

// Replaces {job_id} in the recipe's paths (and sets job_id), once the job's name is known. load_recipe() has
// done so when the recipe or the command line names the job. kUsage when `job_id` cannot be a folder's name.
Status resolve_job_id(Recipe& recipe, const std::string& job_id);

// custom_operator_paths alone, without an operator catalog: what to load before load_recipe() can check operators.
// Errors other than unreadable YAML are left to load_recipe().
Result<std::vector<std::string>> recipe_plugin_paths(
    const std::string& file, const std::vector<std::pair<std::string, std::string>>& overrides);

// Checks `given` (JSON object) against an operator's schema and fills in defaults: canonical JSON. Every error
// is appended to `errors` as "<where>: sentence". Data-Juicer's scalar rules: int is accepted for float, 2.0 for int;
// not str for int, 7.5 for int, int for bool.
std::string check_params(const OpSchema& schema, const JsonValue& given, const std::string& where,
                         std::vector<std::string>& errors);

}  // namespace ophost
