// field_values.cpp: see the header. Owner: plugins/selectors.
#include "plugins/selectors/field_values.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "plugins/textkit/pyvalue.hpp"

namespace ophost::selectors {
namespace {

using textkit::PyValue;

std::uint64_t bits_of(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}
double double_of(std::uint64_t bits) {
  double v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

// The sum in the order in which numpy adds up an array.
double pairwise_sum(const double* v, std::size_t n) {
  if (n < 8) {
    double sum = -0.0;
    for (std::size_t i = 0; i < n; ++i) sum += v[i];
    return sum;
  }
  if (n > 128) {
    const std::size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(v, half) + pairwise_sum(v + half, n - half);
  }
  double lane[8];
  std::memcpy(lane, v, sizeof lane);
  std::size_t i = 8;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) lane[k] += v[i + k];
  }
  double sum =
      ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  for (; i < n; ++i) sum += v[i];
  return sum;
}

std::optional<double> plain_number(const PyValue& v) {
  if (const bool* b = v.as<bool>()) return *b ? 1.0 : 0.0;
  if (const std::int64_t* i = v.as<std::int64_t>()) return static_cast<double>(*i);
  if (const double* d = v.as<double>()) return *d;
  return std::nullopt;
}

// Appends the numbers of a list, or of lists of one shape. `shape` holds the lengths by level;
// levels not seen yet are added.
bool flatten(const PyValue& v, std::size_t level, std::vector<std::size_t>& shape, bool& leaf_seen,
             std::vector<double>& out) {
  const PyValue::List* list = v.as<PyValue::List>();
  if (list == nullptr) {
    const auto number = plain_number(v);
    if (!number || level != shape.size()) return false;
    leaf_seen = true;
    out.push_back(*number);
    return true;
  }
  if (level == shape.size()) {
    if (leaf_seen) return false;
    shape.push_back(list->size());
  }
  if (shape[level] != list->size()) return false;
  for (const PyValue& item : *list) {
    if (!flatten(item, level + 1, shape, leaf_seen, out)) return false;
  }
  return true;
}

std::optional<double> number_of(const PyValue& v) {
  if (const std::string* text = v.as<std::string>()) return textkit::py_float(*text);
  const PyValue::List* list = v.as<PyValue::List>();
  if (list == nullptr) return plain_number(v);
  if (list->empty()) return std::nullopt;
  std::vector<std::size_t> shape;
  std::vector<double> numbers;
  bool leaf_seen = false;
  if (!flatten(v, 0, shape, leaf_seen, numbers)) return std::nullopt;
  return pairwise_sum(numbers.data(), numbers.size()) / static_cast<double>(numbers.size());
}

}  // namespace

void FieldValues::add_float(std::uint64_t row, double v) {
  add(row, Kind::kFloat, bits_of(v));
}

void FieldValues::add_text(std::uint64_t row, Kind kind, std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw RecordError("the field's value is longer than 4 GiB");
  }
  entries_.push_back({row, texts_.size(), static_cast<std::uint32_t>(text.size()), kind});
  texts_ += text;
}

void FieldValues::add_raw(std::uint64_t row, std::string_view json) {
  ++census.records;
  if (json.empty()) {
    ++census.absent;
    return add(row, Kind::kNull, 0);
  }
  if (json[0] == '[' || json[0] == '{') return add_text(row, Kind::kJson, json);
  const PyValue v = PyValue::parse(json);
  if (v.is_none()) {
    add(row, Kind::kNull, 0);
  } else if (const std::string* text = v.as<std::string>()) {
    add_text(row, Kind::kText, *text);
  } else if (const double* d = v.as<double>()) {
    add_float(row, *d);
  } else if (const std::int64_t* i = v.as<std::int64_t>()) {
    add(row, Kind::kInt, static_cast<std::uint64_t>(*i));
  } else {
    add(row, Kind::kInt, *v.as<bool>() ? 1 : 0);
  }
}

void FieldValues::add_number(std::uint64_t row, std::string_view json, std::int64_t failed) {
  ++census.records;
  if (json.empty()) ++census.absent;
  const auto number = json.empty() ? std::nullopt : number_of(PyValue::parse(json));
  if (number)
    add_float(row, *number);
  else
    add(row, Kind::kInt, static_cast<std::uint64_t>(failed));
}

void FieldValues::merge(const FieldValues& later) {
  census.merge(later.census);
  entries_.reserve(entries_.size() + later.entries_.size());
  for (Entry e : later.entries_) {
    if (e.kind >= Kind::kText) e.bits += texts_.size();
    entries_.push_back(e);
  }
  texts_ += later.texts_;
}

void FieldValues::save(std::string& out) const {
  census.save(out);
  put_varint(out, entries_.size());
  std::uint64_t row = 0;
  for (const Entry& e : entries_) {
    put_varint(out, e.row - row);
    row = e.row;
    out += static_cast<char>(e.kind);
    if (e.kind == Kind::kInt || e.kind == Kind::kFloat) put_u64(out, e.bits);
    if (e.kind >= Kind::kText) put_text(out, text(e));
  }
}

void FieldValues::load(std::string_view bytes) {
  *this = FieldValues();
  ByteReader in(bytes);
  census.load(in);
  std::uint64_t row = 0;
  for (std::uint64_t left = in.varint(); left != 0; --left) {
    row += in.varint();
    const auto kind = static_cast<Kind>(in.varint());
    if (kind > Kind::kJson) throw std::runtime_error("a saved selector state is damaged");
    if (kind >= Kind::kText)
      add_text(row, kind, in.text());
    else
      add(row, kind, kind == Kind::kNull ? 0 : in.u64());
  }
}

bool FieldValues::ordered(std::size_t i) const {
  const Entry& e = entries_[i];
  return e.kind != Kind::kNull && !(e.kind == Kind::kJson && text(e)[0] == '{');
}

bool FieldValues::less(std::size_t i, std::size_t j) const {
  const Entry &a = entries_[i], &b = entries_[j];
  if (a.kind == Kind::kFloat && b.kind == Kind::kFloat) {
    const double x = double_of(a.bits), y = double_of(b.bits);
    return x < y || (std::isnan(x) && !std::isnan(y));
  }
  if (a.kind == Kind::kText && b.kind == Kind::kText) return text(a) < text(b);
  const auto value = [&](const Entry& e) -> PyValue {
    switch (e.kind) {
      case Kind::kNull:
        break;
      case Kind::kInt:
        return static_cast<std::int64_t>(e.bits);
      case Kind::kFloat:
        // NaN meets a whole number here.
        return std::isnan(double_of(e.bits)) ? -std::numeric_limits<double>::infinity()
                                             : double_of(e.bits);
      case Kind::kText:
        return text(e);
      case Kind::kJson:
        return PyValue::parse(text(e));
    }
    return {};
  };
  const PyValue x = value(a), y = value(b);
  if (!ordered(i) && textkit::py_equal(x, y)) return false;
  return textkit::py_less(x, y);
}

}  // namespace ophost::selectors
