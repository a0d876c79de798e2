/* ophost/testing.hpp: runs an operator on literal records, without a host.
 *
 *   ophost::testing::Harness h(oph_plugin_entry, "words_num_filter", R"({"min_num": 2})");
 *   auto r = h.run({"one", "two words"});
 *   EXPECT_EQ(r.kept, (std::vector<bool>{false, true}));
 *
 * Every run is made again in batches of 1, 2 and 7 rows, with every second row dropped earlier, on
 * an empty batch, and once more as it was; as far as the operator promises that it makes no
 * difference, a difference is a ContractBreach, as are a missing, a double or a misplaced output
 * and a byte beyond a buffer. Needs no test framework. Single-threaded. */
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>

#include "ophost/ophost.hpp"
#include "ophost/testing/result.hpp"

namespace ophost::testing {

/** Resource names and the absolute paths they stand for. */
using Resources = std::map<std::string, std::string>;

class Harness {
 public:
  /** Creates an instance. Throws ConfigError when the operator refuses its parameters. */
  Harness(const oph_plugin& plugin, std::string_view op, std::string_view params = "{}",
          Resources resources = {})
      : desc_(find(plugin, op)), resources_(std::move(resources)) {
    host_ = {sizeof(oph_host),
             OPH_ABI_MINOR,
             this,
             to_abi("ophost-testing"),
             to_abi(OPHOST_VERSION),
             &log,
             &cancelled,
             &scratch,
             &resource,
             &extension};
    params_ = detail::canonical_params(desc_.params_schema, params);
    if (plugin.open != nullptr) check(plugin.open(&host_, error()), "open");
    self_ = desc_.common->create(&host_, &desc_, to_abi(params_), error());
    if (self_ == nullptr) {
      if (message_[0] == '\0') throw ContractBreach("create failed without a message");
      throw ConfigError(message_);
    }
  }
  ~Harness() { desc_.common->destroy(self_); }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  /** Off: one batch with everything, nothing repeated. */
  void vary(bool on) { vary_ = on; }
  /** Says that nobody wants a written column. */
  void want(std::size_t col, bool on) {
    wanted_.resize(std::max(wanted_.size(), col + 1), true);
    wanted_[col] = on;
  }
  /** From now on the host answers that the run is to stop. */
  void cancel() { cancel_ = true; }
  const std::vector<std::string>& logged() const { return logged_; }
  const std::string& params() const { return params_; }

  Result run(const std::vector<std::string>& texts) {
    return run(std::vector<Column>{Column::str({texts.begin(), texts.end()})});
  }
  Result run(std::initializer_list<std::string> texts) {
    return run(std::vector<std::string>(texts));
  }
  /** Columns in the order of the operator's `reads` and `derives`. */
  Result run(const std::vector<Column>& columns) {
    const std::size_t rows = columns.empty() ? 0 : columns[0].rows();
    const std::vector<bool> all(rows, true);
    const Result base = run_once(columns, all, rows);
    if (!vary_) return base;
    run_once(columns, std::vector<bool>(rows, false), rows);  // must not write; its result is empty
    if (promised(OPH_P_DETERMINISTIC)) same(base, run_once(columns, all, rows), "a second run");
    if (global() || promised(OPH_P_ROW_LOCAL)) {
      for (const std::size_t batch : {1, 2, 7}) {
        same(base, run_once(columns, all, batch), "batches of " + std::to_string(batch) + " rows");
      }
    }
    if (!global() && promised(OPH_P_ROW_LOCAL)) {
      std::vector<bool> even(rows), odd(rows);
      for (std::size_t r = 0; r < rows; ++r) (r % 2 == 0 ? even : odd)[r] = true;
      same(only(base, even), run_once(columns, even, rows), "every second row dropped earlier");
      same(only(base, odd), run_once(columns, odd, rows), "the other rows dropped earlier");
    }
    return base;
  }

  /** OBSERVER: hands events over and flushes. */
  void events(const std::vector<std::string>& json) {
    const auto* api = table<oph_observer_api>();
    std::vector<oph_str> list;
    for (const std::string& e : json) list.push_back(to_abi(e));
    check(api->on_events(self_, list.data(), list.size(), error()), "on_events");
    check(api->flush(self_, 1000, error()), "flush");
  }

 private:
  using Rows = std::vector<std::uint64_t>;

