/* ophost/global.hpp: operators that need more than one record: aggregators, selectors, groupers,
 * observers.
 *
 * Aggregator and selector: a mergeable state, collected per partition and merged in input order.
 *   struct State {...};                                 default-constructible
 *   void update(State&, const Row& in);                 one live record; or
 *   void update(State&, const BatchView& in);           a batch of them
 *   void merge(State& into, const State& from);
 *   void save(const State&, std::string& bytes);        the bytes that load() of this encver reads
 *   void load(State&, std::string_view bytes, std::uint32_t encver);
 * An aggregator ends in one record:
 *   void finish(State&, Emit& record);                  record(column0, column1, ...) once
 * A selector ends in a decision, and then in apply, rewrite or both, batch by batch:
 *   void finish(State&, std::string& decision);
 *   void apply(std::string_view decision, const BatchView& in, std::int64_t* order);
 *                                                       order[r] < 0 drops row r; the others leave
 *                                                       in ascending order, ties by row id
 *   void rewrite(std::string_view decision, const BatchView& in, const Out& out);
 *                                                       writes the columns of `writes`
 *   std::uint64_t total(std::string_view decision);     optional: records in all, when some leave
 *                                                       more than once (apply's order, repeated)
 * Grouper:
 *   void key(const Row& in, std::string& key);
 *   void emit(const BatchView& group, Emit& out);       out.from(row): whose fields are kept
 * Observer:
 *   void on_event(std::string_view json);
 *   void flush(std::uint64_t deadline_ms);              optional */
#pragma once

#include "ophost/instance.hpp"

namespace ophost::detail {

OPHOST_DETAIL_DETECT(HasRowUpdate,
                     std::declval<Op>().update(std::declval<typename std::decay_t<Op>::State&>(),
                                               std::declval<const Row&>()));
OPHOST_DETAIL_DETECT(HasApply,
                     std::declval<Op>().apply(std::string_view(), std::declval<const BatchView&>(),
                                              static_cast<std::int64_t*>(nullptr)));
OPHOST_DETAIL_DETECT(HasRewrite, std::declval<Op>().rewrite(std::string_view(),
                                                            std::declval<const BatchView&>(),
                                                            std::declval<const Out&>()));
OPHOST_DETAIL_DETECT(HasTotal, std::declval<Op>().total(std::string_view()));
OPHOST_DETAIL_DETECT(HasFlush, std::declval<Op>().flush(std::uint64_t{}));

template <class Op>
struct AggregateThunks {
  static auto& state_of(oph_state* s) { return *reinterpret_cast<typename Op::State*>(s); }
  static const auto& state_of(const oph_state* s) {
    return *reinterpret_cast<const typename Op::State*>(s);
  }

  static oph_state* OPH_CALL state_new(oph_op*, oph_error* error) noexcept {
    typename Op::State* made = nullptr;
    guarded(error, [&] { made = new typename Op::State(); });
    return reinterpret_cast<oph_state*>(made);
  }
  static void OPH_CALL state_free(oph_op*, oph_state* s) noexcept {
    delete reinterpret_cast<typename Op::State*>(s);
  }
  static oph_status OPH_CALL update(oph_op* self, oph_state* s, const oph_batch* batch,
                                    oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host& host) {
      const BatchView in(batch);
      if constexpr (HasRowUpdate<Self<Op>&>::value) {
        CancelPoll poll(host);
        in.for_each_live([&](std::uint64_t r) {
          poll.spend(0);
          try {
            op.update(state_of(s), in.row(r));
          } catch (const RecordError& e) {
            throw CallError(e.code(), e.what(), static_cast<std::int64_t>(r));
          }
        });
      } else {
        op.update(state_of(s), in);
      }
    });
  }
  static oph_status OPH_CALL merge(oph_op* self, oph_state* into, const oph_state* from,
                                   oph_error* error) noexcept {
    return call<Op>(self, error,
                    [&](Self<Op>& op, const Host&) { op.merge(state_of(into), state_of(from)); });
  }
  static oph_status OPH_CALL save(oph_op* self, const oph_state* s, oph_write_fn write, void* ctx,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      std::string bytes;
      op.save(state_of(s), bytes);
      const oph_status status = write(ctx, bytes.data(), bytes.size());
      if (status != OPH_OK) throw CallError(status, "the host could not take the saved state");
    });
  }
  static oph_status OPH_CALL load(oph_op* self, oph_state* s, const void* p, std::uint64_t n,
                                  std::uint32_t encver, oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      op.load(state_of(s), std::string_view(static_cast<const char*>(p), n), encver);
    });
  }
  static oph_status OPH_CALL finish(oph_op* self, oph_state* s, const oph_out* table,
                                    oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      const Out out(table);
      if constexpr (Op::kInfo.kind == OPH_KIND_SELECT) {
        std::string decision;
        op.finish(state_of(s), decision);
        out.append(0, 0, decision);
      } else {
        Emit record(Op::kInfo.write_paths.count);
        record.begin(0);
        op.finish(state_of(s), record);
        if (record.size() != 1) {
          throw std::logic_error("finish() must emit exactly one record, it emitted " +
                                 std::to_string(record.size()));
        }
        record.commit(out, false);
      }
    });
  }
  static constexpr oph_aggregate_api kApi = {sizeof(oph_aggregate_api),
                                             0,
                                             &state_new,
                                             &state_free,
                                             &update,
                                             &merge,
                                             &save,
                                             &load,
                                             &finish};
};

