// pyvalue.cpp: see the header. Owner: plugins/textkit. Any thread.
#include "plugins/textkit/pyvalue.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

using List = PyValue::List;
using Dict = PyValue::Dict;
using Tuple = PyValue::Tuple;
using Set = PyValue::Set;

constexpr std::size_t kMaxDepth = 512;  // deeper values would be a risk to the stack

class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  bool Null() { return add(PyValue()); }
  bool Bool(bool v) { return add(v); }
  bool Int(int v) { return add(v); }
  bool Uint(unsigned v) { return add(std::int64_t{v}); }
  bool Int64(std::int64_t v) { return add(v); }
  bool Uint64(std::uint64_t v) {
    if (v > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      return add(static_cast<double>(v));
    }
    return add(static_cast<std::int64_t>(v));
  }
  bool Double(double v) { return add(v); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(std::string_view(text, size));
  }
  bool StartObject() { return open(Dict()); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    open_.back().as<Dict>()->emplace_back(std::string(text, size), PyValue());
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(List()); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  PyValue take() { return std::move(root_); }

 private:
  bool add(PyValue v) {
    if (open_.empty()) {
      root_ = std::move(v);
    } else if (Dict* dict = open_.back().as<Dict>()) {
      dict->back().second = std::move(v);
    } else {
      open_.back().as<List>()->push_back(std::move(v));
    }
    return true;
  }
  bool open(PyValue v) {
    if (open_.size() == kMaxDepth) return false;
    open_.push_back(std::move(v));
    return true;
  }
  bool close() {
    PyValue v = std::move(open_.back());
    open_.pop_back();
    return add(std::move(v));
  }

  PyValue root_;
  std::vector<PyValue> open_;
};

enum class Relation { kLess, kEqual, kGreater, kUnordered };

template <class T>
Relation relation(T a, T b) {
  return a < b    ? Relation::kLess
         : a > b  ? Relation::kGreater
         : a == b ? Relation::kEqual
                  : Relation::kUnordered;
}

// Exactly, as Python compares whole numbers with floats.
Relation relation(std::int64_t a, double b) {
  constexpr double kTwo63 = 9223372036854775808.0;
  if (std::isnan(b)) return Relation::kUnordered;
  if (b >= kTwo63) return Relation::kLess;
  if (b < -kTwo63) return Relation::kGreater;
  const double floor = std::floor(b);
  const Relation whole = relation(a, static_cast<std::int64_t>(floor));
  return whole == Relation::kEqual && floor != b ? Relation::kLess : whole;
}

Relation reversed(Relation r) {
  return r == Relation::kLess ? Relation::kGreater : r == Relation::kGreater ? Relation::kLess : r;
}

// A bool is the whole number 0 or 1.
std::optional<std::int64_t> whole(const PyValue& v) {
  if (const bool* b = v.as<bool>()) return *b ? 1 : 0;
  if (const std::int64_t* i = v.as<std::int64_t>()) return *i;
  return std::nullopt;
}

// Nothing when one of them is no number.
std::optional<Relation> numbers(const PyValue& a, const PyValue& b) {
  const auto i = whole(a), j = whole(b);
  const double *x = a.as<double>(), *y = b.as<double>();
  if (i && j) return relation(*i, *j);
  if (i && y != nullptr) return relation(*i, *y);
  if (x != nullptr && j) return reversed(relation(*j, *x));
  if (x != nullptr && y != nullptr) return relation(*x, *y);
  return std::nullopt;
}

bool holds(PyOrder op, Relation r) {
  switch (op) {
    case PyOrder::kLess:
      return r == Relation::kLess;
    case PyOrder::kLessEqual:
      return r == Relation::kLess || r == Relation::kEqual;
    case PyOrder::kGreater:
      return r == Relation::kGreater;
    case PyOrder::kGreaterEqual:
      return r == Relation::kGreater || r == Relation::kEqual;
  }
  return false;
}

bool holds_item(const List& items, const PyValue& v) {
  return std::any_of(items.begin(), items.end(), [&](const PyValue& i) { return py_equal(i, v); });
}

bool subset(const List& a, const List& b) {
  return std::all_of(a.begin(), a.end(), [&](const PyValue& v) { return holds_item(b, v); });
}

bool same_dicts(const PyValue& a, const PyValue& b) {
  const Dict &x = *a.as<Dict>(), &y = *b.as<Dict>();
  return x.size() == y.size() && std::all_of(x.begin(), x.end(), [&](const auto& member) {
           const PyValue* other = b.find(member.first);
           return other != nullptr && py_equal(member.second, *other);
         });
}

bool compare_lists(PyOrder op, const List& a, const List& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!py_equal(a[i], b[i])) return py_compare(op, a[i], b[i]);
  }
  return holds(op, relation(a.size(), b.size()));
}

