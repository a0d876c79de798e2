#include "host/run/replay.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/run/op_stats.hpp"

namespace ophost {

Result<std::vector<Fingerprint>> made_without_quarantined(const Plan& plan, Store& store, const std::vector<bool>& ops) {
  OPH_ASSIGN(auto stored, stored_states(plan, &store));
  // The first of the operators that lost a record, per partition.
  std::vector<std::size_t> first(plan.partitions.size(), SIZE_MAX);
  for (const StoredState& s : stored) {
    if (!s.partition) continue;
    auto stats = stats_from_json(get_member(s.manifest, "op_stats"));
    for (std::size_t k = 0; k < stats.size() && k < ops.size(); ++k)
      if (ops[k] && stats[k].quarantined > 0) first[*s.partition] = std::min(first[*s.partition], k);
  }
  // Behind the first boundary over all partitions that such a record would have come to, nothing is as it was.
  std::size_t decided = SIZE_MAX;
  for (std::size_t k : first)
    for (std::size_t j = 0; j < plan.passes.size() && k != SIZE_MAX; ++j)
      if (plan.passes[j].barrier && *plan.passes[j].barrier >= k && plan.boundary(j) != Boundary::kLocal) {
        decided = std::min(decided, j);
        break;
      }
  std::set<Fingerprint> out;
  for (const StoredState& s : stored) {
    bool gone = decided != SIZE_MAX && (s.pass > decided || (s.pass == decided && s.after_boundary));
    if (s.partition) gone = gone || s.position > first[*s.partition];
    if (gone) out.insert(s.blob);
  }
  return std::vector<Fingerprint>(out.begin(), out.end());
}

Result<std::vector<bool>> ops_named(const Recipe& recipe, const std::vector<std::string>& names) {
  std::vector<bool> out(recipe.process.size(), names.empty());
  for (const std::string& given : names) {
    std::size_t number = 0;
    const char* end = given.data() + given.size();
    if (auto [at, error] = std::from_chars(given.data(), end, number); error == std::errc() && at == end) {
      if (number >= out.size())
        return Status::usage("there is no operator " + given + "; the recipe has " + std::to_string(out.size()) + " (0 is the first)");
      out[number] = true;
      continue;
    }
    const std::size_t hash = given.find('#');
    const std::string name = given.substr(0, hash);
    const std::string which = hash == std::string::npos ? "" : given.substr(hash + 1);
    std::size_t seen = 0, meant = 0;
    std::vector<std::string> known;
    for (std::size_t k = 0; k < out.size(); ++k) {
      known.push_back(recipe.process[k].name);
      if (known.back() != name) continue;
      ++seen;
      if (!which.empty() && which != std::to_string(seen)) continue;
      out[k] = true;
      ++meant;
    }
    if (meant == 0)
      return Status::usage("the job's recipe has no operator '" + given + "'." + did_you_mean(name, known));
  }
  return out;
}

}  // namespace ophost
