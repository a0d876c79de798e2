// topk_specified_field_selector: the records with the largest (or smallest) values of a field.
// Owner: plugins/selectors. Immutable, any thread.
#include <limits>

#include "plugins/selectors/value_selector.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost {
namespace {

using selectors::FieldValues;

class TopkSpecifiedFieldSelector : public selectors::ValueSelector {
 public:
  static constexpr auto kInfo =
      selector("topk_specified_field_selector")
          .summary("Keeps the records with the largest (or smallest) values of a field, sorted.")
          .params(OPHOST_PARAMS(SELECTORS_FIELD_KEY,
                                SELECTORS_TOP("records")
                                    OPHOST_PARAM("reverse", "boolean", "true",
                                                 "Largest first; false takes the smallest.")))
          .reads("${field_key}:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example(
              "topk_specified_field_selector:\n  field_key: __dj__stats__.text_len\n"
              "  topk: 1000\n");

  TopkSpecifiedFieldSelector(const Params& params, Host)
      : field_(kInfo.name, params), top_(params), largest_(params.get_bool("reverse")) {}

  void update(FieldValues& state, const Row& in) const {
    // A nested field is compared as a number that may have failed; a top-level one as it is.
    if (field_.nested())
      state.add_number(in.id(), cell(in), largest_ ? -kFailed : kFailed);
    else
      state.add_raw(in.id(), cell(in));
  }

  void finish(FieldValues& state, std::string& decision) const {
    if (state.size() <= 1 || !field_.named() || !top_.given()) {
      decision = selectors::keep_all();
      return;
    }
    field_.require_present(state.census);
    const std::int64_t count = top_.of(state.size());
    try {
      require_order(state, count);
      decision = chosen(state, first_by_value(state, all_of(state), count, largest_));
    } catch (const textkit::PyTypeError& e) {
      throw ConfigError(std::string(kInfo.name) +
                        ": parameter 'field_key': the values cannot be sorted (" + e.what() +
                        "); name a field that is a number, or a text, in every record");
    }
  }

 private:
  static constexpr std::int64_t kFailed = std::numeric_limits<std::int64_t>::max();

  // To take all, or just one, Data-Juicer compares values alone, and fails even on two nulls; else
  // equal ones pass by their place.
  static void require_order(const FieldValues& state, std::int64_t count) {
    if (count != 1 && count < static_cast<std::int64_t>(state.size())) return;
    for (std::size_t i = 0; i < state.size(); ++i) {
      if (!state.ordered(i)) throw textkit::PyTypeError("null and objects have no order");
    }
  }

  selectors::Field field_;
  selectors::TopCount top_;
  bool largest_;
};

}  // namespace

OPHOST_OPERATOR(topk_specified_field_selector, TopkSpecifiedFieldSelector);

}  // namespace ophost
