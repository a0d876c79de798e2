// From the root mapping and the command line to a filled Recipe: every key, its effect, and what
// keys mean together. One thread per load.
#include <algorithm>
#include <cstdlib>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {

const char* environment(const char* name) {
  return std::getenv(name);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size())
    text.replace(i, from.size(), to);
}

namespace {

using Kind = YamlNode::Kind;

constexpr std::int64_t kMaxTargetMb = 1 << 20;  // one TiB

class Loader {
 public:
  Loader(const OpCatalog& catalog, Recipe& recipe, Report& report)
      : catalog_(catalog), recipe_(recipe), report_(report) {}

  void load(const YamlNode& root,
            const std::vector<std::pair<std::string, std::string>>& overrides) {
    std::vector<OpOverride> op_overrides;
    flatten_keys(root, catalog_, values_, report_);
    apply_overrides(overrides, environment, catalog_, values_, op_overrides, report_);
    read_plain_keys();
    read_execution();
    read_storage();
    read_partition();
    read_paths();
    read_process(values_, op_overrides, catalog_, recipe_, report_);
    read_checkpoint();
    read_job();
    keep_ignored();
  }

 private:
  const YamlNode* find(const std::string& key) const {
    auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  void text(const char* key, std::string& into) const {
    if (const YamlNode* n = find(key)) into = n->text;
  }
  void flag(const char* key, bool& into) const {
    if (const YamlNode* n = find(key)) into = n->boolean;
  }
  std::vector<std::string> strings(const char* key) const {
    std::vector<std::string> out;
    const YamlNode* n = find(key);
    if (n == nullptr) return out;
    if (n->is_string() && !n->text.empty())
      for (const auto& part : split(n->text, ',')) out.emplace_back(trim(part));
    for (const auto& item : n->items) out.push_back(item.text);
    return out;
  }

  void read_plain_keys() {
    text("project_name", recipe_.project_name);
    text("eoc_special_token", recipe_.eoc_special_token);
    flag("keep_stats_in_res_ds", recipe_.keep_stats_in_res_ds);
    flag("keep_hashes_in_res_ds", recipe_.keep_hashes_in_res_ds);
    flag("use_cache", recipe_.use_cache);
    flag("open_tracer", recipe_.open_tracer);
    flag("event_logging.enabled", recipe_.event_logging);
    flag("strict_preflight", recipe_.strict_preflight);
    flag("debug", recipe_.debug);
    if (const YamlNode* n = find("trace_num")) recipe_.trace_num = n->integer;
    recipe_.op_list_to_trace = strings("op_list_to_trace");
    recipe_.trace_keys = strings("trace_keys");
    recipe_.suffixes = strings("suffixes");
    if (const YamlNode* n = find("export_shard_size"))
      recipe_.export_shard_size = static_cast<std::uint64_t>(n->integer);
    if (const YamlNode* n = find("max_quarantined"))
      recipe_.max_quarantined = static_cast<std::uint64_t>(n->integer);
    if (const YamlNode* n = find("text_keys")) {
      std::vector<std::string> keys;
      if (n->is_string()) keys.push_back(n->text);
      for (const auto& item : n->items) keys.push_back(item.text);
      if (keys.empty() || std::count(keys.begin(), keys.end(), "") != 0)
        report_.error(*n, "'text_keys' must name at least one field, and no empty one.");
      else
        recipe_.text_keys = std::move(keys);
    }
    if (const YamlNode* n = find("skip_op_error"); n != nullptr && !n->boolean)
      recipe_.on_error = "fail";
    text("on_error", recipe_.on_error);
    recipe_.plugin_paths = strings("custom_operator_paths");
    for (const auto& path : recipe_.plugin_paths)
      if (path.size() > 3 && path.compare(path.size() - 3, 3, ".py") == 0)
        report_.warn(
            *find("custom_operator_paths"),
            "'" + path +
                "' is Python; ophost loads operators from shared libraries (see 'ophost new').");
  }

  void read_execution() {
    if (const YamlNode* n = find("executor_type"); n != nullptr && n->text == "ray")
      report_.error(*n,
                    "executor_type 'ray' is not available; 'default' and 'ray_partitioned' both "
                    "run ophost's own "
                    "partitioned executor.");
    const YamlNode* np = find("np");
    if (np == nullptr) return;
    auto processors = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
    recipe_.np = np->integer;
    if (recipe_.np > processors) {
      report_.warn(*np, "np is " + std::to_string(recipe_.np) + ", more than the " +
                            std::to_string(processors) + " processors there are; " +
                            std::to_string(processors) + " workers are used.");
      recipe_.np = processors;
    }
  }

  void read_storage() {
    if (const YamlNode* n = find("intermediate_storage.format"); n != nullptr && n->text != "blob")
      report_.warn(*n, "intermediate data is stored as blobs, not as " + n->text +
                           "; 'ophost-dump cat' exports JSON lines.");
    const YamlNode* compression = find("intermediate_storage.compression");
    if (compression == nullptr) compression = find("cache_compress");
    if (compression != nullptr) {
      if (compression->text != "zstd")
        report_.warn(*compression, "checkpoints are compressed with zstd" +
                                       (compression->text == "none" ? std::string(" in any case.")
                                                                    : ", not with " + compression->text + "."));
    }
    const YamlNode* keep = find("intermediate_storage.preserve_intermediate_data");
    if (keep != nullptr && !keep->boolean) recipe_.retention = RetentionPolicy::kCleanupAll;
    if (const YamlNode* n = find("intermediate_storage.retention_policy")) {
      recipe_.retention = n->text == "keep_all"           ? RetentionPolicy::kKeepAll
                          : n->text == "keep_failed_only" ? RetentionPolicy::kKeepFailedOnly
                                                          : RetentionPolicy::kCleanupAll;
      if (keep != nullptr && !keep->boolean && recipe_.retention == RetentionPolicy::kKeepAll)
        report_.warn(*n, "retention_policy keep_all wins over preserve_intermediate_data: false.");
    }
  }

  void read_partition() {
    const YamlNode* mode = find("partition.mode");
    const YamlNode* size = find("partition.size");
    const YamlNode* old_size = find("partition_size");
    const YamlNode* count = find("partition.num_of_partitions");
    const YamlNode* target = find("partition.target_size_mb");
    if (old_size != nullptr) {
      report_.warn(*old_size, "'partition_size' is deprecated; write 'partition.size'.");
      if (size == nullptr) size = old_size;
    }
    if (count != nullptr && count->text == "auto") count = nullptr;
    if (target != nullptr) {
      if (target->integer > kMaxTargetMb)
        report_.error(*target, "'partition.target_size_mb' is " + std::to_string(target->integer) +
                                   "; the largest value is " + std::to_string(kMaxTargetMb) +
                                   " (1 TiB).");
      else
        recipe_.partition_target_bytes = static_cast<std::uint64_t>(target->integer) << 20;
    }
    bool manual = mode != nullptr && mode->text == "manual";
    if (manual) {
      if (size != nullptr && count != nullptr && size != old_size)
        report_.error(
            *count,
            "'partition.size' and 'partition.num_of_partitions' exclude each other in mode manual; "
            "remove one of them.");
      if (target != nullptr)
        report_.warn(*target, "'partition.target_size_mb' has no effect in mode manual.");
      if (count != nullptr)
        recipe_.partition_count = static_cast<std::uint64_t>(count->integer);
      else if (size != nullptr)
        recipe_.partition_records = static_cast<std::uint64_t>(size->integer);
      else
        recipe_.partition_count = 4;
    } else {
      if (size != nullptr)
        report_.warn(*size,
                     "'partition.size' has no effect in mode auto; set partition.mode: manual.");
      if (count != nullptr)
        report_.warn(*count,
                     "'partition.num_of_partitions' has no effect in mode auto; set "
                     "partition.mode: manual.");
    }
    const YamlNode* most = find("partition.max_concurrent_partitions");
    if (most != nullptr && most->text != "auto") recipe_.max_concurrent_partitions = most->integer;
  }

  void read_checkpoint() {
    recipe_.strategy = CheckpointStrategy::kEveryNOps;
    const YamlNode* strategy = find("checkpoint.strategy");
    if (strategy != nullptr) {
      if (strategy->text == "every_op") recipe_.strategy = CheckpointStrategy::kEveryOp;
      if (strategy->text == "manual") recipe_.strategy = CheckpointStrategy::kManual;
      if (strategy->text == "disabled") recipe_.strategy = CheckpointStrategy::kDisabled;
      if (strategy->text == "auto") recipe_.strategy = CheckpointStrategy::kAuto;
    }
    const YamlNode* enabled = find("checkpoint.enabled");
    if (enabled == nullptr) enabled = find("use_checkpoint");
    if (enabled != nullptr && !enabled->boolean) recipe_.strategy = CheckpointStrategy::kDisabled;
    if (const YamlNode* n = find("checkpoint.n_ops"))
      recipe_.n_ops = static_cast<std::uint64_t>(n->integer);
    flag("checkpoint.self_contained", recipe_.self_contained);
    const YamlNode* names = find("checkpoint.op_names");
    bool some = names != nullptr && !names->items.empty();
    bool manual = strategy != nullptr && strategy->text == "manual";
    if (manual && !some)
      report_.error(
          *strategy,
          "checkpoint.strategy 'manual' needs checkpoint.op_names: after which operators?");
    if (some && !manual)
      report_.warn(*names,
                   "'checkpoint.op_names' has no effect unless checkpoint.strategy is manual.");
    if (some && manual) read_manual_ops(*names, recipe_, report_);
  }

  void read_paths() {
    read_datasets(values_, recipe_, report_);
    text("export_path", recipe_.export_path);
    text("export_type", recipe_.export_type);
    text("temp_dir", recipe_.temp_dir);
    text("event_log_dir", recipe_.event_log_dir);
    text("checkpoint_dir", recipe_.checkpoint_dir);
    if (recipe_.checkpoint_dir.empty()) text("ds_cache_dir", recipe_.checkpoint_dir);
    check_export();
    resolve_work_dir();
    for (std::string* path : {&recipe_.temp_dir, &recipe_.event_log_dir, &recipe_.checkpoint_dir})
      if (!path->empty()) *path = absolute_path(*path);
    for (auto& d : recipe_.datasets)
      if (d.path != "-") d.path = absolute_path(d.path);
  }

  const YamlNode& place(const char* key) const {
    static const YamlNode nowhere;
    const YamlNode* n = find(key);
    return n == nullptr ? nowhere : *n;
  }

  void check_export() {
    const std::string& path = recipe_.export_path;
    if (path.empty())
      return report_.error(place("export_path"), "'export_path' is empty; name a .jsonl file.");
    if (path.find("://") != std::string::npos)
      return report_.error(place("export_path"),
                           "'" + path + "' is remote; ophost writes local files.");
    if (!recipe_.export_type.empty()) {
      if (recipe_.export_type != "jsonl")
        report_.error(place("export_type"), "export_type must be jsonl, not '" +
                                                recipe_.export_type +
                                                "'; other formats "
                                                "can be made from it afterwards.");
      return;
    }
    for (const char* suffix : {".jsonl", ".jsonl.gz", ".jsonl.zst", ".json.gz", ".json.zst"}) {
      std::string s = suffix;
      if (path.size() > s.size() && path.compare(path.size() - s.size(), s.size(), s) == 0) return;
    }
    report_.error(place("export_path"),
                  "'" + path +
                      "' must end in .jsonl, .jsonl.gz or .jsonl.zst (JSON lines is the one "
                      "output format), or set export_type: jsonl.");
  }

  // work_dir is kept without the job's id; {work_dir} in other paths stands for what the recipe
  // says.
  void resolve_work_dir() {
    const YamlNode* given = find("work_dir");
    std::string work = given == nullptr ? "" : given->text;
    auto uses_work_dir = [](const std::string& s) {
      return s.find("{work_dir}") != std::string::npos;
    };
    if (given != nullptr && (work.empty() || uses_work_dir(work)))
      report_.error(
          *given, work.empty() ? "'work_dir' is empty." : "'work_dir' cannot contain {work_dir}.");
    if (given == nullptr) {
      if (uses_work_dir(recipe_.export_path))
        report_.error(place("export_path"),
                      "'export_path' uses {work_dir}, which is not set; set work_dir.");
      work = parent_path(absolute_path(recipe_.export_path));
    }
    while (work.size() > 1 && work.back() == '/') work.pop_back();
    for (std::string* path :
         {&recipe_.export_path, &recipe_.temp_dir, &recipe_.event_log_dir, &recipe_.checkpoint_dir})
      replace_all(*path, "{work_dir}", work);
    for (auto& d : recipe_.datasets) replace_all(d.path, "{work_dir}", work);
    recipe_.export_path = absolute_path(recipe_.export_path);
    if (std::size_t at = work.find(kJobId); at != std::string::npos) {
      std::size_t name = work.rfind('/');
      name = name == std::string::npos ? 0 : name + 1;
      if (work.substr(name) != kJobId) {
        report_.error(
            place(given == nullptr ? "export_path" : "work_dir"),
            "'{job_id}' must be the last part of work_dir ('path/to/folder/{job_id}'), not '" +
                work + "'.");
        return;
      }
      work = name == 0 ? "." : work.substr(0, std::max<std::size_t>(1, name - 1));
    }
    recipe_.work_dir = absolute_path(work);
    if (recipe_.work_dir.size() > 1 && recipe_.work_dir.back() == '/') recipe_.work_dir.pop_back();
  }

  void read_job() {
    const YamlNode* job = find("job_id");
    const YamlNode* resume = find("resume");
    if (job != nullptr) recipe_.job_id = job->text;
    if (resume != nullptr) {
      if (job != nullptr && job->text != resume->text)
        report_.error(*resume, "'resume' names the job '" + resume->text +
                                   "' and 'job_id' names '" + job->text + "'; give one of them.");
      recipe_.resume = resume->text;
      recipe_.job_id = resume->text;
    }
    const YamlNode* node = resume != nullptr ? resume : job;
    if (node == nullptr) return;
    if (Status s = resolve_job_id(recipe_, *recipe_.job_id); !s.ok())
      report_.error(*node, s.message());
  }

  void keep_ignored() {
    Json out(rapidjson::kObjectType);
    std::vector<std::string> problems;
    for (const auto& [name, node] : values_) {
      if (find_recipe_key(name)->use != KeyUse::kIgnored) continue;
      out.AddMember(JsonValue(name, out.GetAllocator()),
                    to_json(node, out.GetAllocator(), problems), out.GetAllocator());
      for (const auto& p : problems) report_.error(node, "'" + name + "': " + p + ".");
      problems.clear();
    }
    recipe_.ignored = canonical_json(out);
  }

  const OpCatalog& catalog_;
  Recipe& recipe_;
  Report& report_;
  KeyValues values_;
};

}  // namespace

void fill_recipe(const YamlNode& root,
                 const std::vector<std::pair<std::string, std::string>>& overrides,
                 const OpCatalog& catalog, Recipe& recipe, Report& report) {
  Loader(catalog, recipe, report).load(root, overrides);
}

}  // namespace ophost
