// An instance of an operator, with the services the host gives it and a guard around every call.
//
// One instance per worker (or one for all when OPH_P_CONCURRENT is promised; the runner decides); its calls run on
// that worker's thread. A call that fails as a whole is narrowed down by halving the batch until the guilty rows
// are known: they become RowFaults, the others are processed as if the guilty ones had not been there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"
#include "host/batch/batch.hpp"
#include "host/plugin/record_buffer.hpp"
#include "host/plugin/registry.hpp"

namespace ophost {

// What a job gives to all its instances. Outlives them.
struct HostServices {
  std::vector<std::string> resource_paths;  // --resource-path, then the built-in places
  const std::atomic<bool>* cancelled = nullptr;
  // level OPH_LOG_*, "plugin operator", message. Called from any thread.
  std::function<void(int, const std::string&, const std::string&)> log;
};

struct ResourceUse {
  std::string name, path;
  Hash128 digest;  // of the file, or of names and contents of a folder's files
};

// A mergeable state of a selector or an aggregator.
class OpState {
 public:
  OpState(const oph_aggregate_api* api, oph_op* op, oph_state* state) : api_(api), op_(op), state_(state) {}
  ~OpState() { api_->state_free(op_, state_); }
  OpState(const OpState&) = delete;
  OpState& operator=(const OpState&) = delete;
  oph_state* get() { return state_; }
  const oph_state* get() const { return state_; }

 private:
  const oph_aggregate_api* api_;
  oph_op* op_;
  oph_state* state_;
};

class OpInstance {
 public:
  // `params` is canonical JSON, checked against the schema. `text_key` stands for $text_key.
  static Result<std::unique_ptr<OpInstance>> create(const Operator& op, std::size_t op_index,
                                                    const std::string& params, const std::string& text_key,
                                                    const HostServices& services);
  ~OpInstance();
  OpInstance(const OpInstance&) = delete;
  OpInstance& operator=(const OpInstance&) = delete;

  const Operator& op() const { return *op_; }
  const std::vector<ColumnSpec>& reads() const { return reads_; }    // $-names resolved
  const std::vector<ColumnSpec>& writes() const { return writes_; }  // without $keys
  const std::vector<ResourceUse>& resources() const;

  // Each runs the operator over the live rows of `batch`, whose columns hold all of reads() and
  // writes() (by path). Rows that cannot be processed get a RowFault and are dead. An error Status means that the
  // call could not be made sense of at all, or that the run was cancelled (kStopped).
  // MAP: returns the number of rows that changed.
  Result<std::size_t> map(Batch& batch);
  // FILTER: rows already having every statistic keep it (Data-Juicer never recomputes one). Returns rows dropped.
  Result<std::size_t> filter(Batch& batch);
  // DEDUP: `keys` gets width values per row (unspecified for dead rows); `width` is set.
  Status keys(Batch& batch, bool want_hashes, std::vector<std::uint64_t>& keys, std::uint32_t& width);
  // DEDUP: rank per row, when the operator has one (has_rank()).
  bool has_rank() const;
  Status rank(Batch& batch, std::vector<std::int64_t>& rank);
  // DEDUP: does it link keys that are near each other (near_keys)? Then near() is called with the distinct keys, as
  // (high, low), ascending; `link` may be called many times.
  bool has_near() const;
  Status near(const std::vector<std::uint64_t>& keys, const std::function<void(std::uint64_t, std::uint64_t)>& link);

  // FLATMAP: the records it made of the live rows, in order (`made` is replaced). Rows with an error are dead.
  Status flatmap(Batch& batch, MadeRecords& made);
  // GROUP: 128-bit keys per row (unspecified for dead rows), and the records of one group, whose rows are all live.
  Status group_keys(Batch& batch, std::vector<Hash128>& keys);
  Status emit(Batch& group, MadeRecords& made);

  // SELECT and AGGREGATE. A state belongs to this instance's operator and is freed before the instance.
  Result<std::unique_ptr<OpState>> new_state();
  // Rows that cannot be processed get a RowFault and are not in the state.
  Status update(OpState& state, Batch& batch);
  Status merge(OpState& into, const OpState& from);
  Result<std::string> save(const OpState& state);
  Status load(OpState& state, std::string_view bytes);
  // SELECT: the decision's bytes. AGGREGATE: one record, a cell per written column.
  Status finish(OpState& state, MadeRecords& made);
  bool has_apply() const;
  bool has_rewrite() const;
  // SELECT: records in all when some are repeated, else 0.
  std::uint64_t total(const std::string& decision);
  // SELECT: the place of every live row, negative = dropped; and what it writes (rows that changed).
  Status apply(const std::string& decision, Batch& batch, std::vector<std::int64_t>& order);
  Result<std::size_t> rewrite(const std::string& decision, Batch& batch);

  // Gives buffers back after a batch that was much larger than usual.
  void release_memory();

 private:
  struct Impl;
  OpInstance() = default;
  const Operator* op_ = nullptr;
  std::vector<ColumnSpec> reads_, writes_;
  std::unique_ptr<Impl> impl_;
};

// A derived column in a batch: as operators name it, and of which text it is ("$words@text").
std::string derived_path(const std::string& column, const std::string& text_key);

// "path:type" of a descriptor with $text_key and ${param} resolved; type str when none is given.
Result<ColumnSpec> resolve_column(const std::string& declared, const std::string& params,
                                  const std::string& text_key);

}  // namespace ophost
