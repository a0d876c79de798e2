// The boundary of an operator that makes another data set (SELECT, GROUP, AGGREGATE).
//
// States merge into one decision. Then every partition is read once more and its records are scattered: written, with
// their places in the new order, to a blob of their own. The places of all records (16 bytes each) are sorted and cut
// into as many new partitions as there were old ones, of about equal bytes; each is gathered from the scattered blobs,
// which go when all are done. A selector that only rewrites leaves every record in its partition.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "host/base/text.hpp"
#include "host/run/context.hpp"
#include "host/run/frame_stream.hpp"
#include "host/run/op_call.hpp"
#include "host/run/reshape.hpp"

namespace ophost {
namespace {

constexpr std::uint32_t kPlaceLabel = 2;                  // in a scattered blob: i64 place, u32 size of the entry, per record
constexpr std::uint64_t kGatherBytes = 64u << 20;         // records that one gathering task holds
constexpr std::size_t kPlaceBytes = 12;

struct HashOfHash {
  std::size_t operator()(const Hash128& h) const {
    std::uint64_t v;
    std::memcpy(&v, h.bytes.data(), sizeof v);
    return v;
  }
};

// A scattered blob's stream of entries, read forward.
class EntryReader {
 public:
  explicit EntryReader(std::unique_ptr<BlobReader> blob) : blob_(std::move(blob)) {}
  // Appends the bytes [begin, end) of the stream, begin not before the last end.
  Status read(std::uint64_t begin, std::uint64_t end, std::string& out) {
    const auto& frames = blob_->info().frames;
    while (begin < end) {
      while (next_ < frames.size() && (frames[next_].label != kRowsLabel || at_ + frames[next_].raw_size <= begin)) {
        if (frames[next_].label == kRowsLabel) at_ += frames[next_].raw_size;
        ++next_;
      }
      if (next_ == frames.size()) return Status::store("the scattered records " + blob_->info().fingerprint.hex() + " end too early");
      if (loaded_ != next_) {
        OPH_TRY(blob_->read_frame(next_, frame_));
        loaded_ = next_;
      }
      std::uint64_t from = begin - at_, n = std::min<std::uint64_t>(end - begin, frame_.size() - from);
      out.append(frame_, from, n);
      begin += n;
    }
    return {};
  }

 private:
  std::unique_ptr<BlobReader> blob_;
  std::size_t next_ = 0, loaded_ = SIZE_MAX;
  std::uint64_t at_ = 0;  // of frame next_ in the stream
  std::string frame_;
};

class Gather {
 public:
  Gather(JobContext& job, std::vector<Worker>& workers, std::size_t pass, Damage& damage)
      : job_(job), plan_(*job.plan), workers_(workers), pass_(pass), k_(*plan_.passes[pass].barrier), op_(plan_.ops[k_]),
        kind_(op_.op->desc.kind), damage_(damage), columns_(columns()) {}

  Status run() {
    started_ = monotonic_ns();
    OPH_TRY(load_states());
    if (kind_ == OPH_KIND_AGGREGATE) {
      OPH_TRY(store_aggregate());
      return store_decision();
    }
    bool in_place = false;
    if (kind_ == OPH_KIND_SELECT) {
      OPH_ASSIGN(OpInstance * instance, instance_for(job_, workers_[0], k_));
      in_place = !instance->has_apply();
    }
    const std::size_t n = plan_.partitions.size();
    OPH_TRY(parallel_for(workers_.size(), n, [&](std::size_t w, std::size_t p) -> Status {
      OPH_TRY(job_.stopped());
      return scatter(workers_[w], p, in_place);
    }));
    if (!in_place) {
      OPH_TRY(order_all());
      OPH_TRY(parallel_for(workers_.size(), tasks_.size(), [&](std::size_t w, std::size_t t) -> Status {
        OPH_TRY(job_.stopped());
        return collect(workers_[w], tasks_[t]);
      }));
    }
    OPH_TRY(store_decision());
    std::vector<Fingerprint> scattered;
    for (std::size_t p = 0; p < n; ++p) scattered.push_back(scattered_as(p));
    return job_.store->erase(scattered);
  }

