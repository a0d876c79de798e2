// Plain scalars as PyYAML's SafeLoader with jsonargparse's float rule reads them. Pure functions;
// any thread.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "host/recipe/yaml.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// A cursor over the scalar; each step consumes what it matches.
struct Cursor {
  std::string_view s;
  std::size_t i = 0;

  bool end() const { return i == s.size(); }
  bool one_of(std::string_view set) {
    if (end() || set.find(s[i]) == std::string_view::npos) return false;
    ++i;
    return true;
  }
  std::size_t many(std::string_view set) {
    std::size_t n = 0;
    while (one_of(set)) ++n;
    return n;
  }
};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsUnderscore = "0123456789_";

std::string without_underscores(std::string_view s) {
  std::string out;
  for (char c : s)
    if (c != '_') out += c;
  return out;
}

// (":" [0-5]? [0-9])+ ; leaves the cursor behind it.
bool sexagesimal_tail(Cursor& c) {
  bool any = false;
  while (!c.end() && c.s[c.i] == ':') {
    std::size_t j = c.i + 1;
    std::size_t n = 0;
    while (j + n < c.s.size() && digit(c.s[j + n])) ++n;
    if (n == 0 || n > 2 || (n == 2 && c.s[j] > '5')) return false;
    c.i = j + n;
    any = true;
  }
  return any;
}

enum class IntForm { kNone, kBinary, kOctal, kDecimal, kHex, kSexagesimal };

IntForm int_form(std::string_view s) {
  Cursor c{s};
  c.one_of("+-");
  std::string_view rest = s.substr(c.i);
  if (rest.empty() || !digit(rest[0])) return IntForm::kNone;
  if (rest == "0") return IntForm::kDecimal;
  if (rest[0] == '0') {
    Cursor d{rest, 1};
    if (d.one_of("b")) return d.many("01_") && d.end() ? IntForm::kBinary : IntForm::kNone;
    if (d.one_of("x"))
      return d.many("0123456789abcdefABCDEF_") && d.end() ? IntForm::kHex : IntForm::kNone;
    return d.many("01234567_") && d.end() ? IntForm::kOctal : IntForm::kNone;
  }
  Cursor d{rest};
  d.many(kDigitsUnderscore);
  if (d.end()) return IntForm::kDecimal;
  return sexagesimal_tail(d) && d.end() ? IntForm::kSexagesimal : IntForm::kNone;
}

bool exponent(Cursor& c, bool sign_required) {
  if (!c.one_of("eE")) return false;
  bool sign = c.one_of("+-");
  return (sign || !sign_required) && c.many(kDigits) > 0;
}

enum class FloatForm { kNone, kDecimal, kSexagesimal, kInf, kNan };

FloatForm float_form(std::string_view s) {
  if (s == ".nan" || s == ".NaN" || s == ".NAN") return FloatForm::kNan;
  Cursor c{s};
  bool sign = c.one_of("+-");
  std::string_view rest = s.substr(c.i);
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF") return FloatForm::kInf;
  Cursor d{rest};
  if (d.one_of(".")) {  // no sign, and the exponent needs one: that is the rule jsonargparse has
    if (sign || d.many(kDigitsUnderscore) == 0) return FloatForm::kNone;
    return d.end() || (exponent(d, true) && d.end()) ? FloatForm::kDecimal : FloatForm::kNone;
  }
  if (!d.one_of(kDigits)) return FloatForm::kNone;
  d.many(kDigitsUnderscore);
  if (!d.end() && d.s[d.i] == ':')
    return sexagesimal_tail(d) && d.one_of(".") && (d.many(kDigitsUnderscore), d.end())
               ? FloatForm::kSexagesimal
               : FloatForm::kNone;
  if (d.one_of(".")) {
    d.many(kDigitsUnderscore);
    return d.end() || (exponent(d, false) && d.end()) ? FloatForm::kDecimal : FloatForm::kNone;
  }
  return exponent(d, false) && d.end() ? FloatForm::kDecimal : FloatForm::kNone;
}

double to_double(const std::string& s) {
  return std::strtod(s.c_str(), nullptr);
}