  // ---- one run per kind ---------------------------------------------------------------------
  Result run_once(const std::vector<Column>& in, const std::vector<bool>& live, std::size_t batch) {
    const std::size_t rows = live.size();
    Result r;
    r.kept.assign(rows, false);
    if (desc_.kind == OPH_KIND_GROUP) return run_group(in, live, batch, std::move(r));
    if (desc_.kind == OPH_KIND_AGGREGATE) return run_states(in, live, batch, std::move(r));
    for (const char* const* p = desc_.writes; p != nullptr && *p != nullptr; ++p) {
      r.paths.push_back(chosen(*p));
      r.columns.push_back(detail::empty_column(*p, rows));
    }
    r.edited.assign(rows, false);
    if (desc_.kind == OPH_KIND_SELECT) return run_states(in, live, batch, std::move(r));
    for_each_batch(rows, batch, [&](const Rows& slice) { run_batch(in, live, slice, r); });
    if (desc_.kind == OPH_KIND_DEDUP) keep_survivors(in, live, r);
    return r;
  }

  /** A path with "${param?a:b}" replaced by what this instance's parameter chooses. */
  std::string chosen(std::string path) const {
    const std::size_t open = path.find("${"), then = path.find('?', open);
    const std::size_t other = path.find(':', then), close = path.find('}', other);
    if (close == path.npos) return path;
    const bool yes = Params(params_).get_bool(path.substr(open + 2, then - open - 2));
    const std::size_t begin = yes ? then + 1 : other + 1, end = yes ? other : close;
    return path.substr(0, open) + path.substr(begin, end - begin) + path.substr(close + 1);
  }
  void run_batch(const std::vector<Column>& in, const std::vector<bool>& live, const Rows& slice,
                 Result& r) {
    const Batch b(in, slice, flags(live, slice));
    const bool records = desc_.kind == OPH_KIND_FLATMAP;
    Sink sink(desc_, &b, records, wanted_);
    if (desc_.kind == OPH_KIND_FILTER) {
      const auto* api = table<oph_filter_api>();
      if (api->stats != nullptr) check(api->stats(self_, b.get(), sink.table(), error()), "stats");
    } else if (desc_.kind == OPH_KIND_DEDUP) {
      check(table<oph_dedup_api>()->keys(self_, b.get(), sink.table(), error()), "keys");
    } else {
      check(table<oph_map_api>()->process(self_, b.get(), sink.table(), error()), "process");
    }
    after_call(sink);
    for (const auto& rec : sink.records()) {
      r.records.push_back(rec.values);
      r.sources.push_back(slice[rec.source]);
    }
    for (const auto& [row, text] : sink.errors()) r.row_errors[slice[row]] = text;
    for (std::size_t i = 0; i < slice.size(); ++i) {
      const std::uint64_t row = slice[i];
      if (!live[row]) continue;
      r.kept[row] = sink.errors().count(i) == 0;
    }
    if (!records) copy_cells(sink, in, live, slice, r);
    if (desc_.kind == OPH_KIND_FILTER) decide(r.columns.empty() ? in : r.columns, slice, r);
  }

  /** What a call wrote for the live rows of a slice. */
  void copy_cells(const Sink& sink, const std::vector<Column>& in, const std::vector<bool>& live,
                  const Rows& slice, Result& r) {
    for (std::size_t i = 0; i < slice.size(); ++i) {
      const std::uint64_t row = slice[i];
      if (!live[row]) continue;
      for (std::size_t c = 0; c < r.columns.size(); ++c) {
        detail::copy_cell(sink, c, i, r.columns[c], row, input_of(in, r.paths[c]));
        if (c == 0 && is_variable(r.columns[0].type)) {
          r.edited[row] = sink.cell(0, i).state == Sink::Cell::kAppended;
        }
      }
    }
  }

  void decide(const std::vector<Column>& stats, const Rows& slice, Result& r) {
    const Batch b(stats, slice, flags(r.kept, slice));
    GuardedBytes bits((slice.size() + 7) / 8, 0);
    check(table<oph_filter_api>()->keep(self_, b.get(), bits.data(), error()), "keep");
    after_call();
    if (!bits.intact()) throw ContractBreach("keep wrote beyond keep_bits");
    for (std::size_t i = 0; i < slice.size(); ++i) {
      const bool keep = bit_of(bits.data(), i);
      if (keep && !b.live(i)) throw ContractBreach("keep kept a row that was dropped earlier");
      r.kept[slice[i]] = keep;
    }
  }

