#include "host/run/measurer.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cmath>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/op_call.hpp"
#include "host/run/record_writer.hpp"

namespace ophost {
namespace {

constexpr std::size_t kBatchTiles = kBatchBytes / kTileBytes;
constexpr std::size_t kProbeRows = 2;
constexpr std::uint64_t kUnbounded = UINT64_MAX;

// Runs `f` and adds its time.
template <class F>
Status timed(double& ns, double weight, F f) {
  const std::int64_t t = monotonic_ns();
  Status s = f();
  ns += weight * static_cast<double>(monotonic_ns() - t);
  return s;
}

// Leaves about `most` of the rows that are alive, evenly spread. By what the weight of each of them grows.
double thin(Batch& batch, std::size_t most) {
  const std::size_t alive = batch.alive.count();
  if (alive <= most || most == 0) return 1;
  std::size_t seen = 0, kept = 0;
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!batch.alive.get(r)) continue;
    if (seen++ * most / alive >= kept) ++kept;
    else batch.alive.clear(r);
  }
  return static_cast<double>(alive) / static_cast<double>(kept);
}

}  // namespace

std::pair<double, double> Rate::per(double Call::* unit) const {
  double units = 0, ns = 0, squares = 0;
  for (const Call& c : calls) {
    units += c.*unit;
    ns += c.ns;
  }
  if (units <= 0 || ns <= 0) return {0, HUGE_VAL};
  for (const Call& c : calls) squares += std::pow(c.ns - c.*unit * ns / units, 2);
  return {ns / units, std::sqrt(squares) / ns};
}

void OpTally::merge(const OpTally& o) {
  rate.calls.insert(rate.calls.end(), o.rate.calls.begin(), o.rate.calls.end());
  in += o.in, out += o.out, bytes += o.bytes, changed += o.changed, rows += o.rows;
  setup_ns += o.setup_ns, cold_ns += o.cold_ns, tap_ns += o.tap_ns;
  probed = probed || o.probed;
}

Measurer::Measurer(JobContext& job, Sampler& sampler, const CallTeller& teller, std::int64_t deadline, std::int64_t least_ns,
                   std::uint64_t enough, std::string folder)
    : ops(job.plan->ops.size()), passes(job.plan->passes.size()), job_(job), plan_(*job.plan), sampler_(sampler), probes_(plan_),
      deadline_(deadline), least_ns_(least_ns), enough_(enough), folder_(std::move(folder)) {
  worker_.teller = teller;
}

std::unique_ptr<FrameWriter> Measurer::frames() const { return std::make_unique<FrameWriter>(folder_, kUnbounded); }

Status Measurer::run() {
  // The first call of an operator does what later ones need not; it is a cost of its own.
  const std::int64_t begun = monotonic_ns();
  for (int turn = 0; turn < 2; ++turn) {
    if (turn > 0 && monotonic_ns() - begun > (deadline_ - begun) / 2) break;  // what is so slow is no slower at first
    probing_ = true;
    cold_ = turn == 0;
    Batch batch;
    OPH_ASSIGN(bool more, probes_.next(batch, 2));
    if (!more) break;
    OPH_TRY(through(batch));
  }
  probing_ = false;
  for (OpTally& t : ops) t.rows = 0;
  for (bool first = true; first || (monotonic_ns() < deadline_ && sampler_.bytes() < enough_); first = false) {
    OPH_TRY(job_.stopped());
    Batch batch;
    OPH_ASSIGN(bool more, sampler_.next(batch, kBatchTiles));
    if (!more) break;
    OPH_TRY(through(batch));
  }
  return finish();
}

// All passes, until no row is left or an operator makes what a sample cannot have.
Status Measurer::through(Batch& batch) {
  weight_ = 1;
  bool fresh = true;
  for (std::size_t j = 0; j < plan_.passes.size(); ++j) {
    const Pass& pass = plan_.passes[j];
    if (fresh) OPH_TRY(timed(passes[j].read_ns, counted(), [&] { return take_apart(batch, j); }));
    for (std::size_t k = pass.begin; k < pass.end; ++k) OPH_TRY(run_op(j, k, batch));
    if (!pass.barrier) break;
    const Boundary boundary = plan_.boundary(j);
    fresh = boundary != Boundary::kDedup;
    if (boundary == Boundary::kDedup) {
      OPH_TRY(run_keys(j, batch));
    } else {
      OPH_ASSIGN(bool goes_on, run_reshaping(j, batch));
      if (!goes_on) return {};
    }
  }
  return probing_ ? Status() : render(batch);
}

