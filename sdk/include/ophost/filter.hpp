/* ophost/filter.hpp: filters, statistic and decision apart.
 *
 * An author writes one statistic of the first column read, and what is kept of it:
 *   double | int64_t | bool stat(std::string_view text);
 *   T stat(std::string_view text, std::string_view derived);  with the one column of derives(), ""
 *                                                             where it is absent
 *   bool keep(T value);                                       RangeFilter has it
 * or several statistics, row by row:
 *   void stats(const Row& in, RowOut& out);
 *   bool keep(const Row& stats);
 * or whole batches:
 *   void stats(const BatchView& in, const Out& out);
 *   void keep(const BatchView& stats, std::uint8_t* bits);
 * A filter without a statistic has only keep(), which then sees the columns of `reads`. */
#pragma once

#include <cmath>

#include "ophost/instance.hpp"

namespace ophost {

/** One end of a range, compared exactly with whole numbers and fractions alike, as Python does. */
class Bound {
 public:
  /** Reads the parameter `name`; an empty name, a missing parameter and null mean "no bound". */
  Bound(const Params& params, std::string_view name) {
    if (name.empty() || !params.has(name) || params.is_null(name)) return;
    set_ = true;
    real_ = params.get_double(name);
    const std::string_view raw = params.json(name);
    const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), int_);
    whole_ = read.ec == std::errc() && read.ptr == raw.data() + raw.size();
  }
  bool set() const { return set_; }

  /** -1, 0 or 1 as v lies below, on or above the bound; kUnordered for NaN. */
  int compare(double v) const {
    if (v != v) return kUnordered;
    return whole_ ? -order(int_, v) : order(v, real_);
  }
  int compare(std::int64_t v) const { return whole_ ? order(v, int_) : order(v, real_); }
  static constexpr int kUnordered = 2;

 private:
  template <class T>
  static int order(T a, T b) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  static int order(std::int64_t a, double b) {
    constexpr double kTwo63 = 9223372036854775808.0;
    if (b >= kTwo63) return -1;
    if (b < -kTwo63) return 1;
    const double floor = std::floor(b);
    const int whole = order(a, static_cast<std::int64_t>(floor));
    return whole == 0 && floor != b ? -1 : whole;
  }

  bool set_ = false;
  bool whole_ = false;
  std::int64_t int_ = 0;
  double real_ = 0;
};

/** Data-Juicer's interval: keep what lies between two bounds, or outside of them.
 *
 * `reversed_range` first flips both closed flags and then negates the answer, so that a boundary
 * value is kept in the normal and in the reversed form; a NaN is outside, hence kept when reversed.
 */
class Interval {
 public:
  /** `min` and `max` name parameters of the operator; "" for a side without a bound. */
  Interval(const Params& params, std::string_view min, std::string_view max)
      : min_(params, min),
        max_(params, max),
        reversed_(params.get_bool("reversed_range")),
        min_closed_(params.get_bool("min_closed_interval") != reversed_),
        max_closed_(params.get_bool("max_closed_interval") != reversed_) {}

  template <class T>
  bool keep(T v) const {
    bool inside = true;
    if (min_.set()) {
      const int c = min_.compare(v);
      inside = c == 1 || (c == 0 && min_closed_);
    }
    if (inside && max_.set()) {
      const int c = max_.compare(v);
      inside = c == -1 || (c == 0 && max_closed_);
    }
    return inside != reversed_;
  }

 private:
  Bound min_, max_;
  bool reversed_, min_closed_, max_closed_;
};

/** Base of a filter with one statistic of type T (double or std::int64_t) and a range. */
template <class T>
class RangeFilter {
 public:
  RangeFilter(const Params& params, std::string_view min, std::string_view max)
      : interval_(params, min, max) {}
  bool keep(T value) const { return interval_.keep(value); }

 private:
  Interval interval_;
};

