#include "host/plan/plan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/io/sink.hpp"
#include "host/plan/strategy.hpp"

namespace ophost {
namespace {

// Raise when the meaning of stored checkpoints changes: everything older is then recomputed.
constexpr std::uint64_t kPlanFormat = 1;

std::string abi_text(const Plugin& p) {
  return std::to_string(p.abi_major) + "." + std::to_string(p.abi_minor);
}

void identify(PlannedOp& op) {
  const Plugin& plugin = *op.op->plugin;
  const std::string resources = json_array(
      op.resources, [](const ResourceUse& r) { return JsonObject().add("name", r.name).add("digest", r.digest.hex()).text(); });
  op.ingredients = JsonObject()
                       .add("step", "op")
                       .add("index", static_cast<std::int64_t>(op.config->index))
                       .add("name", op.op->name)
                       .add("semantics", std::int64_t{op.op->desc.semantics})
                       .add_raw("params", op.config->params)
                       .add("text_key", op.config->text_key)
                       .add("on_error", op.config->on_error)
                       .add("plugin", plugin.id)
                       .add("version", plugin.version)
                       .add("abi", abi_text(plugin))
                       .add("digest", plugin.digest.hex())
                       .add_raw("resources", resources)
                       .text();
  for (std::size_t m = 0; m < kMatches; ++m) {
    Hasher h;
    h.field(op.op->name).field(op.op->desc.semantics).field(op.config->params).field(op.config->text_key);
    h.field(op.config->on_error).field(op.idle);
    for (const ResourceUse& r : op.resources) h.field(r.name).field(r.digest.view());
    for (const auto& [source, column] : op.derived) {
      h.field(source->name).field(source->desc.semantics);
      if (m != static_cast<std::size_t>(Match::kSemantics)) h.field(source->plugin->id).field(source->plugin->version);
      if (m == static_cast<std::size_t>(Match::kStrict)) h.field(source->plugin->digest.view());
    }
    if (m != static_cast<std::size_t>(Match::kSemantics)) {
      h.field(plugin.id).field(plugin.version).field(plugin.abi_major).field(plugin.abi_minor);
      if (m == static_cast<std::size_t>(Match::kStrict)) h.field(plugin.digest.view());
    }
    op.identity[m] = h.digest();
  }
}

void make_passes(Plan& plan) {
  const std::size_t n = plan.ops.size();
  for (std::size_t begin = 0;;) {
    Pass pass;
    pass.begin = begin;
    pass.end = begin;
    while (pass.end < n && !plan.ops[pass.end].barrier()) ++pass.end;
    if (pass.end < n) pass.barrier = pass.end;
    plan.passes.push_back(pass);
    if (!pass.barrier) break;
    begin = pass.end + 1;
  }
  place_borders(plan);
}

// Rows remember where in the input they came from, in words that only hold while the input lies there.
std::string place_in_input(const Plan& plan, const PartitionPlan& p) {
  return absolute_path(plan.files[p.input.file].path) + ":" + std::to_string(p.input.begin) + ":" +
         std::to_string(p.input.first_line);
}

void make_fingerprints(Plan& plan) {
  const Recipe& recipe = *plan.recipe;
  for (PartitionPlan& p : plan.partitions) {
    Hasher h;
    h.field("ophost input").field(kPlanFormat).field(kBatchRecords).field(kBatchBytes);
    h.field(p.input.content.view());
    for (const std::string& key : recipe.text_keys) h.field(key);
    if (!plan.text_required) h.field("any type of text");
    Fingerprint f = h.digest();
    p.at.push_back({f, f, f});
  }
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& pass = plan.passes[j];
    for (PartitionPlan& p : plan.partitions)
      for (std::size_t k = pass.begin; k < pass.end; ++k) {
        Fingerprints next;
        for (std::size_t m = 0; m < kMatches; ++m)
          next[m] = Hasher().field(p.at[k][m].view()).field(plan.ops[k].identity[m].view()).digest();
        p.at.push_back(next);
      }
    if (!pass.barrier) break;
    const PlannedOp& barrier = plan.ops[*pass.barrier];
    if (barrier.boundary() == Boundary::kLocal) {
      plan.decisions.push_back({});
      for (PartitionPlan& p : plan.partitions) {
        p.keys.push_back({});
        Fingerprints next;
        for (std::size_t m = 0; m < kMatches; ++m)
          next[m] = Hasher()
                        .field("rows")
                        .field(p.at[pass.end][m].view())
                        .field(barrier.identity[m].view())
                        .field(place_in_input(plan, p))
                        .digest();
        p.at.push_back(next);
      }
      continue;
    }
    Fingerprints decision;
    for (std::size_t m = 0; m < kMatches; ++m) {
      Hasher all;
      all.field("decision").field(barrier.identity[m].view());
      for (PartitionPlan& p : plan.partitions) all.field(p.at[pass.end][m].view());
      if (barrier.boundary() == Boundary::kGlobal)
        for (PartitionPlan& p : plan.partitions) all.field(place_in_input(plan, p));
      decision[m] = all.digest();
    }
    plan.decisions.push_back(decision);
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
      PartitionPlan& p = plan.partitions[i];
      Fingerprints keys, next;
      for (std::size_t m = 0; m < kMatches; ++m) {
        keys[m] = Hasher().field("keys").field(p.at[pass.end][m].view()).field(barrier.identity[m].view())
                      .field(recipe.keep_hashes_in_res_ds).digest();
        // The decision differs from partition to partition even where their contents are equal.
        next[m] = Hasher().field(p.at[pass.end][m].view()).field(decision[m].view()).field(i).digest();
      }
      p.keys.push_back(keys);
      p.at.push_back(next);
    }
  }
  Hasher out;
  out.field("export").field(recipe.keep_stats_in_res_ds).field(recipe.keep_hashes_in_res_ds);
  out.field(recipe.export_shard_size);
  for (PartitionPlan& p : plan.partitions) out.field(p.at.back()[0].view());
  plan.export_fingerprint = out.digest();
}

