// What the selectors that sort records by a field share: their state, and how it is carried.
// Owner: plugins/selectors. Immutable, any thread.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/selectors/decision.hpp"
#include "plugins/selectors/field_values.hpp"

namespace ophost::selectors {

class ValueSelector {
 public:
  using State = FieldValues;

  void merge(State& into, const State& from) const { into.merge(from); }
  void save(const State& state, std::string& bytes) const { state.save(bytes); }
  void load(State& state, std::string_view bytes, std::uint32_t) const { state.load(bytes); }
  void apply(std::string_view decision, const BatchView& in, std::int64_t* order) const {
    apply_decision(decision, in, order);
  }

 protected:
  static std::string_view cell(const Row& in) {
    return in.is_null(0) ? std::string_view() : in.json(0);
  }
  // The first `count` of the values numbered in `from`, smallest (or largest) first, ties as they
  // stand.
  static std::vector<std::size_t> first_by_value(const FieldValues& values,
                                                 const std::vector<std::size_t>& from,
                                                 std::int64_t count, bool largest) {
    if (count <= 0) return {};  // and nothing is compared
    std::vector<std::size_t> places(from.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const std::size_t n = std::min(static_cast<std::size_t>(count), places.size());
    std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(n), places.end(),
                      [&](std::size_t a, std::size_t b) {
                        const std::size_t i = from[a], j = from[b];
                        if (largest ? values.less(j, i) : values.less(i, j)) return true;
                        if (largest ? values.less(i, j) : values.less(j, i)) return false;
                        return a < b;
                      });
    places.resize(n);
    for (std::size_t& place : places) place = from[place];
    return places;
  }
  static std::vector<std::size_t> all_of(const FieldValues& values) {
    std::vector<std::size_t> all(values.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  static std::string chosen(const FieldValues& values, const std::vector<std::size_t>& which) {
    std::vector<std::uint64_t> rows;
    rows.reserve(which.size());
    for (const std::size_t i : which) rows.push_back(values.row(i));
    return keep_in_order(rows);
  }
};

}  // namespace ophost::selectors
