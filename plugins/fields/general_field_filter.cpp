// general_field_filter: keeps records for which a condition on their fields holds.
// Owner: plugins/fields. Immutable, any thread.
#include <algorithm>
#include <deque>
#include <optional>

#include "ophost/ophost.hpp"
#include "plugins/fields/expression.hpp"

namespace ophost {
namespace {

using textkit::PyValue;

class GeneralFieldFilter {
 public:
  static constexpr auto kInfo =
      filter("general_field_filter")
          .summary("Keeps records for which a condition on their fields holds.")
          .params(OPHOST_FILTER_PARAMS(OPHOST_PARAM(
              "filter_condition", "string", "\"\"",
              "A Python expression of comparisons, and, or, not, names of fields, dotted paths "
              "and constants. An empty one keeps all records.")))
          .reads("$record:json", "__dj__stats__.general_field_filter_condition:json")
          .writes("__dj__stats__.general_field_filter_condition:json")
          .promises(kPure | kConcurrent)
          .cost("medium")
          .example(
              "general_field_filter:\n  filter_condition: \"10 < num <= 30 and meta.lang in "
              "['en', 'de']\"\n");

  GeneralFieldFilter(const Params& params, Host) {
    const std::string condition = params.get_string("filter_condition");
    if (condition.empty()) return;
    condition_ = fields::parse_expression(condition);
    fields::collect_names(*condition_, names_);
  }

  void stats(const Row& in, RowOut& out) const {
    if (!condition_ || !in.is_null(1)) return out.keep(0);
    std::deque<PyValue> made;
    textkit::append_json(out.text(0), fields::evaluate(*condition_, fields_of(in.json(0)), made));
  }

  bool keep(const Row& stats) const {
    return stats.is_null(0) || textkit::py_truthy(PyValue::parse(stats.json(0)));
  }

 private:
  // The members of the record that the condition names.
  PyValue fields_of(std::string_view record) const {
    PyValue::Dict found;
    try {
      json::for_each_member(record, [&](const std::string& key, std::string_view raw) {
        if (std::find(names_.begin(), names_.end(), key) == names_.end()) return;
        found.emplace_back(key, PyValue::parse(raw));
      });
    } catch (const ConfigError& e) {
      throw RecordError(e.what());
    }
    return found;
  }

  std::optional<fields::Node> condition_;
  std::vector<std::string> names_;
};

}  // namespace

OPHOST_OPERATOR(general_field_filter, GeneralFieldFilter);

}  // namespace ophost
