#include "host/run/reshape.hpp"

#include <algorithm>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/batch/splice.hpp"
#include "host/run/op_call.hpp"

namespace ophost {
namespace {

// What of `batch` leaves unchanged, as a line without its newline.
void whole_line(const Plan& plan, const Batch& batch, std::size_t row, std::string& out) {
  RecordWriter(true, true).write(batch, recipe_order(plan, batch), row, out, nullptr);
  out.pop_back();
}

}  // namespace

void lines_of(const Plan& plan, const PlannedOp& op, const Batch& batch, const MadeRecords& made, MadeLines& out) {
  std::size_t record = op.writes.size();
  for (std::size_t c = 0; c < op.writes.size(); ++c)
    if (op.writes[c].path == "$record") record = c;
  const auto order = recipe_order(plan, batch);
  RecordWriter writer(true, true);
  std::string full, shell;  // the source's line; without what the operator writes anew, so that many records share it
  std::size_t shell_of = SIZE_MAX;
  std::vector<std::string> values(op.writes.size());
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < made.count(); ++i) {
    const std::size_t begin = out.bytes.size();
    if (record < op.writes.size()) {
      out.bytes += made.cell(i, record);
    } else {
      edits.clear();
      if (shell_of != made.source[i]) {
        shell_of = made.source[i];
        full.clear();
        shell.clear();
        writer.write(batch, order, shell_of, full, nullptr);
        full.pop_back();
        for (const ColumnSpec& w : op.writes) edits.push_back({w.path, "null"});
        splice(full, edits, shell);
        edits.clear();
      }
      for (std::size_t c = 0; c < op.writes.size(); ++c) {
        values[c].clear();
        if (op.writes[c].type == ColumnType::kJson) values[c] = made.cell(i, c);
        else append_json_string(values[c], made.cell(i, c));
        edits.push_back({op.writes[c].path, values[c]});
      }
      splice(shell, edits, out.bytes);
    }
    out.lines.push_back({made.source[i], begin, out.bytes.size() - begin});
  }
}

void check_lines(Batch& batch, std::size_t op, MadeLines& made) {
  Batch probe;
  probe.bytes.swap(made.bytes);
  for (const MadeLines::Line& l : made.lines) {
    probe.line_begin.push_back(l.begin);
    probe.line_size.push_back(l.size);
  }
  extract_columns(probe, -1);
  probe.bytes.swap(made.bytes);
  if (probe.faults.empty()) return;
  for (const RowFault& f : probe.faults) {
    std::size_t row = made.lines[f.row].row;
    if (batch.alive.get(row))
      batch.fail(row, static_cast<std::int32_t>(op), OPH_E_INTERNAL, "the operator made something that is no record: " + f.reason);
  }
  std::erase_if(made.lines, [&](const MadeLines::Line& l) { return !batch.alive.get(l.row); });
}

Result<std::unique_ptr<Reshaper>> Reshaper::open(JobContext& job, std::size_t partition, std::size_t op,
                                                 const std::vector<Layer>& layers) {
  std::unique_ptr<Reshaper> self(new Reshaper(job, partition, op));
  OPH_ASSIGN(self->rows_, RowsWriter::open(*job.store));
  OPH_TRY(self->rows_->carry_quarantine(*job.store, layers));
  return self;
}

// A mapper's records: the whole line where it wrote one, else the line with what was changed before.
void Reshaper::rewritten_lines(const Batch& batch) {
  const auto order = recipe_order(*job_.plan, batch);
  RecordWriter writer(true, true);
  const Column* record = nullptr;
  for (const Column& c : batch.columns)
    if (c.spec.path == "$record") record = &c;
  lines_.clear();
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!batch.alive.get(r)) continue;
    const std::size_t begin = lines_.bytes.size();
    if (record && record->changed_ever.get(r)) {
      lines_.bytes += record->str(r);
    } else {
      writer.write(batch, order, r, lines_.bytes, nullptr);
      lines_.bytes.pop_back();
    }
    lines_.lines.push_back({r, begin, lines_.bytes.size() - begin});
  }
}