// The value of a decimal digit: they stand in runs of ten that begin with a zero.
char ascii_digit(char32_t c) {
  int place = 0;
  while (has_class(c - 1, kPyDecimal)) --c, ++place;
  return static_cast<char>('0' + place % 10);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Moves `i` over digits, appending them; an underscore may stand between two. False when there is
// none where one must be.
bool read_digits(std::string_view s, std::size_t& i, std::string& out) {
  const std::size_t begin = i;
  while (i < s.size() && is_digit(s[i])) {
    out += s[i++];
    if (i + 1 < s.size() && s[i] == '_' && is_digit(s[i + 1])) ++i;
  }
  return i != begin;
}

// What from_chars calls out of range: infinite or zero, by the place of the first digit that
// counts.
double beyond_range(std::string_view number) {
  const bool negative = number[0] == '-';
  const std::size_t e = number.find('e');
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t first = mantissa.find_first_of("123456789");
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  bool small = first > dot;
  if (e != number.npos) {
    std::int64_t exponent = 0;
    const char* begin = number.data() + e + 1;
    const bool minus = *begin == '-';
    if (*begin == '+' || minus) ++begin;
    const auto read = std::from_chars(begin, number.data() + number.size(), exponent);
    if (read.ec != std::errc()) exponent = std::numeric_limits<std::int64_t>::max() / 2;
    const auto place = static_cast<std::int64_t>(dot) - static_cast<std::int64_t>(first);
    small = (minus ? -exponent : exponent) + place < 0;
  }
  const double v = small ? 0.0 : std::numeric_limits<double>::infinity();
  return negative ? -v : v;
}

std::optional<double> named_float(std::string_view word) {
  std::string low(word);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (low == "inf" || low == "infinity") return std::numeric_limits<double>::infinity();
  if (low == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

void append_hex(std::string& out, const char* prefix, char32_t c, int digits) {
  out += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[c >> shift & 15];
  }
}

void append_items(std::string& out, const List& items,
                  void (*append)(std::string&, const PyValue&)) {
  bool first = true;
  for (const PyValue& v : items) {
    if (!first) out += ", ";
    first = false;
    append(out, v);
  }
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const char* const known = "\"\\\n\r\t\b\f";
    const char* at = c == '\0' ? nullptr : std::strchr(known, c);
    if (at != nullptr) {
      out += '\\';
      out += "\"\\nrtbf"[at - known];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      append_hex(out, "\\u", static_cast<unsigned char>(c), 4);
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

PyValue PyValue::parse(std::string_view json) {
  rapidjson::MemoryStream in(json.data(), json.size());
  rapidjson::Reader reader;
  Builder builder;
  constexpr unsigned kFlags = rapidjson::kParseFullPrecisionFlag | rapidjson::kParseNanAndInfFlag |
                              rapidjson::kParseIterativeFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(in, builder);
  if (result.Code() == rapidjson::kParseErrorTermination) {
    throw RecordError("a value is nested more than " + std::to_string(kMaxDepth) + " levels deep");
  }
  if (result.IsError()) {
    throw RecordError("malformed JSON at byte " + std::to_string(result.Offset()) + ": " +
                      rapidjson::GetParseError_En(result.Code()));
  }
  return builder.take();
}

const PyValue* PyValue::find(std::string_view key) const {
  const Dict* dict = as<Dict>();
  if (dict == nullptr) return nullptr;
  const auto at =
      std::find_if(dict->rbegin(), dict->rend(), [&](const auto& m) { return m.first == key; });
  return at == dict->rend() ? nullptr : &at->second;
}

const char* PyValue::type_name() const {
  static constexpr const char* kNames[] = {"NoneType", "bool",  "int", "float", "str",
                                           "list",     "tuple", "set", "dict",  "method"};
  return kNames[v_.index()];
}

bool py_equal(const PyValue& a, const PyValue& b) {
  if (const auto r = numbers(a, b)) return *r == Relation::kEqual;
  const auto same_lists = [](const List& x, const List& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), py_equal);
  };
  if (a.is_none()) return b.is_none();
  if (a.as<std::string>() && b.as<std::string>()) {
    return *a.as<std::string>() == *b.as<std::string>();
  }
  if (a.as<List>() && b.as<List>()) return same_lists(*a.as<List>(), *b.as<List>());
  if (a.as<Tuple>() && b.as<Tuple>()) return same_lists(a.as<Tuple>()->items, b.as<Tuple>()->items);
  if (a.as<Set>() && b.as<Set>()) {
    const List &x = a.as<Set>()->items, &y = b.as<Set>()->items;
    return x.size() == y.size() && subset(x, y);
  }
  return a.as<Dict>() && b.as<Dict>() && same_dicts(a, b);
}

bool py_compare(PyOrder op, const PyValue& a, const PyValue& b) {
  if (const auto r = numbers(a, b)) return holds(op, *r);
  if (a.as<std::string>() && b.as<std::string>()) {
    // The order of UTF-8 bytes is that of code points.
    const int order = a.as<std::string>()->compare(*b.as<std::string>());
    return holds(op, relation(order, 0));
  }
  if (a.as<List>() && b.as<List>()) return compare_lists(op, *a.as<List>(), *b.as<List>());
  if (a.as<Tuple>() && b.as<Tuple>()) {
    return compare_lists(op, a.as<Tuple>()->items, b.as<Tuple>()->items);
  }
  if (a.as<Set>() && b.as<Set>()) {  // inclusion
    const List &x = a.as<Set>()->items, &y = b.as<Set>()->items;
    const bool up = op == PyOrder::kLess || op == PyOrder::kLessEqual;
    const bool strict = op == PyOrder::kLess || op == PyOrder::kGreater;
    return (up ? subset(x, y) : subset(y, x)) && !(strict && x.size() == y.size());
  }
  static constexpr const char* kSigns[] = {"<", "<=", ">", ">="};
  throw PyTypeError(std::string("'") + kSigns[static_cast<int>(op)] +
                    "' not supported between instances of '" + a.type_name() + "' and '" +
                    b.type_name() + "'");
}

void py_require_hashable(const PyValue& v) {
  if (v.as<List>() || v.as<Dict>() || v.as<Set>()) {
    throw PyTypeError(std::string("unhashable type: '") + v.type_name() + "'");
  }
  if (const Tuple* t = v.as<Tuple>()) {
    for (const PyValue& item : t->items) py_require_hashable(item);
  }
}

bool py_contains(const PyValue& container, const PyValue& item) {
  if (const std::string* text = container.as<std::string>()) {
    const std::string* part = item.as<std::string>();
    if (part == nullptr) {
      throw PyTypeError(std::string("'in <string>' requires string as left operand, not ") +
                        item.type_name());
    }
    return text->find(*part) != std::string::npos;
  }
  if (const List* list = container.as<List>()) return holds_item(*list, item);
  if (const Tuple* tuple = container.as<Tuple>()) return holds_item(tuple->items, item);
  if (const Set* set = container.as<Set>()) {
    if (item.as<Set>() == nullptr) py_require_hashable(item);  // a set stands for its frozen self
    return holds_item(set->items, item);
  }
  if (container.as<Dict>() != nullptr) {
    py_require_hashable(item);
    const std::string* key = item.as<std::string>();
    return key != nullptr && container.find(*key) != nullptr;
  }
  throw PyTypeError(std::string("argument of type '") + container.type_name() +
                    "' is not iterable");
}

bool py_truthy(const PyValue& v) {
  if (v.is_none()) return false;
  if (const auto i = whole(v)) return *i != 0;
  if (const double* d = v.as<double>()) return *d != 0;
  if (const std::string* s = v.as<std::string>()) return !s->empty();
  if (const List* l = v.as<List>()) return !l->empty();
  if (const Tuple* t = v.as<Tuple>()) return !t->items.empty();
  if (const Set* s = v.as<Set>()) return !s->items.empty();
  if (const Dict* d = v.as<Dict>()) return !d->empty();
  return true;
}

std::optional<double> py_float(std::string_view text) {
  // Python rewrites digits and white space to ASCII, unless all is ASCII already, and then strips
  // ASCII white space: U+001C to U+001F, which isspace() accepts, are not stripped.
  std::string ascii;
  ascii.reserve(text.size());
  for (const char *p = text.data(), *end = p + text.size(); p != end;) {
    const char32_t c = next_char(p);
    ascii += c < 0x80                   ? static_cast<char>(c)
             : has_class(c, kPySpace)   ? ' '
             : has_class(c, kPyDecimal) ? ascii_digit(c)
                                        : '?';
  }
  std::string_view s = ascii;
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  s.remove_prefix(std::min(s.find_first_not_of(kSpaces), s.size()));
  s = s.substr(0, s.find_last_not_of(kSpaces) + 1);
  std::string number;
  std::size_t i = 0;
  if (i < s.size() && (s[i] == '+' || s[i] == '-')) {
    if (s[i++] == '-') number += '-';
  }
  if (const auto named = named_float(s.substr(i))) return number.empty() ? *named : -*named;
  bool digits = read_digits(s, i, number);
  if (i < s.size() && s[i] == '.') {
    if (!digits) number += '0';
    number += '.';
    const bool fraction = read_digits(s, ++i, number);
    if (!fraction) number += '0';
    digits |= fraction;
  }
  if (!digits) return std::nullopt;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    number += 'e';
    if (++i < s.size() && (s[i] == '+' || s[i] == '-')) number += s[i++];
    if (!read_digits(s, i, number)) return std::nullopt;
  }
  if (i != s.size()) return std::nullopt;
  double v = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), v);
  return read.ec == std::errc::result_out_of_range ? beyond_range(number) : v;
}

