#include "host/run/op_call.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/batch/utf8.hpp"
#include "host/run/record_writer.hpp"
#include "host/run/rows.hpp"

namespace ophost {
namespace {

std::string base64(std::string_view s) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((s.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < s.size(); i += 3) {
    std::uint32_t v = 0;
    std::size_t n = std::min<std::size_t>(3, s.size() - i);
    for (std::size_t k = 0; k < 3; ++k) v = v << 8 | (k < n ? static_cast<unsigned char>(s[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? kAlphabet[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// Brings the columns `views` up to what the other columns have made of the record.
void refresh_views(const Plan& plan, const std::vector<ColumnSpec>& views, Batch& batch) {
  const bool edited = std::any_of(batch.columns.begin(), batch.columns.end(), [&](const Column& c) {
    return c.changed_ever.size() == batch.rows() && !c.changed_ever.none();
  });
  if (!edited) return;  // they hold what the lines say
  Batch now;
  std::vector<std::size_t> rows;
  const auto order = recipe_order(plan, batch);
  RecordWriter writer(true, true);
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!batch.alive.get(r)) continue;
    rows.push_back(r);
    now.line_begin.push_back(now.bytes.size());
    writer.write(batch, order, r, now.bytes, nullptr);
    now.line_size.push_back(now.bytes.size() - now.line_begin.back() - 1);
  }
  now.columns.resize(views.size());
  for (std::size_t v = 0; v < views.size(); ++v) now.columns[v].spec = views[v];
  extract_columns(now, -1);
  for (const Column& from : now.columns) {
    auto to = std::find_if(batch.columns.begin(), batch.columns.end(), [&](const Column& c) { return c.spec == from.spec; });
    if (to == batch.columns.end()) continue;
    Column fresh;
    fresh.reset(0);
    std::vector<std::int64_t> offsets = {0};
    for (std::size_t r = 0, next = 0; r < batch.rows(); ++r) {
      const bool alive = next < rows.size() && rows[next] == r;
      to->valid.put(r, alive && from.valid.get(next));
      if (is_variable(from.spec.type)) {
        if (alive) fresh.values += from.str(next);
        offsets.push_back(static_cast<std::int64_t>(fresh.values.size()));
      } else if (alive && from.spec.type == ColumnType::kF64) {
        to->f64[r] = from.f64[next];
      } else if (alive) {
        to->i64[r] = from.i64[next];
      }
      next += alive;
    }
    if (!is_variable(from.spec.type)) continue;
    to->values = std::move(fresh.values);
    to->offsets = std::move(offsets);
  }
}

// Computes a derived column for the live rows, unless it is there. What cannot be derived stays absent: its readers say
// what they think of that.
Status derive(const JobContext& job, Worker& worker, const PlannedOp& op, const Operator& source, const ColumnSpec& column,
              Batch& batch) {
  auto it = std::find_if(batch.columns.begin(), batch.columns.end(), [&](const Column& c) { return c.spec == column; });
  if (it == batch.columns.end()) return {};
  bool there = true;
  for (std::size_t b = 0; b < batch.alive.bytes() && there; ++b) there = (batch.alive.data()[b] & ~it->valid.data()[b]) == 0;
  if (there) return {};
  auto& instance = worker.derived[column.path];
  if (!instance) {
    OPH_ASSIGN(instance, OpInstance::create(source, op.config->index, "{}", op.config->text_key, *job.services));
  }
  const Bitmap alive = batch.alive;
  const std::size_t faults = batch.faults.size();
  OPH_TRY(instance->map(batch).status());
  batch.alive = alive;
  batch.faults.resize(faults);
  it->changed.assign(batch.rows(), false);  // it is no part of the record
  it->changed_ever.assign(batch.rows(), false);
  return {};
}

}  // namespace

// The batch's columns in the order in which the recipe's operators name them. A task's own order depends on the
// checkpoint it started from; what is written must not.
std::vector<std::size_t> recipe_order(const Plan& plan, const Batch& batch) {
  std::vector<ColumnSpec> specs;
  for (const PlannedOp& op : plan.ops) {
    specs.insert(specs.end(), op.reads.begin(), op.reads.end());
    specs.insert(specs.end(), op.writes.begin(), op.writes.end());
  }
  auto rank = [&](std::size_t column) {
    return std::find(specs.begin(), specs.end(), batch.columns[column].spec) - specs.begin();
  };
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> order;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) order.push_back({rank(i), i});
  std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::vector<std::size_t> out;
  for (auto& [r, i] : order) out.push_back(i);
  return out;
}

std::vector<ColumnSpec> render_columns(const Plan& plan) {
  std::vector<ColumnSpec> out = record_columns();
  for (const ColumnSpec& s : plan.stats) out.push_back(s);
  return out;
}

std::uint64_t live_bytes(const Batch& batch, const ColumnSpec& spec) {
  for (const Column& c : batch.columns) {
    if (c.spec != spec || !is_variable(c.spec.type)) continue;
    if (batch.alive.all()) return static_cast<std::uint64_t>(c.offsets[batch.rows()]);
    std::uint64_t sum = 0;
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r)) sum += static_cast<std::uint64_t>(c.offsets[r + 1] - c.offsets[r]);
    return sum;
  }
  return 0;
}

std::string place_of(const JobContext& job, std::size_t partition, const Batch& batch, std::size_t row) {
  const Origin origin = origin_of(batch, row, partition);
  return job.plan->file_of(origin.partition).path + ":" + std::to_string(origin.line);
}

Status count_quarantined(JobContext& job, std::uint64_t n) {
  std::uint64_t total = job.counters->quarantined.fetch_add(n) + n;
  return total > job.max_quarantined ? too_many_quarantined(job) : Status();
}

Status too_many_quarantined(const JobContext& job) {
  return Status::failed("more than " + std::to_string(job.max_quarantined) +
                        " records are in quarantine (--max-quarantined). See why with: ophost events '" +
                        parent_path(job.parts_folder) + "' --type record_quarantined");
}

Status prepare_call(const JobContext& job, Worker& worker, std::size_t k, Batch& batch) {
  const PlannedOp& op = job.plan->ops[k];
  if (!op.views.empty()) refresh_views(*job.plan, op.views, batch);
  // What the reader requires need not be looked for again, but rows that an operator made may be anything.
  if (op.config->text_key != job.recipe->text_keys.front() || !batch.origin_partition.empty()) {
    const ColumnSpec text{op.config->text_key, ColumnType::kStr};
    const bool reads = std::find(op.reads.begin(), op.reads.end(), text) != op.reads.end();
    for (const Column& c : batch.columns) {
      if (!reads || c.spec != text) continue;
      for (std::size_t r = 0; r < batch.rows(); ++r)
        if (batch.alive.get(r) && !c.valid.get(r))
          batch.fail(r, static_cast<std::int32_t>(k), OPH_E_INPUT,
                     "the field '" + c.spec.path + "' (text_key) is missing or is not a string");
    }
  }
  for (const auto& [source, column] : op.derived) OPH_TRY(derive(job, worker, op, *source, column, batch));
  return {};
}

void forget_derived(const PlannedOp& op, Batch& batch) {
  for (const ColumnSpec& w : op.writes)
    for (Column& c : batch.columns)
      if (c.spec.path.starts_with('$') && c.spec.path.ends_with("@" + w.path)) c.valid.assign(batch.rows(), false);
}

Status settle_faults(JobContext& job, std::size_t partition, std::size_t k, Batch& batch, std::size_t first_fault,
                     OpStats& s) {
  const PlannedOp& op = job.plan->ops[k];
  const std::string& policy = op.config->on_error;
  std::uint64_t quarantined = 0;
  for (std::size_t f = first_fault; f < batch.faults.size();) {
    RowFault& fault = batch.faults[f];
    if (policy == "fail")
      return Status::failed("process[" + std::to_string(k) + "] " + op.op->name + ": " +
                            place_of(job, partition, batch, fault.row) + ": " + fault.reason + " (on_error: fail)");
    if (policy == "quarantine") {
      job.events->emit(EventType::kRecordQuarantined, place_of(job, partition, batch, fault.row) + ": " + fault.reason,
                       JsonObject()
                           .add("operation_name", op.op->name)
                           .add("operation_idx", static_cast<std::uint64_t>(k))
                           .add("partition_id", static_cast<std::uint64_t>(partition)));
      ++quarantined;
      ++f;
      continue;
    }
    if (policy == "keep") batch.alive.set(fault.row);
    else ++s.discarded;
    batch.faults.erase(batch.faults.begin() + static_cast<std::ptrdiff_t>(f));
  }
  s.quarantined += quarantined;
  return quarantined ? count_quarantined(job, quarantined) : Status();
}

void append_quarantine(const JobContext& job, std::size_t partition, const Batch& batch, const RowFault& fault,
                       std::string& out) {
  const Plan& plan = *job.plan;
  const Origin origin = origin_of(batch, fault.row, partition);
  JsonObject entry;
  entry.add("file", absolute_path(plan.file_of(origin.partition).path))
      .add("line", origin.line)
      .add("byte_offset", origin.byte_offset)
      .add("partition_id", static_cast<std::uint64_t>(partition))
      .add("record", batch.first_row + fault.row);
  if (fault.op >= 0) {
    const PlannedOp& op = plan.ops[static_cast<std::size_t>(fault.op)];
    entry.add("operation_idx", std::int64_t{fault.op})
        .add("operation_name", op.op->name)
        .add("plugin", op.op->plugin->id)
        .add("plugin_version", op.op->plugin->version);
  } else {
    entry.add("operation_name", "reader");
  }
  entry.add("code", std::int64_t{fault.code}).add("reason", fault.reason);
  std::string_view line = batch.line(fault.row);
  if (!find_invalid_utf8(line)) entry.add("raw", line);
  else entry.add("raw_base64", base64(line));
  out += entry.text();
  out += '\n';
}

std::uint64_t append_quarantine(const JobContext& job, std::size_t partition, const Batch& batch, std::string& out) {
  std::vector<const RowFault*> faults;
  for (const RowFault& f : batch.faults) faults.push_back(&f);
  std::stable_sort(faults.begin(), faults.end(), [](auto* a, auto* b) { return a->row < b->row; });
  for (const RowFault* f : faults) append_quarantine(job, partition, batch, *f, out);
  return faults.size();
}

}  // namespace ophost