 private:
  struct Source {  // what is known of an old partition
    std::vector<OpStats> stats;
    Carried carried;
    std::vector<std::uint32_t> groups;  // GROUP: of every live row
    std::vector<std::uint64_t> begin;   // of every scattered entry in its stream, and the end
  };
  struct Entry {
    std::int64_t place;
    std::uint32_t source, index;
  };
  struct Target {  // a new partition: entries_[begin, end)
    std::size_t begin = 0, end = 0;
  };
  struct Task {
    std::size_t first = 0, last = 0;  // new partitions [first, last)
  };

  Status damaged(const Fingerprint& blob, const Status& s) {
    std::lock_guard lock(mutex_);
    damage_ = {true, blob, s.message()};
    return Status(Code::kStore, s.message());
  }
  Fingerprint scattered_as(std::size_t p) const { return scattered_fingerprint(job_, pass_, p); }
  const PassState& state(std::size_t p) const { return plan_.partitions[p].passes[pass_]; }

  Status load_states() {
    OPH_ASSIGN(OpInstance * instance, instance_for(job_, workers_[0], k_));
    std::unique_ptr<OpState> total;
    if (kind_ != OPH_KIND_GROUP) {
      OPH_ASSIGN(total, instance->new_state());
    }
    std::unordered_map<Hash128, std::uint32_t, HashOfHash> groups;
    sources_.resize(plan_.partitions.size());
    for (std::size_t p = 0; p < sources_.size(); ++p) {
      OPH_TRY(job_.stopped());
      const auto& keys = state(p).keys;
      if (!keys)  // another job of the store may have erased it since its task was done
        return damaged(plan_.partitions[p].keys[pass_][0], Status::store("the state " + plan_.partitions[p].keys[pass_][0].hex() + " is no longer in the store"));
      auto blob = job_.store->open_blob(*keys);
      if (!blob.ok()) return damaged(*keys, blob.status());
      OPH_ASSIGN(Json doc, parse_json((*blob)->info().manifest, "the manifest of " + keys->hex()));
      sources_[p].stats = stats_from_json(get_member(doc, "op_stats"));
      sources_[p].carried = Carried::from_json(doc);
      sources_[p].stats.resize(k_ + 1);
      std::string bytes;
      auto collect = [&](std::string_view raw) {
        bytes += raw;
        return Status();
      };
      if (Status s = each_frame(**blob, kStateLabel, collect); !s.ok()) return damaged(*keys, s);
      if (kind_ == OPH_KIND_GROUP) {
        for (std::size_t at = 0; at + sizeof(Hash128) <= bytes.size(); at += sizeof(Hash128)) {
          Hash128 key;
          std::memcpy(key.bytes.data(), bytes.data() + at, sizeof key);
          sources_[p].groups.push_back(groups.emplace(key, static_cast<std::uint32_t>(groups.size())).first->second);
        }
        continue;
      }
      OPH_ASSIGN(auto part, instance->new_state());
      if (Status s = instance->load(*part, bytes); !s.ok()) return damaged(*keys, s);
      OPH_TRY(tell_whole(workers_[0].teller, k_, 1, [&] { return instance->merge(*total, *part); }));
    }
    if (kind_ == OPH_KIND_GROUP) return {};
    MadeRecords made;
    OPH_TRY(tell_whole(workers_[0].teller, k_, 1, [&] { return instance->finish(*total, made); }));
    if (kind_ == OPH_KIND_SELECT) decision_ = made.cell(0, 0);
    else aggregate_ = std::move(made);
    return {};
  }

  // One record in the first partition; the others have none.
  Status store_aggregate() {
    MadeLines lines;
    Batch empty;
    empty.bytes = "{}\n";
    empty.line_begin = {0};
    empty.line_size = {2};
    empty.line_number = {1};
    empty.byte_offset = {0};
    extract_columns(empty, -1);
    lines_of(plan_, op_, empty, aggregate_, lines);
    check_lines(empty, k_, lines);
    if (!empty.faults.empty()) return Status::plugin("process[" + std::to_string(k_) + "] " + op_.op->name + ": " + empty.faults[0].reason);
    std::vector<PendingBlob> blobs;
    std::uint64_t left = 1;
    for (std::size_t p = 0; p < sources_.size(); ++p) {
      OPH_ASSIGN(auto rows, RowsWriter::open(*job_.store));
      OPH_TRY(quarantine_of(workers_[0], p, *rows));
      OpStats& s = sources_[p].stats[k_];
      std::uint64_t took = s.in - s.quarantined - s.discarded;
      if (p == 0) OPH_TRY(rows->add({}, lines.text(lines.lines[0])));
      s.out = p == 0;
      // The one record is made of all: it counts as one of them, or as added when there were none.
      std::uint64_t own = std::min<std::uint64_t>(left, took);
      s.grouped = took - own;
      left -= own;
      if (p + 1 == sources_.size()) s.added = left;
      OPH_TRY(pend(p, *rows, blobs));
    }
    return job_.store->commit(std::move(blobs), job_.job_id);
  }