template <class Op>
struct SelectThunks {
  static oph_status OPH_CALL apply(oph_op* self, oph_str decision, const oph_batch* batch,
                                   std::int64_t* order, oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      op.apply(from_abi(decision), BatchView(batch), order);
    });
  }
  static oph_status OPH_CALL rewrite(oph_op* self, oph_str decision, const oph_batch* batch,
                                     const oph_out* table, oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      op.rewrite(from_abi(decision), BatchView(batch), Out(table));
    });
  }
  static std::uint64_t OPH_CALL total(oph_op* self, oph_str decision) noexcept {
    std::uint64_t records = 0;
    call<Op>(self, nullptr, [&](Self<Op>& op, const Host&) { records = op.total(from_abi(decision)); });
    return records;
  }
  static constexpr oph_select_api make() {
    static_assert(HasApply<Self<Op>&>::value || HasRewrite<Self<Op>&>::value,
                  "a selector needs apply(decision, batch, order), rewrite(decision, batch, out) or both");
    oph_select_api api = {sizeof(oph_select_api), 0, &AggregateThunks<Op>::kApi, nullptr, nullptr,
                          nullptr};
    if constexpr (HasApply<Self<Op>&>::value) api.apply = &apply;
    if constexpr (HasRewrite<Self<Op>&>::value) api.rewrite = &rewrite;
    if constexpr (HasTotal<Self<Op>&>::value) api.total = &total;
    return api;
  }
  static constexpr oph_select_api kApi = make();
};

template <class Op>
struct GroupThunks {
  static oph_status OPH_CALL keys(oph_op* self, const oph_batch* batch, const oph_out* table,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host& host) {
      const BatchView in(batch);
      const Out out(table);
      std::string key;
      for_each_row(in, out, host, [&](std::uint64_t r) {
        key.clear();
        op.key(in.row(r), key);
        out.append(0, r, key);
        return key.size();
      });
    });
  }
  static oph_status OPH_CALL emit(oph_op* self, const oph_batch* group, const oph_out* table,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      Emit records(Op::kInfo.write_paths.count);
      records.begin(0);
      op.emit(BatchView(group), records);
      records.commit(Out(table));
    });
  }
  static constexpr oph_group_api kApi = {sizeof(oph_group_api), 0, &keys, &emit};
};

template <class Op>
struct ObserverThunks {
  static oph_status OPH_CALL on_events(oph_op* self, const oph_str* events, std::uint64_t n,
                                       oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      for (std::uint64_t i = 0; i < n; ++i) op.on_event(from_abi(events[i]));
    });
  }
  static oph_status OPH_CALL flush(oph_op* self, std::uint64_t deadline_ms,
                                   oph_error* error) noexcept {
    return call<Op>(self, error, [&]([[maybe_unused]] Self<Op>& op, const Host&) {
      if constexpr (HasFlush<Self<Op>&>::value) op.flush(deadline_ms);
    });
  }
  static constexpr oph_observer_api kApi = {sizeof(oph_observer_api), 0, &on_events, &flush};
};

}  // namespace ophost::detail