// Does a write to `a` show in `b`?
bool overlap(const std::string& a, const std::string& b) {
  return a == b || a == "$record" || b == "$record" || is_below(a, b) || is_below(b, a);
}

bool text_is_read(const Plan& plan) {
  if (plan.ops.empty()) return true;
  const ColumnSpec text{plan.recipe->text_keys.front(), ColumnType::kStr};
  for (const PlannedOp& op : plan.ops) {
    if (std::find(op.reads.begin(), op.reads.end(), text) != op.reads.end()) return true;
    if (op.boundary() == Boundary::kLocal || op.boundary() == Boundary::kGlobal) return false;
  }
  return true;
}

void find_views(Plan& plan) {
  for (std::size_t k = 0; k < plan.ops.size(); ++k)
    for (const ColumnSpec& r : plan.ops[k].reads) {
      bool stale = false;
      for (std::size_t e = 0; e < k && !stale; ++e)
        for (const ColumnSpec& w : plan.ops[e].writes) stale = stale || (w != r && overlap(w.path, r.path));
      if (stale) plan.ops[k].views.push_back(r);
    }
}

void warn_about_stats(Plan& plan) {
  std::map<std::string, std::size_t> first;
  std::set<std::size_t> warned;
  for (std::size_t k = 0; k < plan.ops.size(); ++k)
    for (const ColumnSpec& w : plan.ops[k].writes) {
      if (!w.path.starts_with("__dj__stats__.")) continue;
      auto [it, fresh] = first.emplace(w.path, k);
      if (!fresh && warned.insert(k).second)
        plan.warnings.push_back(
            "process[" + std::to_string(k) + "] " + plan.ops[k].op->name + " uses the statistic '" +
            w.path.substr(14) + "' that process[" + std::to_string(it->second) + "] " +
            plan.ops[it->second].op->name +
            " computed: as in Data-Juicer, a statistic that is there is never computed again.");
    }
}

// The export replaces files; none of them may be one that the job reads.
Status check_export_is_no_input(const Recipe& recipe, const std::vector<InputFile>& files) {
  struct stat target {}, input {};
  for (const std::string& path : {recipe.export_path, stats_path(recipe.export_path)}) {
    if (::stat(path.c_str(), &target) != 0) continue;
    for (const InputFile& f : files)
      if (::stat(f.path.c_str(), &input) == 0 && input.st_dev == target.st_dev && input.st_ino == target.st_ino)
        return Status::usage("the export would replace its own input: '" + path + "' and '" + f.path +
                             "' are one file. Set export_path to another name, outside of what dataset_path names.");
  }
  return {};
}

}  // namespace

void place_borders(Plan& plan) {
  const Recipe& r = *plan.recipe;
  const bool keep_last = r.strategy != CheckpointStrategy::kDisabled && r.strategy != CheckpointStrategy::kAuto;
  for (Pass& pass : plan.passes) {
    pass.borders.clear();
    for (std::size_t k = pass.begin; k < pass.end; ++k) {
      // What a barrier's next pass starts from must be kept in any case; so must the last state, unless
      // checkpoints are off.
      const bool last = k + 1 == pass.end && (pass.barrier ? plan.ops[*pass.barrier].boundary() != Boundary::kLocal : keep_last);
      if (last || wants_border(r.strategy, r.n_ops, r.manual_ops, k)) pass.borders.push_back(k + 1);
    }
  }
}

const char* match_name(Match match) {
  switch (match) {
    case Match::kStrict: return "strict";
    case Match::kVersion: return "version";
    case Match::kSemantics: return "semantics";
  }
  return "strict";
}

Boundary PlannedOp::boundary() const {
  switch (op->desc.kind) {
    case OPH_KIND_DEDUP: return idle ? Boundary::kNone : Boundary::kDedup;
    case OPH_KIND_FLATMAP: return Boundary::kLocal;
    case OPH_KIND_SELECT:
    case OPH_KIND_GROUP:
    case OPH_KIND_AGGREGATE: return Boundary::kGlobal;
    default: break;
  }
  for (const ColumnSpec& w : writes)
    if (w.path == "$record") return Boundary::kLocal;
  return Boundary::kNone;
}

