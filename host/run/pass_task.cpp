// One task: (pass, partition). Batches stream from the best checkpoint through the operators to the pass's end;
// taps store what changed on the way.
#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "host/base/text.hpp"
#include "host/run/context.hpp"
#include "host/run/job_events.hpp"
#include "host/run/key_list.hpp"
#include "host/run/op_call.hpp"
#include "host/run/render.hpp"
#include "host/run/reshape.hpp"

namespace ophost {
namespace {

// A batch beyond this came from one huge record; its buffers are not worth keeping.
constexpr std::size_t kLargeBatch = 2u << 20;

// A checkpoint border on the way: collects the deltas of all batches.
struct Tap {
  std::size_t position = 0;
  std::int32_t after_op = -1;  // faults of operators behind this one are news
  std::unique_ptr<BlobWriter> blob;
};

class PassTask {
 public:
  PassTask(JobContext& job, Worker& worker, std::size_t pass, std::size_t partition)
      : job_(job), worker_(worker), plan_(*job.plan), pass_index_(pass), pass_(plan_.passes[pass]),
        partition_index_(partition), partition_(plan_.partitions[partition]),
        state_(partition_.passes[pass]), boundary_(plan_.boundary(pass)), last_(pass + 1 == plan_.passes.size()) {}

  Status run() {
    start_ = state_.start;
    if (start_ > pass_.begin) layers_ = state_.layers;
    else OPH_TRY(begin_layers());
    OPH_TRY(load_stats());
    Status s = stream();
    if (reader_ && reader_->damage().found) worker_.damage = reader_->damage();
    return s;
  }

 private:
  // Layers of the state at the pass's begin.
  Status begin_layers() {
    if (pass_index_ == 0) return {};
    const PassState& before = partition_.passes[pass_index_ - 1];
    if (before.rows) {
      layers_ = {{false, *before.rows, kRowsLabel, true}};
      return {};
    }
    if (!before.end_ready || !before.keys || !plan_.decided[pass_index_ - 1])
      return Status::failed("partition " + std::to_string(partition_index_) +
                            " is not ready for its pass; this is a defect of the planner");
    layers_ = before.end_layers;
    layers_.push_back({false, *before.keys, kKeyDeltaLabel});
    layers_.push_back({true, *plan_.decided[pass_index_ - 1], static_cast<std::uint32_t>(partition_index_)});
    return {};
  }

  // What earlier tasks counted for the operators before start_.
  Status load_stats() {
    stats_.assign(plan_.ops.size(), {});
    for (const Layer& l : layers_) {
      auto info = job_.store->find(l.blob);
      if (!info.ok()) {
        worker_.damage = {true, l.blob, info.status().message()};
        return info.status();
      }
      if (!*info) {
        worker_.damage = {true, l.blob, "it is no longer in the store"};
        return Status::store("checkpoint " + l.blob.hex() + " is no longer in the store");
      }
      OPH_ASSIGN(Json doc, parse_json((*info)->manifest, "the manifest of " + l.blob.hex()));
      if (l.decision) {
        auto op = static_cast<std::size_t>(get_int(doc, "op_index"));
        const JsonValue* kept = get_member(doc, "kept");
        if (op >= stats_.size() || !kept || !kept->IsArray() || l.label >= kept->Size()) continue;
        OpStats& s = stats_[op];
        s.out = (*kept)[l.label].GetUint64();
        s.duplicates = s.in - s.quarantined - s.discarded - s.out;
        continue;
      }
      if (l.rows) carried_ = Carried::from_json(doc);
      auto stored = stats_from_json(get_member(doc, "op_stats"));
      for (std::size_t k = 0; k < stored.size() && k < stats_.size(); ++k) stats_[k] = stored[k];
    }
    executed_.assign(plan_.ops.size(), {});
    return {};
  }

