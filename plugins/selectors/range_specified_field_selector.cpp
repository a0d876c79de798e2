// range_specified_field_selector: the records in the middle of the order of a field's values.
// Owner: plugins/selectors. Immutable, any thread.
#include <limits>

#include "plugins/selectors/value_selector.hpp"

namespace ophost {
namespace {

using selectors::FieldValues;

class RangeSpecifiedFieldSelector : public selectors::ValueSelector {
 public:
  static constexpr auto kInfo =
      selector("range_specified_field_selector")
          .summary("Keeps the records between two ranks of a field's values, largest first.")
          .params(OPHOST_PARAMS(
              SELECTORS_FIELD_KEY,
              SELECTORS_OPTIONAL("lower_percentile", "number",
                                 "Share of the records to leave out at the lower end."),
              SELECTORS_OPTIONAL("upper_percentile", "number",
                                 "Share of the records below the upper end."),
              SELECTORS_OPTIONAL("lower_rank", "integer",
                                 "Records to leave out at the lower end; of the two lower bounds "
                                 "the larger counts."),
              SELECTORS_OPTIONAL("upper_rank", "integer",
                                 "Records below the upper end; of the two upper bounds the smaller "
                                 "counts.")))
          .reads("${field_key}:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example(
              "range_specified_field_selector:\n  field_key: __dj__stats__.text_len\n"
              "  lower_percentile: 0.1\n  upper_percentile: 0.9\n");

  RangeSpecifiedFieldSelector(const Params& params, Host)
      : field_(kInfo.name, params),
        lower_(params, "lower_percentile", "lower_rank"),
        upper_(params, "upper_percentile", "upper_rank") {}

  void update(FieldValues& state, const Row& in) const {
    state.add_number(in.id(), cell(in), -std::numeric_limits<std::int64_t>::max());
  }

  void finish(FieldValues& state, std::string& decision) const {
    if (state.size() <= 1 || !field_.named() || !lower_.given() || !upper_.given()) {
      decision = selectors::keep_all();
      return;
    }
    field_.require_present(state.census);
    const auto total = static_cast<std::int64_t>(state.size());
    std::int64_t lower = lower_.share(total, 0);
    if (lower_.rank) lower = std::max(lower, *lower_.rank);
    std::int64_t upper = upper_.share(total, total);
    if (upper_.rank) upper = std::min(upper, *upper_.rank);
    upper = std::max(lower, upper);
    const auto smallest = first_by_value(state, all_of(state), upper, false);
    decision = chosen(state, first_by_value(state, smallest, upper - lower, true));
  }

 private:
  struct End {
    std::optional<double> percentile;
    std::optional<std::int64_t> rank;

    End(const Params& params, const char* percentile_name, const char* rank_name) {
      if (!params.is_null(percentile_name)) percentile = params.get_double(percentile_name);
      if (!params.is_null(rank_name)) rank = params.get_int(rank_name);
    }
    bool given() const { return percentile || rank; }
    std::int64_t share(std::int64_t total, std::int64_t fallback) const {
      if (!percentile) return fallback;
      return static_cast<std::int64_t>(*percentile * static_cast<double>(total));
    }
  };

  selectors::Field field_;
  End lower_, upper_;
};

}  // namespace

OPHOST_OPERATOR(range_specified_field_selector, RangeSpecifiedFieldSelector);

}  // namespace ophost