  std::vector<Layer> layers_of(std::size_t p) const {
    std::vector<Layer> layers = state(p).end_layers;
    layers.push_back({false, *state(p).keys, kKeyDeltaLabel});
    return layers;
  }

  std::vector<ColumnSpec> columns() const {
    std::vector<ColumnSpec> out = render_columns(plan_);
    auto want = [&](const ColumnSpec& s) {
      if (std::find(out.begin(), out.end(), s) == out.end()) out.push_back(s);
    };
    for (const ColumnSpec& s : op_.reads) want(s);
    if (kind_ == OPH_KIND_SELECT)
      for (const ColumnSpec& s : op_.writes) want(s);
    return out;
  }

  // Calls use(batch) for every batch of partition p as it is at the boundary.
  Status each_batch(Worker& worker, std::size_t p, const std::function<Status(Batch&)>& use) {
    const PartitionPlan& partition = plan_.partitions[p];
    Damage damage;
    auto reader = StateReader::open(job_.store, plan_.files[partition.input.file], partition.input, p, layers_of(p),
                                    columns_, job_.recipe->text_keys, plan_.text_required, &damage);
    if (!reader.ok()) return damage.found ? damaged(damage.blob, reader.status()) : reader.status();
    for (;;) {
      OPH_TRY(job_.stopped());
      auto more = (*reader)->next(worker.batch);
      if (!more.ok())
        return (*reader)->damage().found ? damaged((*reader)->damage().blob, more.status()) : more.status();
      if (!*more) return {};
      OPH_TRY(use(worker.batch));
    }
  }

  Status quarantine_of(Worker& worker, std::size_t p, RowsWriter& rows) {
    OPH_TRY(rows.carry_quarantine(*job_.store, layers_of(p)));
    if (sources_[p].carried.reader_quarantined == 0 && !any_quarantined(p)) return {};
    return each_batch(worker, p, [&](Batch& batch) { return keep_faults(p, batch, rows); });
  }
  bool any_quarantined(std::size_t p) const {
    for (const OpStats& s : sources_[p].stats)
      if (s.quarantined) return true;
    return false;
  }
  Status keep_faults(std::size_t p, const Batch& batch, RowsWriter& rows) {
    if (batch.faults.empty()) return {};
    std::string lines;
    std::uint64_t n = append_quarantine(job_, p, batch, lines);
    return rows.quarantine(lines, n);
  }

