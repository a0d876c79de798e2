#include "host/run/job_blobs.hpp"

#include <set>

#include "host/run/replay.hpp"

namespace ophost {

std::vector<Fingerprint> JobBlobs::used() const {
  std::vector<Fingerprint> used;
  std::set<Fingerprint> seen;
  auto use = [&](const Fingerprint& f) {
    if (seen.insert(f).second) used.push_back(f);
  };
  for (const auto& d : job_.plan->decided)
    if (d) use(*d);
  for (const PartitionPlan& p : job_.plan->partitions)
    for (const PassState& s : p.passes) {
      for (const Layer& l : s.layers) use(l.blob);
      for (const Layer& l : s.end_layers) use(l.blob);
      if (s.keys) use(*s.keys);
      if (s.rows) use(*s.rows);
    }
  return used;
}

// What a gathering that was killed may have left.
std::vector<Fingerprint> JobBlobs::scattered() const {
  const Plan& plan = *job_.plan;
  std::vector<Fingerprint> out;
  for (std::size_t j = 0; j < plan.decisions.size(); ++j)
    for (std::size_t p = 0; p < plan.partitions.size() && plan.boundary(j) == Boundary::kGlobal; ++p)
      out.push_back(scattered_fingerprint(job_, j, p));
  return out;
}

Status JobBlobs::forget_all(const Fingerprint& export_record) const {
  std::vector<Fingerprint> all = scattered();
  for (const auto& d : job_.plan->decisions) all.push_back(d[0]);
  for (const PartitionPlan& p : job_.plan->partitions) {
    for (const Fingerprints& f : p.at) all.push_back(f[0]);
    for (const Fingerprints& f : p.keys) all.push_back(f[0]);
  }
  all.push_back(export_record);
  return job_.store->erase(all);
}

Status JobBlobs::forget_quarantined(const std::vector<bool>& ops, const Fingerprint& export_record) const {
  for (;;) {
    OPH_ASSIGN(auto blobs, made_without_quarantined(*job_.plan, *job_.whole_store, ops));
    if (blobs.empty()) break;
    OPH_TRY(job_.store->erase(blobs));
  }
  std::vector<Fingerprint> made = {export_record};
  for (std::size_t p = 0; p < job_.plan->partitions.size(); ++p) made.push_back(part_fingerprint(job_, p));
  return job_.store->erase(made);
}

Status JobBlobs::settle() const {
  std::vector<Fingerprint> left;  // hardly ever: a look is cheaper than a transaction
  for (const Fingerprint& f : scattered())
    if (auto there = job_.store->find(f); !there.ok() || *there) left.push_back(f);
  if (!left.empty()) OPH_TRY(job_.store->erase(left));
  const bool keep = job_.recipe->strategy != CheckpointStrategy::kDisabled && job_.recipe->retention == RetentionPolicy::kKeepAll;
  if (keep) return job_.whole_store->add_references(job_.job_id, used());
  OPH_TRY(resolve_plan(*job_.plan, job_.whole_store));  // what the last pass has kept is to go too
  return erase_own(used());
}

Status JobBlobs::erase_own(std::vector<Fingerprint> blobs) const {
  OPH_TRY(job_.whole_store->remove_job(job_.job_id));
  OPH_ASSIGN(auto jobs, job_.whole_store->jobs());
  std::set<Fingerprint> others;
  for (const std::string& job : jobs) {
    OPH_ASSIGN(auto list, job_.whole_store->references(job));
    others.insert(list.begin(), list.end());
  }
  std::erase_if(blobs, [&](const Fingerprint& f) { return others.count(f) > 0; });
  return job_.store->erase(blobs);
}

}  // namespace ophost
