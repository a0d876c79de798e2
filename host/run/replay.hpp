// Trying again what went into quarantine. A record that was put aside is missing from everything that was made after it: from
// its partition's later checkpoints, and, behind a deduplicator or a selector, from what was decided for all partitions. Those
// blobs are named here, so that the job forgets them and one path computes them anew: the result is that of a run in
// which the record had never failed.
#pragma once

#include <vector>

#include "host/base/status.hpp"
#include "host/plan/plan.hpp"
#include "host/store/store.hpp"

namespace ophost {

// Blobs the plan would reuse that lack a record which one of `ops` (by index; true = this one) put into quarantine. Empty
// when there is none; to be asked again after these were erased, because others may stand behind them.
Result<std::vector<Fingerprint>> made_without_quarantined(const Plan& plan, Store& store, const std::vector<bool>& ops);

// Which operators `names` mean: names, name#2 (the second of that name) or indexes; all when there are no names.
Result<std::vector<bool>> ops_named(const Recipe& recipe, const std::vector<std::string>& names);

}  // namespace ophost