  // Writes partition p's records with their places; in_place: as the new partition at once.
  Status scatter(Worker& worker, std::size_t p, bool in_place) {
    if (!in_place) {
      auto there = job_.store->find(scattered_as(p));
      if (there.ok() && *there) return {};
    }
    OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker, k_));
    OPH_ASSIGN(auto rows, RowsWriter::open(*job_.store));
    OPH_TRY(rows->carry_quarantine(*job_.store, layers_of(p)));
    OpStats& s = sources_[p].stats[k_];
    std::vector<std::int64_t> order, some_order;
    std::string places, line, entry;
    std::size_t row_in_groups = 0;
    RecordWriter writer(true, true);
    OPH_TRY(each_batch(worker, p, [&](Batch& batch) -> Status {
      const std::size_t first_fault = batch.faults.size();
      order.assign(batch.rows(), 0);
      if (kind_ == OPH_KIND_SELECT) OPH_TRY(careful(worker.teller, k_, op_.config->retry, batch, [&]() -> Status {
        std::int64_t t = monotonic_ns();
        OPH_TRY(prepare_call(job_, worker, k_, batch));
        if (instance->has_rewrite()) {
          OPH_ASSIGN(std::size_t edited, instance->rewrite(decision_, batch));
          s.edited += edited;
        }
        if (!in_place) {
          OPH_TRY(instance->apply(decision_, batch, some_order));
          for (std::size_t r = 0; r < batch.rows(); ++r)
            if (batch.alive.get(r)) order[r] = some_order[r];
        }
        s.busy_ns += monotonic_ns() - t;
        return {};
      }));
      std::vector<std::size_t> faulty;
      for (std::size_t f = first_fault; f < batch.faults.size(); ++f) faulty.push_back(batch.faults[f].row);
      OPH_TRY(settle_faults(job_, p, k_, batch, first_fault, s));
      for (std::size_t f : faulty)
        if (batch.alive.get(f)) order[f] = 0;  // on_error: keep
      OPH_TRY(keep_faults(p, batch, *rows));
      const auto columns = recipe_order(plan_, batch);
      for (std::size_t r = 0; r < batch.rows(); ++r) {
        if (!batch.alive.get(r)) continue;
        if (kind_ == OPH_KIND_GROUP) order[r] = sources_[p].groups.at(row_in_groups++);
        if (order[r] < 0) {
          ++s.dropped;
          continue;
        }
        line.clear();
        writer.write(batch, columns, r, line, nullptr);
        line.pop_back();
        entry.clear();
        append_row(entry, origin_of(batch, r, p), line);
        OPH_TRY(rows->add_entry(entry));
        if (in_place) continue;
        const auto size = static_cast<std::uint32_t>(entry.size());
        places.append(reinterpret_cast<const char*>(&order[r]), 8);
        places.append(reinterpret_cast<const char*>(&size), 4);
      }
      return {};
    }));
    std::vector<PendingBlob> blobs;
    if (in_place) {
      s.out = rows->rows();
      OPH_TRY(pend(p, *rows, blobs));
      return job_.store->commit(std::move(blobs), job_.job_id);
    }
    JsonObject extra;
    Carried carried = sources_[p].carried;
    carried.quarantined = rows->quarantined();
    carried.add_to(extra);
    extra.add_raw("op_stats", json_of(sources_[p].stats));
    OPH_ASSIGN(auto blob, rows->finish());
    OPH_TRY(blob->append(places));
    OPH_TRY(blob->end_frame(kPlaceLabel));
    blobs.push_back({scattered_as(p), make_manifest(job_, "scattered", extra), std::move(blob)});
    return job_.store->commit(std::move(blobs), job_.job_id);
  }

