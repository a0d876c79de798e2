// HTML character references. See entities.hpp.
#include "plugins/html/entities.hpp"

#include <algorithm>
#include <array>

#include "plugins/textkit/unicode.hpp"

namespace ophost::html {
namespace {

struct Entity {
  std::string_view name, text;
};
constexpr Entity kEntities[] = {
#include "plugins/html/entities.inc"
};
constexpr std::size_t kLongestName = 33;

constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number in text[at..) with its digits; stays beyond Unicode once it is.
struct Number {
  char32_t value = 0;
  std::size_t digits = 0;
};
Number read_number(std::string_view text, std::size_t at, bool hex) {
  Number n;
  for (; at + n.digits < text.size(); ++n.digits) {
    const int d = hex_digit(text[at + n.digits]);
    if (d < 0 || (!hex && d > 9)) break;
    if (n.value < 0x110000) n.value = n.value * (hex ? 16 : 10) + static_cast<char32_t>(d);
  }
  return n;
}

// Numbers that html.unescape gives nothing for.
bool is_invalid(char32_t c) {
  return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) ||
         (c >= 0x7F && c <= 0x9F) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

void append_number(std::string& out, char32_t c) {
  if (c == 0 || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF) {
    textkit::append_char(out, 0xFFFD);
  } else if (c >= 0x80 && c <= 0x9F) {
    textkit::append_char(out, legacy_character(c));
  } else if (!is_invalid(c)) {
    textkit::append_char(out, c);
  }
}

// The bytes of the characters that may be a name: up to 32, none of \t \n \f space < & # ;
std::size_t name_bytes(std::string_view text) {
  std::size_t at = 0;
  for (int n = 0; n < 32 && at < text.size(); ++n) {
    if (std::string_view("\t\n\f <&#;").find(text[at]) != std::string_view::npos) break;
    at += textkit::char_bytes(text[at]);
  }
  return at;
}

}  // namespace

std::string_view entity(std::string_view name) {
  const auto* end = std::end(kEntities);
  const auto* found =
      std::lower_bound(std::begin(kEntities), end, name,
                       [](const Entity& e, std::string_view wanted) { return e.name < wanted; });
  return found != end && found->name == name ? found->text : std::string_view();
}

std::size_t longest_entity(std::string_view text) {
  for (std::size_t n = std::min(text.size(), kLongestName); n >= 2; --n) {
    if (!entity(text.substr(0, n)).empty()) return n;
  }
  return 0;
}

char32_t legacy_character(char32_t number) {
  return number >= 0x80 && number <= 0x9F ? kWindows1252[number - 0x80] : number;
}

std::string unescape(std::string_view text) {
  std::string out;
  std::size_t kept = 0;
  for (std::size_t at = 0; (at = text.find('&', at)) != std::string_view::npos;) {
    out.append(text, kept, at - kept);
    kept = at++;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with('#')) {
      const bool hex = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
      const Number n = read_number(rest, hex ? 2 : 1, hex);
      if (n.digits == 0) continue;
      append_number(out, n.value);
      at += (hex ? 2 : 1) + n.digits;
    } else {
      const std::size_t name = name_bytes(rest);
      if (name == 0) continue;
      const bool closed = name < rest.size() && rest[name] == ';';
      const std::string_view whole = rest.substr(0, name + (closed ? 1 : 0));
      const std::size_t used = longest_entity(whole);
      if (used == 0) {
        out += '&';
      } else {
        out.append(entity(whole.substr(0, used)));
      }
      out.append(whole.substr(used));
      at += whole.size();
      kept = at;
      continue;
    }
    if (at < text.size() && text[at] == ';') ++at;
    kept = at;
  }
  return out.append(text, kept);
}

}  // namespace ophost::html
