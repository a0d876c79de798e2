// The barrier of a deduplicator: group equal keys, join the groups into components, keep one record of each.
//
// Keys are read bucket by bucket, so that memory is bounded by the largest group of buckets, plus 4 bytes a record for
// the components (8 more where the operator ranks).
#include <algorithm>
#include <cstring>
#include <numeric>

#include "host/base/text.hpp"
#include "host/run/context.hpp"
#include "host/run/job_events.hpp"
#include "host/run/key_list.hpp"

namespace ophost {
namespace {

constexpr std::uint64_t kGroupEntries = 512u << 10;  // keys that one group of buckets may hold, about 12 MB a worker

struct Edge {
  std::uint32_t a, b;  // record numbers over all partitions
};

class Components {
 public:
  explicit Components(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0u); }
  std::uint32_t find(std::uint32_t x) {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  void unite(std::uint32_t a, std::uint32_t b) {
    a = find(a);
    b = find(b);
    if (a < b) parent_[b] = a;  // the root is the first record of its component
    else parent_[a] = b;
  }

 private:
  std::vector<std::uint32_t> parent_;
};

class Decision {
 public:
  Decision(JobContext& job, std::size_t pass, std::size_t workers, Damage& damage)
      : job_(job), plan_(*job.plan), pass_(pass), workers_(workers), damage_(damage) {}

  Status run() {
    std::int64_t t = monotonic_ns();
    OPH_TRY(load_lists());
    const PlannedOp& op = plan_.ops[*plan_.passes[pass_].barrier];
    OPH_ASSIGN(instance_, OpInstance::create(*op.op, op.config->index, op.config->params, op.config->text_key,
                                             *job_.services));
    std::uint32_t groups = 1;
    // Near keys can lie in any bucket, so that all are needed at once.
    while (!instance_->has_near() && groups < kBuckets && entries_ / groups > kGroupEntries) groups *= 2;
    Components components(base_.back());
    std::mutex joining;
    OPH_TRY(parallel_for(std::max<std::size_t>(workers_, 1), groups, [&](std::size_t, std::size_t g) -> Status {
      OPH_TRY(job_.stopped());
      std::vector<Edge> edges;
      std::uint32_t span = kBuckets / groups, first = static_cast<std::uint32_t>(g) * span;
      OPH_TRY(group(first, first + span - 1, edges, components));
      std::lock_guard lock(joining);
      for (const Edge& e : edges) components.unite(e.a, e.b);
      return {};
    }));
    OPH_TRY(job_.stopped());
    return store_decision(components, t);
  }

 private:
  Status damaged(const Fingerprint& blob, const Status& s) {
    std::lock_guard lock(mutex_);
    damage_ = {true, blob, s.message()};
    return Status(Code::kStore, s.message());
  }

  Status load_lists() {
    base_.push_back(0);
    for (const PartitionPlan& p : plan_.partitions) {
      const auto& keys = p.passes[pass_].keys;
      if (!keys)  // another job of the store may have erased it since its task was done
        return damaged(p.keys[pass_][0], Status::store("the key list " + p.keys[pass_][0].hex() + " is no longer in the store"));
      auto blob = job_.store->open_blob(*keys);
      if (!blob.ok()) return damaged(*keys, blob.status());
      OPH_ASSIGN(Json doc, parse_json((*blob)->info().manifest, "the manifest of " + keys->hex()));
      rows_.push_back(static_cast<std::uint64_t>(get_int(doc, "rows")));
      entries_ += static_cast<std::uint64_t>(get_int(doc, "entries"));
      ranked_ = ranked_ || get_bool(doc, "ranked");
      base_.push_back(base_.back() + rows_.back());
      blobs_.push_back(*keys);
    }
    if (base_.back() > UINT32_MAX)
      return Status::failed("more than 4,294,967,295 records cannot be deduplicated in one job; deduplicate parts first");
    return {};
  }