// The columns of pass `j` and of those behind it that work on the same lines.
Status Measurer::take_apart(Batch& batch, std::size_t j) {
  std::vector<ColumnSpec> specs;
  auto want = [&](const ColumnSpec& s) {
    if (std::find(specs.begin(), specs.end(), s) == specs.end()) specs.push_back(s);
  };
  if (j == 0 && plan_.text_required) want({job_.recipe->text_keys[0], ColumnType::kStr});
  for (std::size_t k = plan_.passes[j].begin; k < plan_.ops.size(); ++k) {
    const PlannedOp& op = plan_.ops[k];
    for (const ColumnSpec& s : op.reads) want(s);
    for (const auto& [source, column] : op.derived)
      for (const std::string& r : source->reads)
        if (auto spec = resolve_column(r, "{}", op.config->text_key); spec.ok()) want(*spec);
    for (const ColumnSpec& s : op.writes) want(s);
    if (op.boundary() == Boundary::kLocal || op.boundary() == Boundary::kGlobal) break;
  }
  for (const ColumnSpec& s : render_columns(plan_)) want(s);
  batch.columns.resize(specs.size());
  for (std::size_t c = 0; c < specs.size(); ++c) batch.columns[c].spec = specs[c];
  extract_columns(batch, j == 0 && plan_.text_required ? 0 : -1);
  return {};
}

// What an operator's turn begins with. No instance: there is nothing for it to do.
Result<OpInstance*> Measurer::begin(std::size_t j, std::size_t k, Batch& batch) {
  const PlannedOp& op = plan_.ops[k];
  OpTally& t = ops[k];
  const std::size_t alive = batch.alive.count();
  const double bytes = op.reads.empty() ? 0 : static_cast<double>(live_bytes(batch, op.reads[0]));
  t.in += counted() * static_cast<double>(alive);
  t.bytes += counted() * bytes;
  if (alive == 0) return nullptr;
  std::size_t most = alive;
  if (probing_) {
    most = cold_ ? 1 : kProbeRows;
  } else if (t.row_ns > 0) {
    // No operator takes more than a quarter of what time is left; the first batch gets some in any case.
    const double left = static_cast<double>(std::max(deadline_ - monotonic_ns(), least_ns_));
    most = static_cast<std::size_t>(std::clamp(left / 4 / t.row_ns, 1.0, static_cast<double>(alive)));
  }
  weight_ *= thin(batch, most);
  const bool made = k < worker_.instances.size() && worker_.instances[k];
  const std::int64_t t0 = monotonic_ns();
  OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker_, k));
  if (!made) t.setup_ns += monotonic_ns() - t0;
  OPH_TRY(timed(passes[j].read_ns, counted(), [&] { return prepare_call(job_, worker_, k, batch); }));
  return instance;
}

// `rows` and `bytes` as they were before the call.
void Measurer::note(std::size_t k, std::size_t rows, std::uint64_t bytes, std::int64_t ns) {
  OpTally& t = ops[k];
  t.row_ns = static_cast<double>(ns) / static_cast<double>(std::max<std::size_t>(rows, 1));
  t.probed = true;
  if (cold_ && probing_) t.cold_ns += ns;
  else if (probing_) t.cold_ns = std::max<std::int64_t>(0, t.cold_ns - ns);
  if (probing_) return;
  t.rate.add(rows, bytes, ns);
  t.rows += rows;
}

std::uint64_t Measurer::read_bytes(std::size_t k, const Batch& batch) const {
  return plan_.ops[k].reads.empty() ? 0 : live_bytes(batch, plan_.ops[k].reads[0]);
}