void set_integer(YamlNode& node, bool negative, unsigned __int128 magnitude, bool overflow,
                 double number) {
  constexpr unsigned __int128 kMaxPositive = std::numeric_limits<std::int64_t>::max();
  node.kind = Kind::kInt;
  node.number = negative ? -number : number;
  node.fits = !overflow && magnitude <= kMaxPositive + (negative ? 1 : 0);
  if (node.fits) {
    auto bits = static_cast<std::uint64_t>(magnitude);
    node.integer = static_cast<std::int64_t>(negative ? 0 - bits : bits);
    node.number = static_cast<double>(node.integer);
  } else if (!overflow && !negative && magnitude <= std::numeric_limits<std::uint64_t>::max()) {
    node.wide_fits = true;
    node.wide = static_cast<std::uint64_t>(magnitude);
  }
}

bool read_int(std::string_view s, IntForm form, YamlNode& node) {
  bool negative = s[0] == '-';
  if (s[0] == '-' || s[0] == '+') s.remove_prefix(1);
  std::string digits = without_underscores(s);
  unsigned base = 10;
  std::size_t from = 0;
  if (form == IntForm::kBinary) base = 2, from = 2;
  if (form == IntForm::kHex) base = 16, from = 2;
  if (form == IntForm::kOctal) base = 8;
  if (from == digits.size()) return false;
  unsigned __int128 value = 0;
  unsigned __int128 total = 0;
  double number = 0;
  bool overflow = false;
  constexpr unsigned __int128 kCeiling = static_cast<unsigned __int128>(1) << 100;
  for (std::size_t i = from; i < digits.size(); ++i) {
    char c = digits[i];
    if (c == ':') {
      total = (total + value) * 60;
      value = 0;
    } else {
      unsigned d =
          digit(c) ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
      value = value * base + d;
      number = number * base + d;
    }
    if (value > kCeiling || total > kCeiling) {
      overflow = true;
      value = total = kCeiling;  // the magnitude no longer matters
    }
  }
  if (base == 10 && form != IntForm::kSexagesimal) number = to_double(digits);
  if (form == IntForm::kSexagesimal) number = static_cast<double>(total + value);
  set_integer(node, negative, total + value, overflow, number);
  return true;
}

bool read_float(std::string_view s, FloatForm form, YamlNode& node) {
  node.kind = Kind::kFloat;
  if (form == FloatForm::kNan) {
    node.number = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  bool negative = s[0] == '-';
  if (s[0] == '-' || s[0] == '+') s.remove_prefix(1);
  if (form == FloatForm::kInf) {
    node.number = negative ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  std::string digits = without_underscores(s);
  if (form == FloatForm::kSexagesimal) {
    double value = 0;
    std::size_t from = 0;
    for (;;) {
      std::size_t colon = digits.find(':', from);
      value = value * 60 + to_double(digits.substr(from, colon - from));
      if (colon == std::string::npos) break;
      from = colon + 1;
    }
    node.number = negative ? -value : value;
    return true;
  }
  if (digits[0] == '.' && (digits.size() == 1 || !digit(digits[1]))) return false;  // "._"
  double value = to_double(digits);
  node.number = negative ? -value : value;
  return true;
}

bool any_case(const std::string& s, const char* lower) {
  // YAML 1.1 knows three spellings: yes, Yes, YES.
  std::string title = lower;
  std::string upper = lower;
  for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
  title[0] = upper[0];
  return s == lower || s == title || s == upper;
}

}  // namespace

bool type_plain_scalar(const std::string& text, YamlNode& node) {
  node.text = text;
  node.plain = true;
  node.kind = Kind::kString;
  if (text.empty() || text == "~" || any_case(text, "null")) {
    node.kind = Kind::kNull;
    return true;
  }
  if (any_case(text, "yes") || any_case(text, "true") || any_case(text, "on")) {
    node.kind = Kind::kBool;
    node.boolean = true;
    return true;
  }
  if (any_case(text, "no") || any_case(text, "false") || any_case(text, "off")) {
    node.kind = Kind::kBool;
    node.boolean = false;
    return true;
  }
  if (IntForm form = int_form(text); form != IntForm::kNone) return read_int(text, form, node);
  if (FloatForm form = float_form(text); form != FloatForm::kNone)
    return read_float(text, form, node);
  return true;
}

}  // namespace ophost