  // All frames of partition p whose label `wanted` accepts, one after the other.
  template <class Wanted, class Use>
  Status frames(std::size_t p, Wanted wanted, Use use) {
    auto blob = job_.store->open_blob(blobs_[p]);
    if (!blob.ok()) return damaged(blobs_[p], blob.status());
    std::string raw;
    const auto& list = (*blob)->info().frames;
    for (std::size_t f = 0; f < list.size(); ++f) {
      if (!wanted(list[f].label)) continue;
      if (Status s = (*blob)->read_frame(f, raw); !s.ok()) return damaged(blobs_[p], s);
      if (Status s = use(raw); !s.ok()) return damaged(blobs_[p], s);
    }
    return {};
  }

  // Equal keys go to `edges`. Near keys, of which there can be very many, are united at once: then this is the only group.
  Status group(std::uint32_t first, std::uint32_t last, std::vector<Edge>& edges, Components& components) {
    struct Item {
      std::uint64_t hi, lo;
      std::uint32_t record;
    };
    std::vector<Item> items;
    std::vector<KeyEntry> entries;
    for (std::size_t p = 0; p < blobs_.size(); ++p) {
      entries.clear();
      OPH_TRY(frames(
          p, [&](std::uint32_t label) { return label_overlaps(label, first, last); },
          [&](const std::string& raw) { return decode_entries(raw, first, last, entries); }));
      for (const KeyEntry& e : entries) {
        if (e.row >= rows_[p]) return damaged(blobs_[p], Status::store("a key list names a record that is not there"));
        items.push_back({e.hi, e.lo, static_cast<std::uint32_t>(base_[p] + e.row)});
      }
    }
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      return a.hi != b.hi ? a.hi < b.hi : a.lo != b.lo ? a.lo < b.lo : a.record < b.record;
    });
    std::vector<std::uint64_t> distinct;     // (high, low), where the operator links near keys
    std::vector<std::uint32_t> first_record;  // of each distinct key
    for (std::size_t i = 0; i < items.size();) {
      if (instance_->has_near()) {
        distinct.push_back(items[i].hi);
        distinct.push_back(items[i].lo);
        first_record.push_back(items[i].record);
      }
      std::size_t j = i + 1;
      for (; j < items.size() && items[j].hi == items[i].hi && items[j].lo == items[i].lo; ++j)
        if (items[j].record != items[j - 1].record) edges.push_back({items[i].record, items[j].record});
      i = j;
    }
    if (!instance_->has_near()) return {};
    std::vector<Item>().swap(items);
    return instance_->near(distinct, [&](std::uint64_t a, std::uint64_t b) {
      components.unite(first_record[a], first_record[b]);
    });
  }

  // Which record of each component stays: the first, or the one with the lowest rank.
  Status best_of(Components& components, std::vector<std::uint32_t>& best) {
    std::vector<std::int64_t> rank;
    rank.reserve(base_.back());
    for (std::size_t p = 0; p < blobs_.size(); ++p) {
      OPH_TRY(frames(
          p, [](std::uint32_t label) { return label == kRankLabel; },
          [&](const std::string& raw) -> Status {
            std::size_t n = raw.size() / 8, from = rank.size();
            rank.resize(from + n);
            std::memcpy(rank.data() + from, raw.data(), n * 8);
            return {};
          }));
      rank.resize(base_[p + 1]);
    }
    for (std::uint32_t r = 0; r < best.size(); ++r) {
      if (!alive_[r]) continue;
      std::uint32_t root = components.find(r);
      if (!alive_[best[root]] || rank[r] < rank[best[root]]) best[root] = r;
    }
    return {};
  }

