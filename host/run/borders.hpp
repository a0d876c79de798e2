// Where the taps of a job under checkpoint.strategy: auto stand. They are chosen when the job first runs, kept in
// {job}/metadata/checkpoint_borders.json, and stay where they are when it is resumed, whatever a new measurement would say:
// a border that moved would leave its checkpoints unseen. One thread, before the tasks.
#pragma once

#include <functional>
#include <string>

#include "host/base/status.hpp"
#include "host/plan/plan.hpp"
#include "host/plan/strategy.hpp"
#include "host/run/measure.hpp"

namespace ophost {

// Bounds of the measuring at a job's start: less exact and shorter than that of `ophost plan --costs`.
MeasureOptions quick_measure(std::size_t workers);

// When measuring failed: behind the operators that their plugins declare as expensive, else every five.
BorderChoice guess_borders(const Plan& plan, const std::string& why);

// Sets recipe.manual_ops and places the plan's borders (`plan` is of `recipe`). `choose` is asked when nothing is
// remembered, or when the recipe's operators are others by now; what was remembered before the first of these stays.
// `keep`: write it down. `fresh`: remember nothing of before. Tells what was decided in `said` (one sentence).
Status settle_borders(Recipe& recipe, Plan& plan, const std::string& job_folder, bool keep, bool fresh,
                      const std::function<Result<BorderChoice>()>& choose, std::string& said);

}  // namespace ophost