  void keep_survivors(const std::vector<Column>& in, const std::vector<bool>& live, Result& r) {
    const Column& keys = r.columns.at(0);
    const std::size_t rows = live.size();
    Rows all(rows);
    std::iota(all.begin(), all.end(), 0);
    std::vector<std::int64_t> rank(rows, 0);
    if (table<oph_dedup_api>()->rank != nullptr) {
      const Batch b(in, all, live);
      check(table<oph_dedup_api>()->rank(self_, b.get(), rank.data(), error()), "rank");
      after_call();
    }
    std::vector<std::size_t> root(rows);
    std::iota(root.begin(), root.end(), 0);
    const std::function<std::size_t(std::size_t)> top = [&](std::size_t i) {
      return root[i] == i ? i : root[i] = top(root[i]);
    };
    const auto better = [&](std::size_t a, std::size_t b) {
      return std::make_pair(rank[a], a) < std::make_pair(rank[b], b);
    };
    const auto unite = [&](std::size_t a, std::size_t b) {
      a = top(a), b = top(b);
      if (better(b, a)) std::swap(a, b);
      root[b] = a;
    };
    std::map<std::vector<std::uint64_t>, std::size_t> seen;  // (k, high, low), its first row
    for (std::size_t row = 0; row < rows; ++row) {
      if (!r.kept[row]) continue;
      for (std::uint32_t k = 0; k + 1 < keys.width; k += 2) {
        const std::uint64_t* key = keys.u64x.data() + row * keys.width + k;
        const auto [at, fresh] = seen.emplace(std::vector<std::uint64_t>{k, key[0], key[1]}, row);
        if (!fresh) unite(at->second, row);
      }
    }
    if (table<oph_dedup_api>()->near_keys != nullptr) {
      Rows distinct, first_row;  // those of key 0 stand in front
      for (auto at = seen.begin(); at != seen.end() && at->first[0] == 0; ++at) {
        distinct.insert(distinct.end(), {at->first[1], at->first[2]});
        first_row.push_back(at->second);
      }
      for (const auto& [i, j] : near_keys(distinct)) unite(first_row[i], first_row[j]);
    }
    for (std::size_t row = 0; row < rows; ++row) r.kept[row] = r.kept[row] && top(row) == row;
  }

  /** Which of the distinct keys, (high, low) and ascending, the operator links. */
  std::vector<std::pair<std::uint64_t, std::uint64_t>> near_keys(const Rows& keys) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> links;
    const oph_link_fn link = [](void* ctx, std::uint64_t i, std::uint64_t j) {
      static_cast<decltype(links)*>(ctx)->emplace_back(i, j);
    };
    const std::uint64_t count = keys.size() / 2;
    const auto* api = table<oph_dedup_api>();
    check(api->near_keys(self_, keys.data(), count, link, &links, error()), "near_keys");
    after_call();
    for (const auto& [i, j] : links) {
      if (std::max(i, j) < count) continue;
      throw ContractBreach("near_keys linked key " + std::to_string(std::max(i, j)) + " of " +
                           std::to_string(count));
    }
    return links;
  }

