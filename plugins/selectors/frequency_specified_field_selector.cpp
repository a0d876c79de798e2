// frequency_specified_field_selector: the records with the most (or least) frequent values of a
// field. Owner: plugins/selectors. Immutable, any thread.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "plugins/selectors/decision.hpp"
#include "plugins/selectors/field.hpp"
#include "plugins/selectors/row_list.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost {
namespace {

using selectors::RowList;

// The records by the value of the field. A value is kept as bytes that are equal where Python's
// values are.
class ValueGroups {
 public:
  struct Group {
    std::string value;
    RowList rows;
  };
  selectors::FieldCensus census;

  // The group of a value, made when there is none. Groups stand in the order of their first record.
  RowList& rows_of(std::string_view value) {
    const auto [at, fresh] = index_.emplace(std::string(value), groups_.size());
    if (fresh) groups_.push_back({std::string(value), {}});
    return groups_[at->second].rows;
  }
  const std::vector<Group>& groups() const { return groups_; }

 private:
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> index_;
};

class FrequencySpecifiedFieldSelector {
 public:
  static constexpr auto kInfo =
      selector("frequency_specified_field_selector")
          .summary(
              "Keeps the records with the most (or least) frequent values of a field, grouped.")
          .params(OPHOST_PARAMS(SELECTORS_FIELD_KEY,
                                SELECTORS_TOP("values")
                                    OPHOST_PARAM("reverse", "boolean", "true",
                                                 "Most frequent first; false takes the rarest.")))
          .reads("${field_key}:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example("frequency_specified_field_selector:\n  field_key: meta.language\n  topk: 3\n");

  using State = ValueGroups;

  FrequencySpecifiedFieldSelector(const Params& params, Host)
      : field_(kInfo.name, params), top_(params), descending_(params.get_bool("reverse")) {}

  void update(State& state, const Row& in) const {
    ++state.census.records;
    if (in.is_null(0)) {
      ++state.census.absent;
      state.rows_of("n").add(in.id());
    } else if (const std::string_view raw = in.json(0); raw[0] == '[' || raw[0] == '{') {
      ++state.census.structured;
    } else {
      state.rows_of(key_of(textkit::PyValue::parse(raw), in.id())).add(in.id());
    }
  }
  void merge(State& into, const State& from) const {
    into.census.merge(from.census);
    for (const auto& group : from.groups()) into.rows_of(group.value).append(group.rows);
  }
  void save(const State& state, std::string& bytes) const {
    state.census.save(bytes);
    for (const auto& group : state.groups()) {
      selectors::put_text(bytes, group.value);
      group.rows.save(bytes);
    }
  }
  void load(State& state, std::string_view bytes, std::uint32_t) const {
    state = State();
    selectors::ByteReader in(bytes);
    state.census.load(in);
    while (!in.done()) {
      const std::string_view value = in.text();
      state.rows_of(value).load(in);
    }
  }

  void finish(State& state, std::string& decision) const {
    decision = selectors::keep_all();
    if (state.census.records <= 1 || !field_.named()) return;
    field_.require_present(state.census);
    field_.require_plain(state.census);
    if (!top_.given()) return;
    std::vector<const ValueGroups::Group*> groups;
    for (const auto& group : state.groups()) groups.push_back(&group);
    std::stable_sort(groups.begin(), groups.end(), [&](const auto* a, const auto* b) {
      return descending_ ? a->rows.size() > b->rows.size() : a->rows.size() < b->rows.size();
    });
    const auto total = static_cast<std::int64_t>(groups.size());
    std::int64_t count = top_.of(groups.size());
    if (count < 0) count = std::max<std::int64_t>(total + count, 0);  // a slice [:-n]
    std::vector<std::uint64_t> rows;
    for (std::int64_t k = 0; k < std::min(count, total); ++k) {
      groups[static_cast<std::size_t>(k)]->rows.for_each(
          [&](std::uint64_t row) { rows.push_back(row); });
    }
    decision = selectors::keep_in_order(rows);
  }

  void apply(std::string_view decision, const BatchView& in, std::int64_t* order) const {
    selectors::apply_decision(decision, in, order);
  }

 private:
  static std::string number_key(char kind, const void* bytes) {
    std::string key(9, kind);
    std::memcpy(key.data() + 1, bytes, 8);
    return key;
  }
  // 1, 1.0 and true are one value; every NaN is a value of its own.
  static std::string key_of(const textkit::PyValue& v, std::uint64_t row) {
    if (const std::string* text = v.as<std::string>()) return "t" + *text;
    if (const double* d = v.as<double>()) {
      if (std::isnan(*d)) return number_key('N', &row);
      constexpr double kTwo63 = 9223372036854775808.0;
      if (*d != std::floor(*d) || *d < -kTwo63 || *d >= kTwo63) return number_key('f', d);
      const auto whole = static_cast<std::int64_t>(*d);
      return number_key('i', &whole);
    }
    if (const std::int64_t* i = v.as<std::int64_t>()) return number_key('i', i);
    if (const bool* b = v.as<bool>()) {
      const std::int64_t whole = *b ? 1 : 0;
      return number_key('i', &whole);
    }
    return "n";
  }

  selectors::Field field_;
  selectors::TopCount top_;
  bool descending_;
};

}  // namespace

OPHOST_OPERATOR(frequency_specified_field_selector, FrequencySpecifiedFieldSelector);

}  // namespace ophost