  std::vector<ColumnSpec> columns() const {
    std::vector<ColumnSpec> out;
    auto want = [&](const ColumnSpec& s) {
      if (std::find(out.begin(), out.end(), s) == out.end()) out.push_back(s);
    };
    std::size_t end = pass_.barrier ? pass_.end + 1 : pass_.end;
    bool whole = last_ || boundary_ == Boundary::kLocal;  // records are composed
    for (std::size_t k = start_; k < end; ++k) {
      for (const ColumnSpec& s : plan_.ops[k].reads) want(s);
      for (const auto& [source, column] : plan_.ops[k].derived)
        for (const std::string& r : source->reads)
          if (auto spec = resolve_column(r, "{}", plan_.ops[k].config->text_key); spec.ok()) want(*spec);
      whole = whole || !plan_.ops[k].views.empty();
      const std::int32_t kind = plan_.ops[k].op->desc.kind;
      const bool in_place = kind == OPH_KIND_MAP || kind == OPH_KIND_FILTER ||
                            (kind == OPH_KIND_DEDUP && job_.recipe->keep_hashes_in_res_ds);
      for (const ColumnSpec& s : plan_.ops[k].writes)
        if (in_place) want(s);
    }
    if (whole)
      for (const ColumnSpec& s : render_columns(plan_)) want(s);
    return out;
  }

  Status stream() {
    const InputFile& file = plan_.files[partition_.input.file];
    OPH_ASSIGN(reader_, StateReader::open(job_.store, file, partition_.input, partition_index_, layers_, columns(),
                                          job_.recipe->text_keys, plan_.text_required, &worker_.damage));
    std::int32_t after = static_cast<std::int32_t>(start_) - 1;
    for (std::size_t border : pass_.borders) {
      if (border <= start_) continue;
      Tap tap;
      tap.position = border;
      tap.after_op = after;
      OPH_ASSIGN(tap.blob, job_.store->new_blob());
      taps_.push_back(std::move(tap));
      after = static_cast<std::int32_t>(border) - 1;
    }
    if (boundary_ == Boundary::kDedup && !state_.keys) {
      OPH_ASSIGN(auto blob, job_.store->new_blob());
      keys_ = std::make_unique<KeyListWriter>(std::move(blob));
    }
    if (boundary_ == Boundary::kLocal) {
      OPH_ASSIGN(reshaper_, Reshaper::open(job_, partition_index_, *pass_.barrier, layers_));
    }
    if (boundary_ == Boundary::kGlobal && !state_.keys) {
      OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker_, *pass_.barrier));
      OPH_ASSIGN(summary_, StateWriter::open(job_, partition_index_, *pass_.barrier, *instance));
    }
    if (last_) {
      OPH_ASSIGN(renderer_, Renderer::open(job_, partition_index_));
      if (carried_.quarantined > 0) {
        std::uint64_t records = carried_.quarantined;  // with the first piece
        OPH_TRY(read_quarantine(*job_.store, layers_[0].blob, [&](std::string_view lines) {
          return renderer_->quarantine(lines, std::exchange(records, 0));
        }));
      }
    }
    event(EventType::kPartitionStart, "partition " + std::to_string(partition_index_) + " starts at operator " + std::to_string(start_),
          JsonObject().add("pass", static_cast<std::uint64_t>(pass_index_)).add("operation_idx", static_cast<std::uint64_t>(start_)));
    if (start_ > pass_.begin)
      event(EventType::kCheckpointLoad, "starts from the checkpoint after operator " + std::to_string(start_ - 1),
            op_fields(plan_, start_ - 1).add("checkpoint_path", partition_.at[start_][0].hex()));

    // Every pass counts a partition as its input's bytes, whatever stands in their place by now.
    const std::uint64_t size = partition_.input.end - partition_.input.begin;
    std::uint64_t seen = 0;
    for (;;) {
      OPH_TRY(job_.stopped());
      auto more = reader_->next(worker_.batch);
      if (!more.ok()) return more.status();
      if (!*more) break;
      OPH_TRY(one_batch());
      std::uint64_t now = std::min(reader_->bytes_read(), size);
      job_.advance(now - seen, worker_.batch.rows());
      seen = now;
      records_ += worker_.batch.rows();
      if (worker_.batch.bytes.size() > kLargeBatch) worker_.release_memory();
    }
    job_.advance(size - seen, 0);
    return commit();
  }