  Status store_decision(Components& components, std::int64_t started) {
    alive_.assign(base_.back(), false);
    for (std::size_t p = 0; p < blobs_.size(); ++p) {
      std::string bits;
      OPH_TRY(frames(
          p, [](std::uint32_t label) { return label == kAliveLabel; },
          [&](const std::string& raw) -> Status {
            bits += raw;
            return {};
          }));
      if (bits.size() * 8 < rows_[p]) return damaged(blobs_[p], Status::store("a key list is shorter than its partition"));
      for (std::uint64_t r = 0; r < rows_[p]; ++r)
        alive_[base_[p] + r] = static_cast<unsigned char>(bits[r / 8]) >> (r & 7) & 1;
    }
    std::vector<std::uint32_t> best;
    if (ranked_) {
      best.resize(base_.back());
      std::iota(best.begin(), best.end(), 0u);
      OPH_TRY(best_of(components, best));
    }
    OPH_ASSIGN(auto blob, job_.store->new_blob());
    std::string kept = "[", sources = "[";
    std::uint64_t in = 0, out = 0;
    for (std::size_t p = 0; p < blobs_.size(); ++p) {
      std::string bits((rows_[p] + 7) / 8, '\0');
      std::uint64_t n = 0;
      for (std::uint64_t r = 0; r < rows_[p]; ++r) {
        auto record = static_cast<std::uint32_t>(base_[p] + r);
        if (!alive_[record]) continue;
        ++in;
        std::uint32_t root = components.find(record);
        if ((ranked_ ? best[root] : root) != record) continue;
        bits[r / 8] = static_cast<char>(bits[r / 8] | 1 << (r & 7));
        ++n;
      }
      for (std::size_t at = 0; at < bits.size(); at += kFrameBytes) {
        OPH_TRY(blob->append(std::string_view(bits).substr(at, kFrameBytes)));
        OPH_TRY(blob->end_frame(static_cast<std::uint32_t>(p)));
      }
      out += n;
      if (p) {
        kept += ',';
        sources += ',';
      }
      kept += std::to_string(n);
      sources += "\"" + plan_.partitions[p].at[plan_.passes[pass_].end][0].hex() + "\"";
    }
    JsonObject extra;
    extra.add("rows", base_.back()).add_raw("kept", kept + "]").add_raw("partitions", sources + "]");
    return commit_decision(job_, pass_, started, in, out, std::move(extra), std::move(blob),
                           " decided: " + human_count(out) + " of " + human_count(in) + " records stay");
  }

  JobContext& job_;
  const Plan& plan_;
  const std::size_t pass_, workers_;
  Damage& damage_;
  std::unique_ptr<OpInstance> instance_;
  std::mutex mutex_;
  std::vector<Fingerprint> blobs_;
  std::vector<std::uint64_t> rows_, base_;
  std::uint64_t entries_ = 0;
  bool ranked_ = false;
  std::vector<bool> alive_;
};

}  // namespace

Status commit_decision(JobContext& job, std::size_t pass, std::int64_t started_ns, std::uint64_t in, std::uint64_t out,
                       JsonObject extra, std::unique_ptr<BlobWriter> frames, const std::string& said) {
  const std::size_t k = *job.plan->passes[pass].barrier;
  const PlannedOp& op = job.plan->ops[k];
  const Fingerprints& at = job.plan->decisions[pass];
  JsonObject match;
  for (std::size_t m = 0; m < kMatches; ++m) match.add(match_name(static_cast<Match>(m)), at[m].hex());
  double seconds = static_cast<double>(monotonic_ns() - started_ns) / 1e9;
  extra.add("op_index", static_cast<std::uint64_t>(k))
      .add_raw("op", op.ingredients)
      .add("in", in)
      .add("alive", out)
      .add("duration", seconds)
      .add_raw("match", match.text());
  std::vector<PendingBlob> pending;
  pending.push_back({at[0], make_manifest(job, "decision", extra), std::move(frames)});
  OPH_TRY(job.store->commit(std::move(pending), job.job_id));
  OpStats stats;
  stats.in = in;
  stats.out = out;
  job.events->emit(EventType::kOpComplete, op.op->name + said,
                   op_complete_fields(*job.plan, k, stats, seconds, false).add("phase", "decision"));
  return {};
}

Status decide(JobContext& job, std::size_t pass, std::size_t workers, Damage& damage) {
  damage = {};
  return Decision(job, pass, workers, damage).run();
}

}  // namespace ophost