void append_repr(std::string& out, std::string_view text) {
  const bool doubled = text.find('\'') != text.npos && text.find('"') == text.npos;
  const char quote = doubled ? '"' : '\'';
  out += quote;
  for (const char *p = text.data(), *end = p + text.size(); p != end;) {
    const char* const begin = p;
    const char32_t c = next_char(p);
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out += c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r";
    } else if (!has_class(c, kPyUnprintable)) {
      out.append(begin, p);
    } else if (c < 0x100) {
      append_hex(out, "\\x", c, 2);
    } else if (c < 0x10000) {
      append_hex(out, "\\u", c, 4);
    } else {
      append_hex(out, "\\U", c, 8);
    }
  }
  out += quote;
}

void append_repr(std::string& out, double v) {
  if (!std::isfinite(v)) {
    out += std::isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";
    return;
  }
  // The digits from the shortest scientific form, laid out by Python's rule.
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific);
  std::string_view s(buffer, static_cast<std::size_t>(end.ptr - buffer));
  if (s[0] == '-') {
    out += '-';
    s.remove_prefix(1);
  }
  const std::size_t e = s.find('e');
  std::string digits(1, s[0]);
  if (e > 1) digits += s.substr(2, e - 2);
  int exponent = 0;
  std::from_chars(s.data() + e + (s[e + 1] == '+' ? 2 : 1), s.data() + s.size(), exponent);
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) (out += '.') += std::string_view(digits).substr(1);
    out += s.substr(e);  // both write two digits of the exponent at least
    return;
  }
  const int count = static_cast<int>(digits.size());
  if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else if (count <= exponent + 1) {
    out += digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
  } else {
    digits.insert(static_cast<std::size_t>(exponent + 1), ".");
    out += digits;
  }
}

