// The values of one field in all records, with their row ids: the mergeable state of the selectors
// that sort. Owner: plugins/selectors. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/selectors/bytes.hpp"
#include "plugins/selectors/field.hpp"

namespace ophost::selectors {

class FieldValues {
 public:
  FieldCensus census;

  // The value itself; `json` is empty for a record without the field, which counts as null.
  void add_raw(std::uint64_t row, std::string_view json);
  // The value as a number, as Data-Juicer makes one of it: texts by float(), lists by their mean;
  // what is none counts as `failed`.
  void add_number(std::uint64_t row, std::string_view json, std::int64_t failed);

  void merge(const FieldValues& later);
  void save(std::string& out) const;
  void load(std::string_view bytes);

  std::size_t size() const { return entries_.size(); }
  std::uint64_t row(std::size_t i) const { return entries_[i].row; }
  // Whether value i has an order at all, even towards its equals: null and objects have none.
  bool ordered(std::size_t i) const;
  // Python's `i < j`, also for values that are equal otherwise; NaN is less than any number, so
  // that there is an order. Throws textkit::PyTypeError where Python does.
  bool less(std::size_t i, std::size_t j) const;

 private:
  enum class Kind : std::uint8_t { kNull, kInt, kFloat, kText, kJson };
  struct Entry {
    std::uint64_t row;
    std::uint64_t bits;  // the number, or where the text begins
    std::uint32_t size;
    Kind kind;
  };

  void add(std::uint64_t row, Kind kind, std::uint64_t bits) {
    entries_.push_back({row, bits, 0, kind});
  }
  void add_float(std::uint64_t row, double v);
  void add_text(std::uint64_t row, Kind kind, std::string_view text);
  std::string_view text(const Entry& e) const {
    return std::string_view(texts_).substr(e.bits, e.size);
  }

  std::vector<Entry> entries_;
  std::string texts_;
};

}  // namespace ophost::selectors