  /** Each batch is a partition: its state is saved, loaded into a new one and merged, as a host may
   * do. */
  Result run_states(const std::vector<Column>& in, const std::vector<bool>& live, std::size_t batch,
                    Result r) {
    const bool select = desc_.kind == OPH_KIND_SELECT;
    const auto* api = select ? table<oph_select_api>()->summary : table<oph_aggregate_api>();
    const auto make = [&] {
      oph_state* s = api->state_new(self_, error());
      if (s == nullptr) throw CallFailed(OPH_E_INTERNAL, "state_new: " + std::string(message_));
      return std::shared_ptr<oph_state>(s,
                                        [this, api](oph_state* p) { api->state_free(self_, p); });
    };
    const auto total = make();
    for_each_batch(live.size(), batch, [&](const Rows& slice) {
      const Batch b(in, slice, flags(live, slice));
      const auto part = make(), copy = make();
      check(api->update(self_, part.get(), b.get(), error()), "update");
      after_call();
      std::string bytes;
      const oph_write_fn write = [](void* ctx, const void* p, std::uint64_t n) -> oph_status {
        static_cast<std::string*>(ctx)->append(static_cast<const char*>(p), n);
        return OPH_OK;
      };
      check(api->save(self_, part.get(), write, &bytes, error()), "save");
      check(api->load(self_, copy.get(), bytes.data(), bytes.size(), desc_.state_encver, error()),
            "load");
      check(api->merge(self_, total.get(), copy.get(), error()), "merge");
    });
    Sink sink(desc_, nullptr, false, {});
    check(api->finish(self_, total.get(), sink.table(), error()), "finish");
    after_call(sink);
    std::vector<std::string> record;
    for (std::size_t c = 0; c < sink.paths().size(); ++c) record.push_back(sink.cell(c, 0).text);
    if (!select) {
      r.records.push_back(record);
      return r;
    }
    r.decision = record.at(0);
    r.order.assign(live.size(), -1);
    const auto* table_of = table<oph_select_api>();
    for_each_batch(live.size(), batch, [&](const Rows& slice) {
      const Batch b(in, slice, flags(live, slice));
      if (table_of->rewrite != nullptr) {
        Sink written(desc_, &b, false, wanted_);
        check(table_of->rewrite(self_, to_abi(r.decision), b.get(), written.table(), error()),
              "rewrite");
        after_call(written);
        for (const auto& [row, text] : written.errors()) r.row_errors[slice[row]] = text;
        copy_cells(written, in, live, slice, r);
      }
      std::vector<std::int64_t> order(slice.size(), 0);  // without apply every row stays in place
      if (table_of->apply != nullptr) {
        order.assign(slice.size(), -1);
        check(table_of->apply(self_, to_abi(r.decision), b.get(), order.data(), error()), "apply");
        after_call();
      }
      for (std::size_t i = 0; i < slice.size(); ++i) {
        if (!b.live(i)) continue;
        const bool faulty = r.row_errors.count(slice[i]) > 0;
        r.order[slice[i]] = faulty ? -1 : order[i];
        r.kept[slice[i]] = !faulty && order[i] >= 0;
      }
    });
    return r;
  }

  Result run_group(const std::vector<Column>& in, const std::vector<bool>& live, std::size_t batch,
                   Result r) {
    const auto* api = table<oph_group_api>();
    std::vector<Rows> groups;
    std::map<std::string, std::size_t> known;
    for_each_batch(live.size(), batch, [&](const Rows& slice) {
      const Batch b(in, slice, flags(live, slice));
      Sink sink(desc_, &b, false, {});
      check(api->keys(self_, b.get(), sink.table(), error()), "keys");
      after_call(sink);
      for (const auto& [row, text] : sink.errors()) r.row_errors[slice[row]] = text;
      for (std::size_t i = 0; i < slice.size(); ++i) {
        if (!b.live(i) || sink.errors().count(i)) continue;
        const auto [at, fresh] = known.emplace(sink.cell(0, i).text, groups.size());
        if (fresh) groups.emplace_back();
        groups[at->second].push_back(slice[i]);
      }
    });
    for (const Rows& group : groups) {
      const Batch b(in, group, std::vector<bool>(group.size(), true));
      Sink sink(desc_, &b, true, wanted_);
      check(api->emit(self_, b.get(), sink.table(), error()), "emit");
      after_call(sink);
      for (const auto& rec : sink.records()) {
        r.records.push_back(rec.values);
        r.sources.push_back(group[rec.source]);
      }
    }
    return r;
  }

  // ---- small things -------------------------------------------------------------------------
  static const oph_op_desc& find(const oph_plugin& plugin, std::string_view op) {
    std::string offered;
    for (std::uint32_t i = 0; i < plugin.op_count; ++i) {
      if (op == plugin.ops[i]->name) return *plugin.ops[i];
      offered += std::string(" ") + plugin.ops[i]->name;
    }
    throw std::invalid_argument("the plugin has no operator '" + std::string(op) +
                                "'; it has:" + offered);
  }
  template <class T>
  const T* table() const {
    return static_cast<const T*>(desc_.vtable);
  }
  bool promised(std::uint64_t bit) const { return (desc_.promises & bit) != 0; }
  bool global() const {
    return desc_.kind == OPH_KIND_SELECT || desc_.kind == OPH_KIND_AGGREGATE ||
           desc_.kind == OPH_KIND_GROUP || desc_.kind == OPH_KIND_DEDUP;
  }
  template <class F>
  static void for_each_batch(std::size_t rows, std::size_t batch, F&& f) {
    if (rows == 0) return f(Rows{});
    for (std::size_t begin = 0; begin < rows; begin += batch) {
      Rows slice(std::min(batch, rows - begin));
      std::iota(slice.begin(), slice.end(), begin);
      f(slice);
    }
  }
  static std::vector<bool> flags(const std::vector<bool>& live, const Rows& rows) {
    std::vector<bool> out;
    for (const std::uint64_t r : rows) out.push_back(live[r]);
    return out;
  }
  /** The input column behind a written one, for keep_input. */
  const Column* input_of(const std::vector<Column>& in, std::string_view path) const {
    for (std::size_t i = 0; desc_.reads != nullptr && desc_.reads[i] != nullptr; ++i) {
      if (path_name(desc_.reads[i]) == path_name(path) && i < in.size()) return &in[i];
    }
    return nullptr;
  }
  /** What `r` would be if only these rows had been there. */
  static Result only(Result r, const std::vector<bool>& live) {
    Result out = r;
    out.records.clear();
    out.sources.clear();
    for (std::size_t i = 0; i < r.sources.size(); ++i) {
      if (!live[r.sources[i]]) continue;
      out.records.push_back(r.records[i]);
      out.sources.push_back(r.sources[i]);
    }
    for (std::size_t row = 0; row < live.size(); ++row) {
      if (live[row]) continue;
      out.kept[row] = out.edited[row] = false;
      out.row_errors.erase(row);
      for (Column& c : out.columns) {
        if (!c.text.empty()) c.text[row].reset();
        if (!c.i64.empty()) c.i64[row].reset();
        if (!c.f64.empty()) c.f64[row].reset();
      }
    }
    return out;
  }
  void same(const Result& a, const Result& b, const std::string& how) const {
    if (detail::same(a, b)) return;
    throw ContractBreach(std::string(desc_.name) + ": " + how +
                         " gave another result, against what the operator promises");
  }

