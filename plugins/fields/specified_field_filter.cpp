// specified_field_filter: keeps records whose field has one of the values given.
// Owner: plugins/fields. Immutable, any thread.
#include <algorithm>

#include "plugins/fields/field_key.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost {
namespace {

using textkit::PyValue;

class SpecifiedFieldFilter {
 public:
  static constexpr auto kInfo =
      filter("specified_field_filter")
          .summary("Keeps records whose field has one of the values given.")
          .params(OPHOST_FILTER_PARAMS(
              FIELDS_FIELD_KEY,
              OPHOST_DECIDES("target_value", "array", "[]",
                             "The values to keep; of a list all items must be among them. An "
                             "empty list keeps all records.")))
          .reads("${field_key}:json")
          .writes("__dj__stats__.${field_key}:json")
          .promises(kPure | kConcurrent)
          .example(
              "specified_field_filter:\n  field_key: meta.language\n  target_value: [en, de]\n");

  SpecifiedFieldFilter(const Params& params, Host)
      : key_(params),
        targets_(PyValue::parse(params.json("target_value"))),
        reversed_(params.get_bool("reversed_range")) {}

  void stats(const Row& in, RowOut& out) const { key_.copy(in, out); }

  bool keep(const Row& stats) const {
    if (!textkit::py_truthy(targets_)) return true;
    const PyValue value = stats.is_null(0) ? PyValue() : PyValue::parse(stats.json(0));
    const auto wanted = [&](const PyValue& v) { return textkit::py_contains(targets_, v); };
    const PyValue::List* list = value.as<PyValue::List>();
    const bool all =
        list != nullptr ? std::all_of(list->begin(), list->end(), wanted) : wanted(value);
    return all != reversed_;
  }

 private:
  FieldKey key_;
  PyValue targets_;
  bool reversed_;
};

}  // namespace

OPHOST_OPERATOR(specified_field_filter, SpecifiedFieldFilter);

}  // namespace ophost