Status Measurer::run_op(std::size_t j, std::size_t k, Batch& batch) {
  const PlannedOp& op = plan_.ops[k];
  if (op.idle) {
    ops[k].in += counted() * static_cast<double>(batch.alive.count());
    ops[k].out += counted() * static_cast<double>(batch.alive.count());
    return {};
  }
  OPH_ASSIGN(OpInstance * instance, begin(j, k, batch));
  if (!instance) return {};
  const std::size_t rows = batch.alive.count(), first_fault = batch.faults.size();
  const std::uint64_t bytes = read_bytes(k, batch);
  const Bitmap before = batch.alive;
  OpStats s;
  const std::int64_t t = monotonic_ns();
  OPH_TRY(tell_whole(worker_.teller, k, rows, [&]() -> Status {
    if (op.op->desc.kind == OPH_KIND_MAP) {
      OPH_ASSIGN(s.edited, instance->map(batch));
    } else {
      OPH_ASSIGN(s.dropped, instance->filter(batch));
    }
    return {};
  }));
  note(k, rows, bytes, monotonic_ns() - t);
  if (s.edited) forget_derived(op, batch);
  OPH_TRY(settle_faults(job_, 0, k, batch, first_fault, s));
  ops[k].out += counted() * static_cast<double>(batch.alive.count());
  ops[k].changed += counted() * static_cast<double>(op.op->desc.kind == OPH_KIND_MAP ? s.edited : rows);
  if (probing_) {
    // What a filter drops, the operators behind it would never meet.
    batch.alive = before;
    for (const RowFault& f : batch.faults) batch.alive.clear(f.row);
    return {};
  }
  return timed(ops[k].tap_ns, weight_, [&]() -> Status {
    encode_chunk(batch, static_cast<std::int32_t>(k) - 1, worker_.chunk);
    if (!ops[k].tap) ops[k].tap = frames();
    return ops[k].tap->append(worker_.chunk);
  });
}

Status Measurer::run_keys(std::size_t j, Batch& batch) {
  const std::size_t k = *plan_.passes[j].barrier;
  OPH_ASSIGN(OpInstance * instance, begin(j, k, batch));
  if (!instance) return {};
  const std::size_t rows = batch.alive.count(), first_fault = batch.faults.size();
  const std::uint64_t bytes = read_bytes(k, batch);
  std::vector<std::uint64_t> keys;
  std::vector<std::int64_t> rank;
  std::uint32_t width = 0;
  OpStats s;
  const std::int64_t t = monotonic_ns();
  OPH_TRY(tell_whole(worker_.teller, k, rows, [&]() -> Status {
    OPH_TRY(instance->keys(batch, job_.recipe->keep_hashes_in_res_ds, keys, width));
    return instance->has_rank() ? instance->rank(batch, rank) : Status();
  }));
  note(k, rows, bytes, monotonic_ns() - t);
  OPH_TRY(settle_faults(job_, 0, k, batch, first_fault, s));
  ops[k].out += counted() * static_cast<double>(batch.alive.count());
  if (probing_) return {};
  PassTally& pass = passes[j];
  for (std::size_t r = 0; r < batch.rows(); ++r)
    for (std::uint32_t b = 0; batch.alive.get(r) && b + 1 < width; b += 2)
      pass.entries.emplace_back(keys[r * width + b], keys[r * width + b + 1]);
  return timed(pass.barrier_tap_ns, weight_, [&] {
    if (!pass.keys) pass.keys = std::make_unique<KeyListWriter>(frames());
    encode_chunk(batch, static_cast<std::int32_t>(k) - 1, worker_.chunk);
    return pass.keys->add(batch, keys, width, rank, worker_.chunk);
  });
}

// An operator that makes other records. False: what comes behind it cannot be shown to a sample.
Result<bool> Measurer::run_reshaping(std::size_t j, Batch& batch) {
  const std::size_t k = *plan_.passes[j].barrier;
  const PlannedOp& op = plan_.ops[k];
  const std::int32_t kind = op.op->desc.kind;
  OPH_ASSIGN(OpInstance * instance, begin(j, k, batch));
  if (!instance) return false;
  const std::size_t rows = batch.alive.count(), first_fault = batch.faults.size();
  const std::uint64_t bytes = read_bytes(k, batch);
  OpStats s;
  std::vector<Hash128> groups;
  std::string decision;
  std::int64_t t = monotonic_ns();
  std::unique_ptr<OpState> state;
  OPH_TRY(tell_whole(worker_.teller, k, rows, [&]() -> Status {
    if (kind == OPH_KIND_FLATMAP) return instance->flatmap(batch, made_);
    if (kind == OPH_KIND_MAP) return instance->map(batch).status();
    if (kind == OPH_KIND_GROUP) return instance->group_keys(batch, groups);
    OPH_ASSIGN(state, instance->new_state());
    return instance->update(*state, batch);
  }));
  note(k, rows, bytes, monotonic_ns() - t);
  lines_.clear();
  if (kind == OPH_KIND_FLATMAP) lines_of(plan_, op, batch, made_, lines_);
  OPH_TRY(settle_faults(job_, 0, k, batch, first_fault, s));
  if (kind == OPH_KIND_GROUP || kind == OPH_KIND_AGGREGATE) return false;
  if (kind == OPH_KIND_SELECT) {
    OPH_TRY(timed(passes[j].decide_ns, counted(), [&]() -> Status {
      std::vector<std::int64_t> order;
      OPH_TRY(tell_whole(worker_.teller, k, rows, [&]() -> Status {
        OPH_TRY(instance->finish(*state, made_));
        decision = made_.cell(0, 0);
        if (!instance->has_apply()) return instance->rewrite(decision, batch).status();
        return instance->apply(decision, batch, order);
      }));
      if (order.empty()) return {};
      for (std::size_t r = 0; r < batch.rows(); ++r)
        if (batch.alive.get(r) && order[r] < 0) batch.alive.clear(r);
      return {};
    }));
  }
  return keep_rows(j, batch, kind);
}

