// What of a plan is in the store already.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "host/base/json.hpp"
#include "host/plan/plan.hpp"

namespace ophost {
namespace {

// Finds blobs by strict fingerprint, and under a relaxed Match also by the relaxed fingerprints that
// manifests record.
class Finder {
 public:
  // `only_job`: nothing but what this job itself made or took over counts (use_cache: false); "" = everything.
  static Result<Finder> make(Store* store, Match match, const std::string& only_job) {
    Finder f(store, match);
    if (store && !only_job.empty()) {
      OPH_ASSIGN(auto own, store->references(only_job));
      f.own_.emplace(own.begin(), own.end());
    }
    if (store && match != Match::kStrict) {
      const char* key = match_name(match);
      OPH_TRY(store->for_each(false, [&](const BlobInfo& info) -> Status {
        OPH_ASSIGN(Json doc, parse_json(info.manifest, "the manifest of " + info.fingerprint.hex()));
        if (const JsonValue* m = get_member(doc, "match"))
          if (auto hash = Hash128::from_hex(get_string(*m, key))) f.relaxed_.emplace(hash->hex(), info.fingerprint);
        return {};
      }));
    }
    return f;
  }

  Result<std::optional<BlobInfo>> find(const Fingerprints& f) {
    OPH_ASSIGN(auto hit, find_any(f));
    if (hit && own_ && !own_->count(hit->fingerprint)) hit.reset();
    return hit;
  }

  Result<bool> has(const Fingerprint& f) {
    auto [it, fresh] = known_.emplace(f.hex(), false);
    if (fresh) {
      it->second = look_up(f).has_value();
    }
    return it->second;
  }

  std::vector<std::string> damaged() const { return {damaged_.begin(), damaged_.end()}; }

 private:
  Finder(Store* store, Match match) : store_(store), match_(match) {}

  Result<std::optional<BlobInfo>> find_any(const Fingerprints& f) {
    if (!store_) return std::optional<BlobInfo>();
    auto hit = look_up(f[0]);
    if (hit || match_ == Match::kStrict) return hit;
    auto it = relaxed_.find(f[static_cast<std::size_t>(match_)].hex());
    if (it == relaxed_.end()) return hit;
    return look_up(it->second);
  }

  // A checkpoint whose manifest is damaged is computed again, and its commit writes it anew. If the whole store cannot
  // be read, that commit says so.
  std::optional<BlobInfo> look_up(const Fingerprint& f) {
    auto hit = store_->find(f);
    if (hit.ok()) return std::move(*hit);
    damaged_.insert(hit.status().message());
    return std::nullopt;
  }