namespace detail {

OPHOST_DETAIL_DETECT(HasStat, std::declval<Op>().stat(std::string_view()));
OPHOST_DETAIL_DETECT(HasDerivedStat,
                     std::declval<Op>().stat(std::string_view(), std::string_view()));
OPHOST_DETAIL_DETECT(HasRowStats,
                     std::declval<Op>().stats(std::declval<const Row&>(), std::declval<RowOut&>()));
OPHOST_DETAIL_DETECT(HasBatchStats, std::declval<Op>().stats(std::declval<const BatchView&>(),
                                                             std::declval<const Out&>()));
OPHOST_DETAIL_DETECT(HasRowKeep, std::declval<Op>().keep(std::declval<const Row&>()));
OPHOST_DETAIL_DETECT(HasTextKeep, std::declval<Op>().keep(std::string_view()));
OPHOST_DETAIL_DETECT(HasBatchKeep, std::declval<Op>().keep(std::declval<const BatchView&>(),
                                                           std::declval<std::uint8_t*>()));

template <class T>
inline constexpr std::int32_t kTypeOf = std::is_same_v<T, bool>       ? OPH_T_BOOL8
                                        : std::is_floating_point_v<T> ? OPH_T_F64
                                                                      : OPH_T_I64;

/** The one statistic of a text, with the first derived column when the operator takes it. */
template <class O>
auto stat_of(O& op, std::string_view text, std::string_view derived) {
  if constexpr (HasDerivedStat<O&>::value) {
    return op.stat(text, derived);
  } else {
    return op.stat(text);
  }
}

template <class Op>
struct FilterThunks {
  OPHOST_DETAIL_CONST(Op, HasStat, "stat()");
  OPHOST_DETAIL_CONST(Op, HasDerivedStat, "stat()");
  OPHOST_DETAIL_CONST(Op, HasRowStats, "stats()");
  OPHOST_DETAIL_CONST(Op, HasBatchStats, "stats()");
  OPHOST_DETAIL_CONST(Op, HasRowKeep, "keep()");
  OPHOST_DETAIL_CONST(Op, HasBatchKeep, "keep()");
  static constexpr bool kOneStat = HasStat<Op&>::value || HasDerivedStat<Op&>::value;
  static_assert(!HasDerivedStat<Op&>::value || Op::kInfo.derive_paths.count == 1,
                "stat(text, derived) belongs to an operator with one column in derives()");
  static constexpr bool kHasStats =
      kOneStat || HasRowStats<Op&>::value || HasBatchStats<Op&>::value;
  static_assert(kHasStats == (Op::kInfo.write_paths.count > 0),
                "a filter writes its statistics: writes(...) and stat() or stats() go together");

  static oph_status OPH_CALL stats(oph_op* self, const oph_batch* batch, const oph_out* table,
                                   oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host& host) {
      const BatchView in(batch);
      const Out out(table);
      if constexpr (HasBatchStats<Op&>::value) {
        op.stats(in, out);
      } else if constexpr (HasRowStats<Op&>::value) {
        RowOut row(out, Op::kInfo);
        for_each_row(in, out, host, [&](std::uint64_t r) {
          row.begin();
          op.stats(in.row(r), row);
          row.commit(r);
          return std::size_t{0};
        });
      } else {
        one_stat(op, in, out, host);
      }
    });
  }

  static oph_status OPH_CALL keep(oph_op* self, const oph_batch* batch, std::uint8_t* bits,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host&) {
      const BatchView in(batch);
      if constexpr (HasBatchKeep<Op&>::value) {
        op.keep(in, bits);
      } else {
        in.for_each_live([&](std::uint64_t r) {
          if (keep_row(op, in, r)) bits[r >> 3] |= static_cast<std::uint8_t>(1u << (r & 7));
        });
      }
    });
  }

  static constexpr oph_filter_api kApi = {sizeof(oph_filter_api), 0, kHasStats ? &stats : nullptr,
                                          &keep};

 private:
  template <class O>
  static void one_stat(O& op, const BatchView& in, const Out& out, const Host& host) {
    if constexpr (kOneStat) {
      using T = decltype(stat_of(op, {}, {}));
      static_assert(Op::kInfo.write_paths.count == 1 && Op::kInfo.write_type(0) == kTypeOf<T>,
                    "what stat() returns is not the type of the one column in writes()");
      using Bits = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, std::int64_t>;
      using Stored = std::conditional_t<std::is_floating_point_v<T>, double, Bits>;
      auto* values = static_cast<Stored*>(out.fixed(0, 1));
      if (values == nullptr) return;  // nobody wants the statistic
      const StrColumn text = in.str(0);
      constexpr std::size_t kDerived = Op::kInfo.read_paths.count;
      for_each_row(in, out, host, [&](std::uint64_t r) {
        const std::string_view t = text_of<Op>(text, r);
        std::string_view derived;
        if constexpr (HasDerivedStat<O&>::value) {
          if (in.column_count() > kDerived && in.valid(kDerived, r)) derived = in.str(kDerived)[r];
        }
        values[r] = static_cast<Stored>(stat_of(op, t, derived));
        return t.size();
      });
    }
  }

  /** A null statistic is never kept. A RecordError fails the call and names the row: keep has no
   * row_error. */
  template <class O>
  static bool keep_row(O& op, const BatchView& in, std::uint64_t r) {
    try {
      if constexpr (HasRowKeep<Op&>::value) {
        return op.keep(in.row(r));
      } else if constexpr (kOneStat) {
        using T = decltype(stat_of(op, {}, {}));
        if (!in.valid(0, r)) return false;
        if constexpr (std::is_same_v<T, bool>)
          return op.keep(in.bools(0)[r] != 0);
        else if constexpr (std::is_floating_point_v<T>)
          return op.keep(in.f64(0)[r]);
        else
          return op.keep(in.i64(0)[r]);
      } else {
        static_assert(HasTextKeep<Self<Op>&>::value,
                      "a filter needs keep(): of its statistic, of a Row, or of a whole batch");
        return op.keep(text_of<Op>(in.str(0), r));
      }
    } catch (const RecordError& e) {
      throw CallError(e.code(), e.what(), static_cast<std::int64_t>(r));
    }
  }
};

}  // namespace detail
}  // namespace ophost