Status Reshaper::run(Worker& worker, OpInstance& instance, Batch& batch, OpStats& stats) {
  const PlannedOp& op = job_.plan->ops[op_];
  const std::size_t first_fault = batch.faults.size();
  const bool flat = op.op->desc.kind == OPH_KIND_FLATMAP;
  lines_.clear();
  OPH_TRY(careful(worker.teller, op_, job_.plan->ops[op_].config->retry, batch, [&]() -> Status {
    OPH_TRY(prepare_call(job_, worker, op_, batch));
    std::int64_t t = monotonic_ns();
    if (flat) {
      OPH_TRY(instance.flatmap(batch, made_));
    } else {
      OPH_ASSIGN(std::size_t edited, instance.map(batch));
      stats.edited += edited;
    }
    stats.busy_ns += monotonic_ns() - t;
    if (flat) lines_of(*job_.plan, op, batch, made_, lines_);
    return {};
  }));
  if (!flat) rewritten_lines(batch);
  std::stable_sort(lines_.lines.begin(), lines_.lines.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  check_lines(batch, op_, lines_);
  std::vector<std::size_t> faulty;  // the policy may keep some of them, as they were
  for (std::size_t f = first_fault; f < batch.faults.size(); ++f) faulty.push_back(batch.faults[f].row);
  OPH_TRY(settle_faults(job_, partition_, op_, batch, first_fault, stats));

  // The same rows may serve another job, in which this partition has another number.
  auto origin = [&](std::size_t r) {
    Origin o = origin_of(batch, r, partition_);
    if (o.partition == partition_) o.partition = kOwnPartition;
    return o;
  };
  std::size_t next = 0;
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    std::uint64_t n = 0;
    for (; next < lines_.lines.size() && lines_.lines[next].row == r; ++next, ++n)
      OPH_TRY(rows_->add(origin(r), lines_.text(lines_.lines[next])));
    if (!batch.alive.get(r)) continue;
    if (n == 0 && std::find(faulty.begin(), faulty.end(), r) != faulty.end()) {
      line_.clear();
      whole_line(*job_.plan, batch, r, line_);
      OPH_TRY(rows_->add(origin(r), line_));
      ++n;
    }
    stats.out += n;
    stats.dropped += n == 0;
    stats.added += n > 1 ? n - 1 : 0;
  }
  if (batch.faults.empty()) return {};
  quarantine_.clear();
  std::uint64_t faults = append_quarantine(job_, partition_, batch, quarantine_);
  return rows_->quarantine(quarantine_, faults);
}

Result<std::unique_ptr<StateWriter>> StateWriter::open(JobContext& job, std::size_t partition, std::size_t op,
                                                       OpInstance& instance) {
  std::unique_ptr<StateWriter> self(new StateWriter(job, partition, op));
  OPH_ASSIGN(self->blob_, job.store->new_blob());
  if (instance.op().desc.kind != OPH_KIND_GROUP) {
    OPH_ASSIGN(self->state_, instance.new_state());
  }
  return self;
}

Status StateWriter::run(Worker& worker, OpInstance& instance, Batch& batch, OpStats& stats) {
  const std::size_t first_fault = batch.faults.size();
  if (!state_) keys_.assign(batch.rows(), {});
  OPH_TRY(careful(worker.teller, op_, job_.plan->ops[op_].config->retry, batch, [&]() -> Status {
    OPH_TRY(prepare_call(job_, worker, op_, batch));
    std::int64_t t = monotonic_ns();
    if (state_) {
      OPH_TRY(instance.update(*state_, batch));
    } else {
      OPH_TRY(instance.group_keys(batch, some_keys_));
      for (std::size_t r = 0; r < batch.rows(); ++r)
        if (batch.alive.get(r)) keys_[r] = some_keys_[r];
    }
    stats.busy_ns += monotonic_ns() - t;
    return {};
  }));
  OPH_TRY(settle_faults(job_, partition_, op_, batch, first_fault, stats));
  if (!state_)
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r)) key_bytes_.append(reinterpret_cast<const char*>(&keys_[r]), sizeof(Hash128));
  encode_chunk(batch, static_cast<std::int32_t>(op_) - 1, chunk_);
  deltas_ += chunk_;
  if (deltas_.size() < kFrameBytes) return {};
  OPH_TRY(blob_->append(deltas_));
  deltas_.clear();
  return blob_->end_frame(kKeyDeltaLabel);
}

Result<std::unique_ptr<BlobWriter>> StateWriter::finish(OpInstance& instance) {
  OPH_TRY(blob_->append(deltas_));
  OPH_TRY(blob_->end_frame(kKeyDeltaLabel));
  if (state_) {
    OPH_ASSIGN(key_bytes_, instance.save(*state_));
  }
  OPH_TRY(blob_->append(key_bytes_));
  OPH_TRY(blob_->end_frame(kStateLabel));
  return std::move(blob_);
}

}  // namespace ophost