// The records as they leave the operator become the batch.
Result<bool> Measurer::keep_rows(std::size_t j, Batch& batch, std::int32_t kind) {
  const std::size_t k = *plan_.passes[j].barrier;
  if (kind != OPH_KIND_FLATMAP) {
    const auto order = recipe_order(plan_, batch);
    RecordWriter writer(true, true);
    const Column* record = nullptr;
    for (const Column& c : batch.columns)
      if (c.spec.path == "$record") record = &c;
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      if (!batch.alive.get(r)) continue;
      const std::size_t begin = lines_.bytes.size();
      if (record && record->changed_ever.get(r)) (lines_.bytes += record->str(r)) += '\n';
      else writer.write(batch, order, r, lines_.bytes, nullptr);
      lines_.lines.push_back({r, begin, lines_.bytes.size() - begin - 1});
    }
  }
  ops[k].out += counted() * static_cast<double>(lines_.lines.size());
  if (!probing_) {
    PassTally& pass = passes[j];
    OPH_TRY(timed(pass.barrier_tap_ns, weight_, [&] {
      if (!pass.kept) pass.kept = frames();
      return pass.kept->append(lines_.bytes);
    }));
  }
  batch.clear();
  batch.bytes.swap(lines_.bytes);
  for (const MadeLines::Line& l : lines_.lines) {
    batch.line_begin.push_back(l.begin);
    batch.line_size.push_back(l.size);
    batch.line_number.push_back(0);
    batch.byte_offset.push_back(0);
    batch.row_ids.push_back(row_id(0, batch.rows() - 1));
  }
  lines_.clear();
  return batch.rows() > 0;
}

Status Measurer::render(Batch& batch) {
  return timed(render_ns, weight_, [&]() -> Status {
    const auto order = recipe_order(plan_, batch);
    RecordWriter writer(job_.recipe->keep_stats_in_res_ds, job_.recipe->keep_hashes_in_res_ds);
    worker_.lines.clear();
    worker_.stats_lines.clear();
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r)) writer.write(batch, order, r, worker_.lines, plan_.stats.empty() ? nullptr : &worker_.stats_lines);
    output_bytes += weight_ * static_cast<double>(worker_.lines.size() + worker_.stats_lines.size());
    if (!spill_.valid()) spill_ = Fd(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!spill_.valid()) return {};  // measure_costs() says so
    OPH_TRY(write_all(spill_.get(), worker_.lines, folder_));
    return write_all(spill_.get(), worker_.stats_lines, folder_);
  });
}

// Closes what was stored, which belongs to its cost.
Status Measurer::finish() {
  for (OpTally& t : ops)
    if (t.tap) OPH_TRY(timed(t.tap_ns, 1, [&] { return t.tap->finish(); }));
  for (PassTally& p : passes) {
    if (p.kept) OPH_TRY(timed(p.barrier_tap_ns, 1, [&] { return p.kept->finish(); }));
    if (p.keys) {
      OPH_TRY(timed(p.barrier_tap_ns, 1, [&]() -> Status {
        OPH_ASSIGN(auto sum, p.keys->finish());
        p.kept.reset(static_cast<FrameWriter*>(sum.blob.release()));
        return p.kept->finish();
      }));
    }
    // Grouping equal keys is sorting them; they are also read back and put to one.
    OPH_TRY(timed(p.decide_ns, 2, [&]() -> Status {
      std::sort(p.entries.begin(), p.entries.end());
      return {};
    }));
  }
  if (spill_.valid()) {
    OPH_TRY(timed(render_ns, 1, [&] { return fsync_fd(spill_.get(), folder_); }));
  }
  return {};
}

}  // namespace ophost