  // Puts the places of all records in order and cuts them into new partitions and tasks.
  Status order_all() {
    std::uint64_t bytes = 0, records = 0;
    for (std::size_t p = 0; p < sources_.size(); ++p) {
      OPH_ASSIGN(auto blob, job_.store->open_blob(scattered_as(p)));
      OPH_ASSIGN(Json doc, parse_json(blob->info().manifest, "the manifest of scattered records"));
      Source& source = sources_[p];
      source.stats = stats_from_json(get_member(doc, "op_stats"));
      source.stats.resize(k_ + 1);
      source.carried = Carried::from_json(doc);
      source.begin = {0};
      std::string places;
      OPH_TRY(each_frame(*blob, kPlaceLabel, [&](std::string_view raw) {
        places += raw;
        return Status();
      }));
      records += places.size() / kPlaceBytes;
      if (records > UINT32_MAX)
        return Status::failed("process[" + std::to_string(k_) + "] " + op_.op->name +
                              ": more than 4,294,967,295 records cannot be put in order in one job");
      for (std::size_t at = 0; at + kPlaceBytes <= places.size(); at += kPlaceBytes) {
        Entry e{0, static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(source.begin.size() - 1)};
        std::uint32_t size;
        std::memcpy(&e.place, places.data() + at, 8);
        std::memcpy(&size, places.data() + at + 8, 4);
        entries_.push_back(e);
        source.begin.push_back(source.begin.back() + size);
      }
      bytes += source.begin.back();
    }
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.place < b.place; });
    if (kind_ == OPH_KIND_SELECT && !entries_.empty()) {
      OPH_ASSIGN(OpInstance * instance, instance_for(job_, workers_[0], k_));
      OPH_TRY(repeat(instance->total(decision_), bytes));
    }
    const std::size_t n = sources_.size();
    targets_.resize(n);
    std::size_t at = 0;
    std::uint64_t done = 0, in_task = 0;
    Task task;
    for (std::size_t p = 0; p < n; ++p) {
      targets_[p].begin = at;
      const std::uint64_t until = p + 1 == n ? UINT64_MAX : bytes / n * (p + 1);
      // A group stays whole.
      while (at < entries_.size() && (done < until || (kind_ == OPH_KIND_GROUP && at > targets_[p].begin &&
                                                       entries_[at].place == entries_[at - 1].place))) {
        const Source& s = sources_[entries_[at].source];
        const std::uint64_t size = s.begin[entries_[at].index + 1] - s.begin[entries_[at].index];
        done += size;
        in_task += size;
        ++at;
      }
      targets_[p].end = at;
      if (in_task >= kGatherBytes || p + 1 == n) {
        task.last = p + 1;
        tasks_.push_back(task);
        task.first = p + 1;
        in_task = 0;
      }
    }
    return {};
  }

  // The order begins anew until `total` records leave.
  Status repeat(std::uint64_t total, std::uint64_t& bytes) {
    once_ = entries_.size();
    if (total > UINT32_MAX)
      return Status::failed("process[" + std::to_string(k_) + "] " + op_.op->name + ": " + std::to_string(total) +
                            " records are wanted, the most is 4,294,967,295");
    for (std::size_t i = 0; entries_.size() < total; ++i) {
      const Entry e = entries_[i];
      bytes += sources_[e.source].begin[e.index + 1] - sources_[e.source].begin[e.index];
      entries_.push_back(e);
    }
    return {};
  }

  // Reads the records of some new partitions from wherever they are and writes these.
  Status collect(Worker& worker, const Task& task) {
    const std::size_t first = targets_[task.first].begin, last = targets_[task.last - 1].end;
    std::vector<std::size_t> by_source(last - first);
    std::iota(by_source.begin(), by_source.end(), first);
    std::sort(by_source.begin(), by_source.end(), [&](std::size_t a, std::size_t b) {
      return entries_[a].source != entries_[b].source ? entries_[a].source < entries_[b].source
                                                      : entries_[a].index < entries_[b].index;
    });
    std::string arena;
    std::vector<std::pair<std::size_t, std::size_t>> where(last - first);  // in the arena, per entry
    std::unique_ptr<EntryReader> reader;
    std::uint32_t of = UINT32_MAX;
    std::size_t last_read = SIZE_MAX;
    for (std::size_t i : by_source) {
      const Entry& e = entries_[i];
      if (!reader || of != e.source) {
        OPH_ASSIGN(auto blob, job_.store->open_blob(scattered_as(e.source)));
        reader = std::make_unique<EntryReader>(std::move(blob));
        of = e.source;
      }
      const Source& s = sources_[e.source];
      if (last_read < last && entries_[last_read].source == e.source && entries_[last_read].index == e.index) {
        where[i - first] = where[last_read - first];  // a record that leaves more than once
        continue;
      }
      last_read = i;
      where[i - first] = {arena.size(), s.begin[e.index + 1] - s.begin[e.index]};
      OPH_TRY(reader->read(s.begin[e.index], s.begin[e.index + 1], arena));
    }
    auto entry = [&](std::size_t i) { return std::string_view(arena).substr(where[i - first].first, where[i - first].second); };

    std::vector<PendingBlob> blobs;
    for (std::size_t p = task.first; p < task.last; ++p) {
      OPH_ASSIGN(auto rows, RowsWriter::open(*job_.store));
      OPH_ASSIGN(auto old, job_.store->open_blob(scattered_as(p)));
      std::uint64_t aside = sources_[p].carried.quarantined;
      OPH_TRY(read_quarantine(*job_.store, scattered_as(p), [&](std::string_view lines) {
        return rows->quarantine(lines, std::exchange(aside, 0));
      }));
      OpStats& s = sources_[p].stats[k_];
      const Target& target = targets_[p];
      if (kind_ == OPH_KIND_SELECT) {
        for (std::size_t i = target.begin; i < target.end; ++i) OPH_TRY(rows->add_entry(entry(i)));
        s.added = target.end - std::clamp(once_, target.begin, target.end);
      } else {
        for (std::size_t i = target.begin; i < target.end;) {
          std::size_t j = i + 1;
          while (j < target.end && entries_[j].place == entries_[i].place) ++j;
          std::vector<std::string_view> group;
          for (; i < j; ++i) group.push_back(entry(i));
          OPH_TRY(one_group(worker, p, group, *rows, s));
        }
      }
      s.out = rows->rows();
      OPH_TRY(pend(p, *rows, blobs));
    }
    return job_.store->commit(std::move(blobs), job_.job_id);
  }

  // The rows of one group become the records that the operator makes of them.
  Status one_group(Worker& worker, std::size_t p, const std::vector<std::string_view>& entries, RowsWriter& rows, OpStats& s) {
    OPH_TRY(job_.stopped());
    Batch& batch = worker.batch;
    batch.clear();
    batch.partition = p;
    for (std::string_view e : entries) {
      auto number = [&](std::size_t at, std::size_t n) {
        std::uint64_t v = 0;
        std::memcpy(&v, e.data() + at, n);
        return v;
      };
      batch.origin_partition.push_back(static_cast<std::uint32_t>(number(0, 4)));
      batch.line_number.push_back(number(4, 8));
      batch.byte_offset.push_back(number(12, 8));
      batch.line_begin.push_back(batch.bytes.size());
      batch.line_size.push_back(e.size() - kRowHeader);
      batch.bytes.append(e.substr(kRowHeader));
      batch.bytes += '\n';
      batch.row_ids.push_back(row_id(p, batch.row_ids.size()));
    }
    batch.columns.resize(columns_.size());
    for (std::size_t c = 0; c < columns_.size(); ++c) batch.columns[c].spec = columns_[c];
    extract_columns(batch, -1);
    OPH_ASSIGN(OpInstance * instance, instance_for(job_, worker, k_));
    std::int64_t t = monotonic_ns();
    MadeRecords made;
    OPH_TRY(tell_whole(worker.teller, k_, batch.rows(), [&] {
      return instance->emit(batch, made).within("the group of " + place_of(job_, p, batch, 0));
    }));
    s.busy_ns += monotonic_ns() - t;
    MadeLines lines;
    lines_of(plan_, op_, batch, made, lines);
    check_lines(batch, k_, lines);
    if (!batch.faults.empty())
      return Status::plugin("process[" + std::to_string(k_) + "] " + op_.op->name + ": " + batch.faults.back().reason);
    for (const auto& l : lines.lines) OPH_TRY(rows.add(origin_of(batch, l.row, p), lines.text(l)));
    if (lines.lines.size() < entries.size()) s.grouped += entries.size() - lines.lines.size();
    else s.added += lines.lines.size() - entries.size();
    return {};
  }

  // The rows of new partition p, with what is known of the old one of that number.
  Status pend(std::size_t p, RowsWriter& rows, std::vector<PendingBlob>& blobs) {
    const Fingerprints& at = plan_.partitions[p].at[k_ + 1];
    Carried carried = sources_[p].carried;
    carried.quarantined = rows.quarantined();
    JsonObject extra;
    extra.add("rows", rows.rows()).add("alive", rows.rows());
    carried.add_to(extra);
    const std::uint64_t n = rows.rows();
    OPH_ASSIGN(auto blob, rows.finish());
    blobs.push_back({at[0],
                     partition_manifest(job_, "rows", p, k_ + 1, pass_, {{false, at[0], kRowsLabel, true}}, sources_[p].stats,
                                        at, std::move(extra)),
                     std::move(blob)});
    out_ += n;
    return {};
  }

  Status store_decision() {
    std::uint64_t in = 0;
    for (const Source& s : sources_) in += s.stats[k_].in;
    OPH_ASSIGN(auto blob, job_.store->new_blob());
    const std::uint64_t out = out_.load();
    return commit_decision(job_, pass_, started_, in, out, {}, std::move(blob),
                           " decided: " + human_count(in) + " records became " + human_count(out));
  }

  JobContext& job_;
  const Plan& plan_;
  std::vector<Worker>& workers_;
  const std::size_t pass_, k_;
  const PlannedOp& op_;
  const std::int32_t kind_;
  Damage& damage_;
  const std::vector<ColumnSpec> columns_;  // of the batches that it reads and groups
  std::mutex mutex_;
  std::int64_t started_ = 0;
  std::string decision_;
  MadeRecords aggregate_;
  std::vector<Source> sources_;
  std::vector<Entry> entries_;
  std::size_t once_ = 0;  // entries from here on are repetitions
  std::vector<Target> targets_;
  std::vector<Task> tasks_;
  std::atomic<std::uint64_t> out_{0};
};

}  // namespace

Fingerprint scattered_fingerprint(const JobContext& job, std::size_t pass, std::size_t partition) {
  return Hasher().field("scattered").field(job.job_id).field(job.plan->decisions[pass][0].view()).field(partition).digest();
}

Status gather(JobContext& job, std::vector<Worker>& workers, std::size_t pass, Damage& damage) {
  damage = {};
  return Gather(job, workers, pass, damage).run();
}

}  // namespace ophost