void append_repr(std::string& out, const PyValue& v) {
  if (v.is_none()) {
    out += "None";
  } else if (const bool* b = v.as<bool>()) {
    out += *b ? "True" : "False";
  } else if (const std::int64_t* i = v.as<std::int64_t>()) {
    out += std::to_string(*i);
  } else if (const double* d = v.as<double>()) {
    append_repr(out, *d);
  } else if (const std::string* s = v.as<std::string>()) {
    append_repr(out, std::string_view(*s));
  } else if (const List* l = v.as<List>()) {
    out += '[';
    append_items(out, *l, append_repr);
    out += ']';
  } else if (const Tuple* t = v.as<Tuple>()) {
    out += '(';
    append_items(out, t->items, append_repr);
    out += t->items.size() == 1 ? ",)" : ")";
  } else if (const Set* set = v.as<Set>()) {
    if (set->items.empty()) {
      out += "set()";
      return;
    }
    out += '{';
    append_items(out, set->items, append_repr);
    out += '}';
  } else if (const Dict* dict = v.as<Dict>()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : *dict) {
      if (!first) out += ", ";
      first = false;
      append_repr(out, std::string_view(key));
      out += ": ";
      append_repr(out, value);
    }
    out += '}';
  } else {
    out += "<method>";
  }
}

std::string py_repr(const PyValue& v) {
  std::string out;
  append_repr(out, v);
  return out;
}

std::string py_str(const PyValue& v) {
  const std::string* text = v.as<std::string>();
  return text != nullptr ? *text : py_repr(v);
}

void append_json(std::string& out, const PyValue& v) {
  if (v.is_none()) {
    out += "null";
  } else if (const bool* b = v.as<bool>()) {
    out += *b ? "true" : "false";
  } else if (const double* d = v.as<double>(); d != nullptr && !std::isfinite(*d)) {
    out += std::isnan(*d) ? "NaN" : *d < 0 ? "-Infinity" : "Infinity";
  } else if (const std::string* s = v.as<std::string>()) {
    append_json_text(out, *s);
  } else if (const Dict* dict = v.as<Dict>()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : *dict) {
      if (!first) out += ", ";
      first = false;
      append_json_text(out, key);
      out += ": ";
      append_json(out, value);
    }
    out += '}';
  } else if (const List* list = v.as<List>()) {
    out += '[';
    append_items(out, *list, append_json);
    out += ']';
  } else if (v.as<Tuple>() || v.as<Set>()) {
    out += '[';
    append_items(out, v.as<Tuple>() ? v.as<Tuple>()->items : v.as<Set>()->items, append_json);
    out += ']';
  } else if (v.as<PyValue::Method>()) {
    out += "{}";
  } else {
    append_repr(out, v);  // numbers
  }
}

std::string py_json(const PyValue& v) {
  std::string out;
  append_json(out, v);
  return out;
}

}  // namespace ophost::textkit
