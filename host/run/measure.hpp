// What a run of a plan would cost, measured: some records of the input, spread over all of it, go through the recipe's
// operators in as many threads as the run has workers, through the same calls, without a store. Nothing is left behind.
//
// The time is bounded, whatever the operators cost: one that is too slow gets fewer of the records, and what is left of
// them stands for the others. Not bounded are the creation of the operators and the first records of each.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/plan/costs.hpp"
#include "host/plan/plan.hpp"
#include "host/run/careful.hpp"
#include "host/run/sample.hpp"

namespace ophost {

struct MeasureOptions {
  std::size_t workers = 1;
  double seconds = 2;           // for the measuring itself
  double most_of_input = 0.2;   // it ends when this share of the input has been through,
  std::uint64_t least_bytes = 1u << 20;  // but not before that many bytes have
  const std::atomic<bool>* stop = nullptr;
  std::function<CallTeller(std::size_t)> teller;  // in a worker process: where each thread tells its calls
};

struct Measured {
  RunCosts costs;
  RecordSizes sizes;
  std::uint64_t records = 0, bytes = 0;  // of the sample
  double seconds = 0;                    // the measuring took, creation of operators included
  std::vector<std::string> unmeasured;   // sentences
};

// `plan` is not changed. Fails where a run would: an operator that refuses, a record under on_error: fail.
Result<Measured> measure_costs(Plan& plan, const Recipe& recipe, const Registry& registry, const HostServices& services,
                               const MeasureOptions& options);

}  // namespace ophost