  oph_error* error() {
    message_[0] = '\0';
    error_ = {sizeof(oph_error), 0, -1, message_, sizeof message_};
    return &error_;
  }
  void check(oph_status status, const char* function) {
    if (status == OPH_OK) return;
    scratch_.clear();
    if (message_[0] == '\0') {
      throw ContractBreach(std::string(function) + " returned status " + std::to_string(status) +
                           " without a message");
    }
    throw CallFailed(status, std::string(function) + ": " + message_);
  }
  void after_call() {
    for (const auto& block : scratch_) {
      if (!block.intact()) throw ContractBreach("wrote beyond a block of scratch memory");
    }
    scratch_.clear();
  }
  void after_call(const Sink& sink) {
    after_call();
    const std::vector<std::string> faults = sink.faults();
    if (faults.empty()) return;
    std::string all = std::string(desc_.name) + " breaks the contract:";
    for (const std::string& f : faults) all += "\n  " + f;
    throw ContractBreach(all);
  }

  // ---- the host's table ---------------------------------------------------------------------
  static Harness& of(void* ctx) { return *static_cast<Harness*>(ctx); }
  static void OPH_CALL log(void* ctx, std::int32_t, oph_str m) {
    of(ctx).logged_.emplace_back(from_abi(m));
  }
  static std::int32_t OPH_CALL cancelled(void* ctx) { return of(ctx).cancel_ ? 1 : 0; }
  static void* OPH_CALL scratch(void* ctx, std::uint64_t bytes, std::uint64_t align) {
    auto& blocks = of(ctx).scratch_;
    const std::uint64_t slack = align > 16 ? align : 0;  // the heap aligns to 16 by itself
    blocks.emplace_back(bytes + slack, std::uint8_t{0xCD});
    std::uint8_t* p = blocks.back().data();
    const auto off = slack == 0 ? 0 : reinterpret_cast<std::uintptr_t>(p) % align;
    return off == 0 ? p : p + (align - off);
  }
  static oph_status OPH_CALL resource(void* ctx, oph_str name, oph_str* path) {
    Harness& h = of(ctx);
    const std::string key(from_abi(name));
    if (!key.empty() && key[0] == '/') h.resources_.emplace(key, key);
    const auto at = h.resources_.find(key);
    if (at == h.resources_.end()) {
      h.not_found_ = "resource '" + key + "' is not among those the test gave";
      *path = to_abi(h.not_found_);
      return OPH_E_CONFIG;
    }
    *path = to_abi(at->second);
    return OPH_OK;
  }
  static const void* OPH_CALL extension(void*, const char*) { return nullptr; }

  const oph_op_desc& desc_;
  Resources resources_;
  std::string params_, not_found_;
  oph_host host_{};
  oph_op* self_ = nullptr;
  oph_error error_{};
  char message_[1024] = "";
  std::vector<GuardedBytes> scratch_;
  std::vector<bool> wanted_;
  std::vector<std::string> logged_;
  bool vary_ = true;
  bool cancel_ = false;
};

}  // namespace ophost::testing