  Status one_batch() {
    Batch& batch = worker_.batch;
    std::uint64_t faults = 0;
    for (const RowFault& f : batch.faults) faults += f.op < 0;
    reader_faults_ += faults;
    if (pass_index_ == 0 && faults) OPH_TRY(count_quarantined(job_, faults));
    std::size_t next_tap = 0;
    for (std::size_t k = start_; k < pass_.end; ++k) {
      OPH_TRY(told(k, run_op(k, batch)));
      OPH_TRY(job_.stopped());
      if (next_tap < taps_.size() && taps_[next_tap].position == k + 1) OPH_TRY(feed(taps_[next_tap++], batch));
    }
    if (keys_) OPH_TRY(told(*pass_.barrier, run_keys(batch)));
    if (reshaper_ || summary_) OPH_TRY(told(*pass_.barrier, run_boundary(batch)));
    if (renderer_) OPH_TRY(renderer_->write(worker_, batch));
    return {};
  }

  // An operator's failure as an event, before it becomes the partition's.
  Status told(std::size_t k, const Status& s) {
    if (!s.ok() && s.code() != Code::kStopped && started_.count(k))
      event(EventType::kOpFailed, s.message(), op_fields(plan_, k).add("status", "failed").add("error_message", s.message()));
    return s;
  }

  Status feed(Tap& tap, Batch& batch) {
    std::int64_t t = monotonic_ns();
    encode_chunk(batch, tap.after_op, worker_.chunk);
    OPH_TRY(tap.blob->append(worker_.chunk));
    if (worker_.chunk.size() > kLargeBatch) worker_.chunk = std::string();
    job_.counters->tap_ns += monotonic_ns() - t;
    return {};
  }

  Status run_op(std::size_t k, Batch& batch) {
    const PlannedOp& op = plan_.ops[k];
    OpStats s;
    if (op.idle) {
      s.in = s.out = batch.alive.count();
      account(k, s);
      return {};
    }
    OPH_ASSIGN(OpInstance * instance, begin_op(k, batch, s));
    std::size_t first_fault = batch.faults.size();
    OPH_TRY(careful(worker_.teller, k, op.config->retry, batch, [&]() -> Status {
      OPH_TRY(prepare_call(job_, worker_, k, batch));
      std::int64_t t = monotonic_ns();
      if (op.op->desc.kind == OPH_KIND_MAP) {
        OPH_ASSIGN(std::size_t edited, instance->map(batch));
        s.edited += edited;
      } else {
        OPH_ASSIGN(std::size_t dropped, instance->filter(batch));
        s.dropped += dropped;
      }
      s.busy_ns += monotonic_ns() - t;
      return {};
    }));
    if (s.edited) forget_derived(op, batch);
    OPH_TRY(settle_faults(job_, partition_index_, k, batch, first_fault, s));
    s.out = batch.alive.count();
    account(k, s);
    if (batch.bytes.size() > kLargeBatch) instance->release_memory();
    return {};
  }

  Status run_keys(Batch& batch) {
    const std::size_t k = *pass_.barrier;
    const PlannedOp& op = plan_.ops[k];
    OpStats s;
    OPH_ASSIGN(OpInstance * instance, begin_op(k, batch, s));
    std::size_t first_fault = batch.faults.size();
    std::vector<std::uint64_t> keys, some_keys;
    std::vector<std::int64_t> rank, some_rank;
    std::uint32_t width = 0;
    OPH_TRY(careful(worker_.teller, k, op.config->retry, batch, [&]() -> Status {
      OPH_TRY(prepare_call(job_, worker_, k, batch));
      std::int64_t t = monotonic_ns();
      std::uint32_t w = 0;
      OPH_TRY(instance->keys(batch, job_.recipe->keep_hashes_in_res_ds, some_keys, w));
      if (width != 0 && w != 0 && w != width)
        return Status::plugin("process[" + std::to_string(k) + "] " + op.op->name + ": keys of different widths in one batch");
      if (instance->has_rank()) OPH_TRY(instance->rank(batch, some_rank));
      if (w != 0) width = w;
      take_rows(batch, some_keys, w, keys);
      take_rows(batch, some_rank, 1, rank);
      s.busy_ns += monotonic_ns() - t;
      return {};
    }));
    if (instance->has_near() && width > 2)
      return Status::plugin("process[" + std::to_string(k) + "] " + op.op->name + " links near keys, so it may have one key a record, not " +
                            std::to_string(width / 2) + " (a fault of the plugin '" + op.op->plugin->file + "')");
    OPH_TRY(settle_faults(job_, partition_index_, k, batch, first_fault, s));
    account(k, s);
    std::int64_t t = monotonic_ns();
    encode_chunk(batch, static_cast<std::int32_t>(k) - 1, worker_.chunk);
    OPH_TRY(keys_->add(batch, keys, width, rank, worker_.chunk));
    job_.counters->tap_ns += monotonic_ns() - t;
    return {};
  }

