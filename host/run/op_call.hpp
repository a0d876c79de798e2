// What surrounds every call of an operator on a batch: rows it cannot see are set aside before, the recipe's on_error
// policy is applied to the rows it could not process after. One worker.
#pragma once

#include <string>
#include <vector>

#include "host/run/context.hpp"
#include "host/run/op_stats.hpp"

namespace ophost {

// The batch's columns in the order in which the recipe's operators name them. A task's own order depends on the
// checkpoint it started from; what is written must not.
std::vector<std::size_t> recipe_order(const Plan& plan, const Batch& batch);

// Columns that composing a whole record needs besides what the operators use.
std::vector<ColumnSpec> render_columns(const Plan& plan);

// Brings the operator's views (PlannedOp::views) up to date, and fails the rows without a text that it needs (it would
// see an empty string where there is none).
// Its derived columns are computed where they are not there yet.
Status prepare_call(const JobContext& job, Worker& worker, std::size_t op, Batch& batch);

// Derived columns are of the text as it was: they go when an operator has written it.
void forget_derived(const PlannedOp& op, Batch& batch);

// Applies on_error to the faults from `first_fault` on, which operator `op` has just added.
Status settle_faults(JobContext& job, std::size_t partition, std::size_t op, Batch& batch, std::size_t first_fault,
                     OpStats& stats);

// Counts records that went to quarantine against the budget.
Status count_quarantined(JobContext& job, std::uint64_t records);
Status too_many_quarantined(const JobContext& job);

// Bytes of the live values of column `spec`.
std::uint64_t live_bytes(const Batch& batch, const ColumnSpec& spec);

// "file:line" of a row's input record.
std::string place_of(const JobContext& job, std::size_t partition, const Batch& batch, std::size_t row);

// Appends the quarantine's entry for `fault`, one JSON line.
void append_quarantine(const JobContext& job, std::size_t partition, const Batch& batch, const RowFault& fault,
                       std::string& out);
// All of a batch's faults, in the order of its rows. Returns how many there were.
std::uint64_t append_quarantine(const JobContext& job, std::size_t partition, const Batch& batch, std::string& out);

}  // namespace ophost
