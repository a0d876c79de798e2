/* ophost/mapper.hpp: mappers (1 record in, 1 out), flat mappers (1 in, N out) and derived columns.
 *
 * A mapper or derived column is written as one of
 *   bool map(std::string_view text, std::string& out);  false = the column stays as it was, nothing
 *                                                       is copied
 *   void map(const Row& in, RowOut& out);               several columns; one that is not set stays
 *                                                       as it was
 *   void map(const BatchView& in, const Out& out);      whole batches
 * `out` arrives empty and keeps its memory from row to row. A flat mapper as one of
 *   void map(std::string_view text, Emit& emit);        emit("first"); emit("second");
 *   void map(const Row& in, Emit& emit);                emit(column0, column1, ...); */
#pragma once

#include "ophost/instance.hpp"

namespace ophost::detail {

OPHOST_DETAIL_DETECT(HasTextMap,
                     std::declval<Op>().map(std::string_view(), std::declval<std::string&>()));
OPHOST_DETAIL_DETECT(HasRowMap,
                     std::declval<Op>().map(std::declval<const Row&>(), std::declval<RowOut&>()));
OPHOST_DETAIL_DETECT(HasTextEmit,
                     std::declval<Op>().map(std::string_view(), std::declval<Emit&>()));
OPHOST_DETAIL_DETECT(HasRowEmit,
                     std::declval<Op>().map(std::declval<const Row&>(), std::declval<Emit&>()));
OPHOST_DETAIL_DETECT(HasBatchMap, std::declval<Op>().map(std::declval<const BatchView&>(),
                                                         std::declval<const Out&>()));

template <class Op>
struct MapThunks {
  OPHOST_DETAIL_CONST(Op, HasTextMap, "map()");
  OPHOST_DETAIL_CONST(Op, HasRowMap, "map()");
  OPHOST_DETAIL_CONST(Op, HasTextEmit, "map()");
  OPHOST_DETAIL_CONST(Op, HasRowEmit, "map()");
  OPHOST_DETAIL_CONST(Op, HasBatchMap, "map()");

  static oph_status OPH_CALL process(oph_op* self, const oph_batch* batch, const oph_out* table,
                                     oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host& host) {
      const BatchView in(batch);
      const Out out(table);
      if constexpr (HasBatchMap<Op&>::value) {
        op.map(in, out);
      } else if constexpr (Op::kInfo.kind == OPH_KIND_FLATMAP) {
        one_to_many(op, in, out, host);
      } else if constexpr (HasTextMap<Op&>::value) {
        map_text(op, in, out, host);
      } else {
        static_assert(HasRowMap<Self<Op>&>::value,
                      "a mapper needs map(text, out), map(row, out) or map(batch, out)");
        RowOut row(out, Op::kInfo);
        for_each_row(in, out, host, [&](std::uint64_t r) {
          row.begin();
          op.map(in.row(r), row);
          row.commit(r);
          return std::size_t{0};
        });
      }
    });
  }
  static constexpr oph_map_api kApi = {sizeof(oph_map_api), 0, &process};

 private:
  template <class O>
  static void map_text(O& op, const BatchView& in, const Out& out, const Host& host) {
    static_assert(Op::kInfo.write_paths.count == 1, "map(text, out) writes exactly one column");
    constexpr bool kInPlace = Op::kInfo.input_of(0) == 0;
    if (!out.wanted(0)) return;
    const StrColumn text = in.str(0);
    std::string buffer;
    for_each_row(in, out, host, [&](std::uint64_t r) {
      const std::string_view t = text_of<Op>(text, r);
      buffer.clear();
      // A result equal to its input is as good as none: the host then stores and writes nothing for
      // it.
      const bool changed = op.map(t, buffer) && !(kInPlace && buffer == t);
      if (changed) {
        out.append(0, r, buffer);
      } else if constexpr (kInPlace) {
        out.keep_input(0, r);
      } else {
        out.append(0, r, t);
      }
      return t.size();
    });
  }

  template <class O>
  static void one_to_many(O& op, const BatchView& in, const Out& out, const Host& host) {
    Emit emit(Op::kInfo.write_paths.count);
    for_each_row(in, out, host, [&](std::uint64_t r) {
      emit.begin(r);
      std::size_t cost = 0;
      if constexpr (HasTextEmit<Op&>::value) {
        const std::string_view t = text_of<Op>(in.str(0), r);
        cost = t.size();
        op.map(t, emit);
      } else {
        static_assert(HasRowEmit<Self<Op>&>::value,
                      "a flat mapper needs map(text, emit), map(row, emit) or map(batch, out)");
        op.map(in.row(r), emit);
      }
      emit.commit(out);
      return cost;
    });
  }
};

}  // namespace ophost::detail
