// What `ophost plan` prints of costs and of how the input is cut, for a terminal and as JSON. Owner: cli. One thread.
#pragma once

#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/plan/strategy.hpp"
#include "host/run/measure.hpp"

namespace ophost {

// One strategy as a row of the table, and what the recipe asks for.
struct CostReport {
  Measured measured;
  std::vector<StrategyCost> strategies;
  std::string own;       // the recipe's strategy, as in `strategies`
  BorderChoice choice;   // what auto chooses
  double from_nothing = 0, now = 0;  // wall under the recipe's own strategy; with what the store holds
};
// `plan` is resolved.
CostReport report_costs(const Plan& plan, Measured measured);

std::string costs_text(const CostReport& report);
std::string costs_json(const CostReport& report);

// How the input is cut, and how large its records are.
std::string cut_text(const Plan& plan, const RecordSizes& sizes, std::size_t workers);
std::string cut_json(const Plan& plan, const RecordSizes& sizes, std::size_t workers);

}  // namespace ophost