std::uint64_t Plan::input_bytes() const {
  std::uint64_t sum = 0;
  for (const PartitionPlan& p : partitions) sum += p.input.end - p.input.begin;
  return sum;
}

bool Plan::needed(std::size_t pass, std::size_t partition) const {
  const PassState& s = partitions[partition].passes[pass];
  if (pass + 1 == passes.size()) return true;  // renders
  if (boundary(pass) == Boundary::kLocal)
    return !s.rows && partitions[partition].passes[pass + 1].start == passes[pass + 1].begin && needed(pass + 1, partition);
  if (!decided[pass]) return !s.keys || !s.end_ready;
  if (boundary(pass) == Boundary::kGlobal) return false;  // decided means that its rows are there
  // The decision is there; the state before it is wanted only by a next pass that starts from it.
  const PassState& next = partitions[partition].passes[pass + 1];
  bool wanted = next.start == passes[pass + 1].begin && needed(pass + 1, partition);
  return wanted && (!s.end_ready || !s.keys);
}

OpProbe probe_here(const HostServices& services) {
  return [&services](const Operator& op, const OpConfig& config) -> Result<OpFacts> {
    OPH_ASSIGN(auto instance, OpInstance::create(op, config.index, config.params, config.text_key, services));
    return OpFacts{instance->reads(), instance->writes(), instance->resources()};
  };
}

Result<Plan> make_plan(const Recipe& recipe, const Registry& registry, const OpProbe& probe,
                       std::vector<InputFile> files, std::vector<InputPartition> partitions, Match match) {
  OPH_TRY(check_export_is_no_input(recipe, files));
  Plan plan;
  plan.recipe = &recipe;
  plan.match = match;
  plan.files = std::move(files);
  plan.warnings = recipe.warnings;
  std::vector<std::string> errors;
  Code code = Code::kUsage;
  std::set<std::string> hashes;  // hash columns that an earlier deduplicator left in the record
  for (const OpConfig& config : recipe.process) {
    PlannedOp op;
    op.config = &config;
    op.op = registry.find(config.name);
    std::string where = "process[" + std::to_string(config.index) + "] " + config.name;
    if (!op.op) {
      errors.push_back(where + " is not offered by any plugin.");
      continue;
    }
    const std::int32_t kind = op.op->desc.kind;
    if (kind == OPH_KIND_DERIVE || kind == OPH_KIND_OBSERVER) {
      errors.push_back(where + " is " + kind_name(kind) + ", which is no step of a recipe's process.");
      continue;
    }
    bool all_there = true;
    for (const std::string& d : op.op->derives) {
      const Operator* source = registry.find_column(d);
      if (source) {
        op.derived.push_back({source, {}});
        continue;
      }
      errors.push_back(where + " reads the derived column '" + d + "', which no plugin offers; name the plugin that does "
                       "with --plugin-path.");
      all_there = false;
    }
    if (!all_there) continue;
    auto facts = probe(*op.op, config);
    if (!facts.ok()) {
      errors.push_back(facts.status().message());
      if (facts.status().code() == Code::kPlugin) code = Code::kPlugin;
      continue;
    }
    op.reads = facts->reads;
    for (std::size_t d = 0; d < op.derived.size(); ++d)
      op.derived[d].second = op.reads[op.reads.size() - op.derived.size() + d];
    op.writes = facts->writes;
    op.resources = facts->resources;
    if (kind == OPH_KIND_DEDUP)
      for (const ColumnSpec& w : op.writes) {
        if (!hashes.insert(w.path).second) op.idle = true;
      }
    if (op.idle)
      plan.warnings.push_back(where + " finds '" + op.writes[0].path +
                              "' from an earlier deduplicator in the records: as in Data-Juicer it believes "
                              "these hashes, so it removes nothing more.");
    identify(op);
    if (!(op.op->desc.promises & OPH_P_DETERMINISTIC))
      plan.warnings.push_back(where + " does not promise to be deterministic: resumed and repeated runs may differ.");
    for (const ColumnSpec& w : op.writes)
      if (w.path.starts_with("__dj__") &&
          std::find(plan.stats.begin(), plan.stats.end(), w) == plan.stats.end())
        plan.stats.push_back(w);
    plan.ops.push_back(std::move(op));
  }
  if (!errors.empty()) return Status(code, join(errors, "\n"));
  warn_about_stats(plan);
  find_views(plan);
  plan.text_required = text_is_read(plan);
  for (InputPartition& p : partitions) plan.partitions.push_back({std::move(p), {}, {}, {}});
  make_passes(plan);
  make_fingerprints(plan);
  OPH_TRY(resolve_plan(plan, nullptr));
  return plan;
}

}  // namespace ophost
