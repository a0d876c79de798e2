// specified_numeric_field_filter: keeps records whose numeric field lies in a range.
// Owner: plugins/fields. Immutable, any thread.
#include <optional>

#include "plugins/fields/field_key.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost {
namespace {

using textkit::PyValue;

class SpecifiedNumericFieldFilter {
 public:
  static constexpr auto kInfo =
      filter("specified_numeric_field_filter")
          .summary("Keeps records whose field is a number, or the text of one, within a range.")
          .params(OPHOST_FILTER_PARAMS(
              FIELDS_FIELD_KEY,
              "\"min_value\":{\"type\":[\"number\",\"null\"],\"default\":-9223372036854775807,"
              "\"x-decides\":true,\"description\":\"Least value.\"}",
              "\"max_value\":{\"type\":[\"number\",\"null\"],\"default\":9223372036854775807,"
              "\"x-decides\":true,\"description\":\"Greatest value.\"}"))
          .reads("${field_key}:json")
          .writes("__dj__stats__.${field_key}:json")
          .promises(kPure | kConcurrent)
          .example("specified_numeric_field_filter:\n  field_key: meta.stars\n  min_value: 10\n");

  SpecifiedNumericFieldFilter(const Params& params, Host)
      : key_(params), interval_(params, "min_value", "max_value") {}

  void stats(const Row& in, RowOut& out) const { key_.copy(in, out); }

  // Zero, false, "" and null are no numbers to Data-Juicer, and dropped even by a reversed range. A
  // list or object with something in it is kept: what fails in the decision stays there.
  bool keep(const Row& stats) const {
    const PyValue value = stats.is_null(0) ? PyValue() : PyValue::parse(stats.json(0));
    if (!textkit::py_truthy(value)) return false;
    if (value.as<PyValue::List>() || value.as<PyValue::Dict>()) return true;
    const std::optional<double> number = number_of(value);
    return number.has_value() && interval_.keep(*number);
  }

 private:
  static std::optional<double> number_of(const PyValue& v) {
    if (const bool* b = v.as<bool>()) return *b ? 1.0 : 0.0;
    if (const std::int64_t* i = v.as<std::int64_t>()) return static_cast<double>(*i);
    if (const double* d = v.as<double>()) return *d;
    return textkit::py_float(*v.as<std::string>());
  }

  FieldKey key_;
  Interval interval_;
};

}  // namespace

OPHOST_OPERATOR(specified_numeric_field_filter, SpecifiedNumericFieldFilter);

}  // namespace ophost