  Store* store_;
  Match match_;
  std::unordered_map<std::string, Fingerprint> relaxed_;
  std::unordered_map<std::string, bool> known_;
  std::optional<std::set<Fingerprint>> own_;
  std::set<std::string> damaged_;
};

// The layers a checkpoint's manifest names, itself included; nothing when one of them is gone.
Result<std::optional<std::vector<Layer>>> layers_of(Finder& finder, const BlobInfo& info) {
  OPH_ASSIGN(Json doc, parse_json(info.manifest, "the manifest of " + info.fingerprint.hex()));
  std::vector<Layer> out;
  const JsonValue* list = get_member(doc, "layers");
  if (!list || !list->IsArray()) return std::optional<std::vector<Layer>>();
  for (const auto& l : list->GetArray()) {
    auto blob = Hash128::from_hex(get_string(l, "blob"));
    if (!blob) return std::optional<std::vector<Layer>>();
    Layer layer{get_bool(l, "decision"), *blob, static_cast<std::uint32_t>(get_int(l, "label")), get_bool(l, "rows")};
    OPH_ASSIGN(bool there, finder.has(layer.blob));
    if (!there) return std::optional<std::vector<Layer>>();
    out.push_back(layer);
  }
  return std::optional(std::move(out));
}

}  // namespace

Status resolve_plan(Plan& plan, Store* store) {
  OPH_ASSIGN(Finder finder, Finder::make(store, plan.match, plan.recipe->use_cache ? "" : plan.recipe->job_id.value_or("")));
  plan.decided.assign(plan.decisions.size(), std::nullopt);
  std::vector<std::vector<std::optional<Fingerprint>>> rows(plan.decisions.size());  // per pass and partition
  for (std::size_t j = 0; j < plan.decisions.size(); ++j) {
    const Boundary boundary = plan.boundary(j);
    if (boundary != Boundary::kLocal) {
      OPH_ASSIGN(auto hit, finder.find(plan.decisions[j]));
      if (hit) plan.decided[j] = hit->fingerprint;
    }
    if (boundary == Boundary::kDedup) continue;
    for (PartitionPlan& p : plan.partitions) {
      OPH_ASSIGN(auto hit, finder.find(p.at[plan.passes[j].end + 1]));
      rows[j].push_back(hit ? std::optional(hit->fingerprint) : std::nullopt);
      // A part of a new data set is of no use without the others: they are made together.
      if (!hit && boundary == Boundary::kGlobal) plan.decided[j].reset();
    }
  }
  plan.unfounded.clear();
  for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
    PartitionPlan& p = plan.partitions[i];
    p.passes.assign(plan.passes.size(), {});
    // Layers of the state at the current pass's begin; nothing when it cannot be read.
    std::optional<std::vector<Layer>> before = std::vector<Layer>();
    for (std::size_t j = 0; j < plan.passes.size(); ++j) {
      const Pass& pass = plan.passes[j];
      PassState& s = p.passes[j];
      s.start = pass.begin;
      for (auto border = pass.borders.rbegin(); border != pass.borders.rend(); ++border) {
        OPH_ASSIGN(auto hit, finder.find(p.at[*border]));
        if (!hit) continue;
        OPH_ASSIGN(auto layers, layers_of(finder, *hit));
        if (!layers) {
          plan.unfounded.push_back(hit->fingerprint);
          continue;
        }
        s.start = *border;
        s.layers = std::move(*layers);
        break;
      }
      if (pass.begin == pass.end) {
        s.end_ready = before.has_value();
        if (before) s.end_layers = *before;
      } else if (s.start == pass.end) {
        s.end_ready = true;
        s.end_layers = s.layers;
      }
      if (!pass.barrier) break;
      if (plan.boundary(j) != Boundary::kDedup) s.rows = rows[j][i];
      if (plan.boundary(j) == Boundary::kGlobal && !plan.decided[j]) s.rows.reset();
      before.reset();
      if (s.rows) before = std::vector<Layer>{{false, *s.rows, kRowsLabel, true}};
      if (plan.boundary(j) == Boundary::kLocal) continue;
      OPH_ASSIGN(auto keys, finder.find(p.keys[j]));
      if (keys) s.keys = keys->fingerprint;
      if (plan.boundary(j) == Boundary::kDedup && s.end_ready && s.keys && plan.decided[j]) {
        before = s.end_layers;
        before->push_back({false, *s.keys, kKeyDeltaLabel});
        before->push_back({true, *plan.decided[j], static_cast<std::uint32_t>(i)});
      }
    }
  }
  plan.damaged = finder.damaged();
  return {};
}

Result<std::vector<StoredState>> stored_states(const Plan& plan, Store* store) {
  OPH_ASSIGN(Finder finder, Finder::make(store, plan.match, ""));
  std::vector<StoredState> out;
  auto look = [&](const Fingerprints& f, StoredState state) -> Status {
    OPH_ASSIGN(auto hit, finder.find(f));
    if (!hit) return {};
    state.blob = hit->fingerprint;
    auto manifest = parse_json(hit->manifest, "the manifest of " + hit->fingerprint.hex());
    if (!manifest.ok()) return {};
    state.manifest = std::move(*manifest);
    out.push_back(std::move(state));
    return {};
  };
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& pass = plan.passes[j];
    const Boundary boundary = plan.boundary(j);
    const bool global = boundary == Boundary::kDedup || boundary == Boundary::kGlobal;
    if (global) OPH_TRY(look(plan.decisions[j], {std::nullopt, j, pass.end + 1, true, {}, {}}));
    for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
      const PartitionPlan& of = plan.partitions[p];
      for (std::size_t at = pass.begin + 1; at <= pass.end; ++at) OPH_TRY(look(of.at[at], {p, j, at, false, {}, {}}));
      if (global) OPH_TRY(look(of.keys[j], {p, j, pass.end + 1, false, {}, {}}));
      if (boundary == Boundary::kLocal || boundary == Boundary::kGlobal)
        OPH_TRY(look(of.at[pass.end + 1], {p, j, pass.end + 1, true, {}, {}}));
    }
  }
  return out;
}

}  // namespace ophost