  // The live rows' values of one call join those of the calls before it on the same batch.
  template <class T>
  static void take_rows(const Batch& batch, std::vector<T>& from, std::size_t width, std::vector<T>& to) {
    if (from.empty()) return;
    if (to.empty()) return to.swap(from);
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r))
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r * width), width, to.begin() + static_cast<std::ptrdiff_t>(r * width));
  }

  // The operator that makes other records, or sums them up for that.
  Status run_boundary(Batch& batch) {
    const std::size_t k = *pass_.barrier;
    OpStats s;
    OPH_ASSIGN(OpInstance * instance, begin_op(k, batch, s));
    if (reshaper_) OPH_TRY(reshaper_->run(worker_, *instance, batch, s));
    else OPH_TRY(summary_->run(worker_, *instance, batch, s));
    account(k, s);
    return {};
  }

  // What every operator's turn begins with: its instance, what it gets, and, for the first batch, the event.
  Result<OpInstance*> begin_op(std::size_t k, const Batch& batch, OpStats& s) {
    const PlannedOp& op = plan_.ops[k];
    s.in = batch.alive.count();
    if (!op.reads.empty()) s.bytes = live_bytes(batch, op.reads[0]);
    OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker_, k));
    if (started_.insert(k).second)
      event(EventType::kOpStart, op.op->name + " starts on partition " + std::to_string(partition_index_), op_fields(plan_, k));
    return instance;
  }

  void account(std::size_t k, const OpStats& s) {
    stats_[k].add(s);
    executed_[k].add(s);
  }

  void event(EventType type, const std::string& message, JsonObject fields = {}) {
    fields.add("partition_id", static_cast<std::uint64_t>(partition_index_));
    job_.events->emit(type, message, std::move(fields));
  }

  Status commit() {
    std::int64_t t = monotonic_ns();
    std::vector<PendingBlob> blobs;
    std::vector<Layer> layers = layers_;
    // Of the partition's input, whatever has become of its records since.
    Carried history = carried_;
    if (layers_.empty() || !layers_[0].rows) history = {records_, reader_faults_, 0};
    auto counts = [&] {
      return JsonObject()
          .add("rows", records_)
          .add("input_records", history.input_records)
          .add("reader_quarantined", history.reader_quarantined);
    };
    for (Tap& tap : taps_) {
      const Fingerprints& at = partition_.at[tap.position];
      layers.push_back({false, at[0], kTapLabel});
      std::vector<OpStats> upto(stats_.begin(), stats_.begin() + static_cast<std::ptrdiff_t>(tap.position));
      OPH_TRY(tap.blob->end_frame(kTapLabel));
      std::uint64_t alive = tap.position ? upto.back().out : records_;
      blobs.push_back({at[0],
                       partition_manifest(job_, "checkpoint", partition_index_, tap.position, pass_index_, layers, upto,
                                          at, counts().add("alive", alive)),
                       std::move(tap.blob)});
    }
    if (keys_) {
      const Fingerprints& at = partition_.keys[pass_index_];
      OPH_ASSIGN(KeyListWriter::Summary sum, keys_->finish());
      std::vector<OpStats> upto(stats_.begin(), stats_.begin() + static_cast<std::ptrdiff_t>(*pass_.barrier) + 1);
      blobs.push_back({at[0],
                       partition_manifest(job_, "keys", partition_index_, pass_.end, pass_index_, layers, upto, at,
                                          counts().add("entries", sum.entries).add("ranked", sum.ranked)
                                              .add("barrier", plan_.ops[*pass_.barrier].op->name)),
                       std::move(sum.blob)});
    }
    if (reshaper_) {
      const std::size_t k = *pass_.barrier;
      const Fingerprints& at = partition_.at[k + 1];
      history.quarantined = reshaper_->rows().quarantined();
      std::uint64_t rows = reshaper_->rows().rows();
      OPH_ASSIGN(auto blob, reshaper_->rows().finish());
      std::vector<OpStats> upto(stats_.begin(), stats_.begin() + static_cast<std::ptrdiff_t>(k) + 1);
      JsonObject extra;
      extra.add("rows", rows).add("alive", rows);
      history.add_to(extra);
      blobs.push_back({at[0],
                       partition_manifest(job_, "rows", partition_index_, k + 1, pass_index_,
                                          {{false, at[0], kRowsLabel, true}}, upto, at, std::move(extra)),
                       std::move(blob)});
    }
    if (summary_) {
      const std::size_t k = *pass_.barrier;
      const Fingerprints& at = partition_.keys[pass_index_];
      OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker_, k));
      OPH_ASSIGN(auto blob, summary_->finish(*instance));
      std::vector<OpStats> upto(stats_.begin(), stats_.begin() + static_cast<std::ptrdiff_t>(k) + 1);
      blobs.push_back({at[0],
                       partition_manifest(job_, "state", partition_index_, pass_.end, pass_index_, layers, upto, at,
                                          counts().add("barrier", plan_.ops[k].op->name)),
                       std::move(blob)});
    }
    if (renderer_) {
      OPH_ASSIGN(PartInfo part, renderer_->finish());
      part.input_records = history.input_records;
      part.reader_quarantined = history.reader_quarantined;
      part.ops = stats_;
      OPH_ASSIGN(auto blob, job_.store->new_blob());
      blobs.push_back({part_fingerprint(job_, partition_index_), part_manifest(job_, partition_index_, part),
                       std::move(blob)});
    }
    OPH_TRY(job_.store->commit(std::move(blobs), job_.job_id));
    job_.counters->tap_ns += monotonic_ns() - t;
    for (std::size_t k = 0; k < plan_.ops.size(); ++k) {
      if (!started_.count(k)) continue;
      const OpStats& s = executed_[k];
      event(EventType::kOpComplete, plan_.ops[k].op->name + " is done with partition " + std::to_string(partition_index_),
            op_complete_fields(plan_, k, s, static_cast<double>(s.busy_ns) / 1e9, k == pass_.barrier && !reshaper_));
    }
    for (const Tap& tap : taps_)
      event(EventType::kCheckpointSave, "checkpoint after operator " + std::to_string(tap.position - 1),
            op_fields(plan_, tap.position - 1).add("checkpoint_path", partition_.at[tap.position][0].hex()));
    if (last_)
      event(EventType::kPartitionComplete, "partition " + std::to_string(partition_index_) + " is complete",
            JsonObject()
                .add("input_rows", history.input_records)
                .add_raw("metadata", JsonObject()
                                         .add("success", true)
                                         .add("duration_seconds", static_cast<double>(monotonic_ns() - begun_) / 1e9)
                                         .text()));
    return {};
  }

  JobContext& job_;
  Worker& worker_;
  const Plan& plan_;
  const std::size_t pass_index_;
  const Pass& pass_;
  const std::size_t partition_index_;
  const PartitionPlan& partition_;
  const PassState& state_;
  const Boundary boundary_;
  const bool last_;

  const std::int64_t begun_ = monotonic_ns();
  std::size_t start_ = 0;
  std::vector<Layer> layers_;
  std::unique_ptr<StateReader> reader_;
  std::vector<Tap> taps_;
  std::unique_ptr<KeyListWriter> keys_;
  std::unique_ptr<Reshaper> reshaper_;
  std::unique_ptr<StateWriter> summary_;
  std::unique_ptr<Renderer> renderer_;
  Carried carried_;  // when rows stand in the input's place
  std::vector<OpStats> stats_, executed_;  // all there is of the partition; this task's own work
  std::set<std::size_t> started_;
  std::uint64_t records_ = 0, reader_faults_ = 0;
};

}  // namespace

Status run_pass_task(JobContext& job, Worker& worker, std::size_t pass, std::size_t partition) {
  worker.damage = {};
  return within_memory("partition " + std::to_string(partition) + " of '" + job.plan->file_of(partition).path + "'",
                       [&] { return PassTask(job, worker, pass, partition).run(); });
}

}  // namespace ophost
