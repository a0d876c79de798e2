// clean_ip_mapper: replaces IPv4 addresses and full IPv6 addresses.
// Owner: plugins/text-mappers. One instance per worker (the pattern keeps match data inside).
#include <optional>

#include "ophost/ophost.hpp"
#include "plugins/text-mappers/pattern_replacer.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

constexpr const char* kPattern =
    R"((?:(?:1[0-9][0-9]\.)|(?:2[0-4][0-9]\.)|(?:25[0-5]\.)|(?:[1-9][0-9]\.)|(?:[0-9]\.)){3})"
    R"((?:(?:1[0-9][0-9])|(?:2[0-4][0-9])|(?:25[0-5])|(?:[1-9][0-9])|(?:[0-9])))"
    R"(|([\da-fA-F]{1,4}:){7}[\da-fA-F]{1,4})";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether the `size` characters at `p` are a number from 0 to 255 as the pattern writes it.
bool is_octet(const char* p, std::ptrdiff_t size) {
  if (size < 1 || size > 3) return false;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    if (!is_digit(p[i])) return false;
  }
  if (size == 1) return true;
  if (size == 2) return p[0] != '0';
  return p[0] == '1' || (p[0] == '2' && (p[1] < '5' || (p[1] == '5' && p[2] <= '5')));
}

struct Address {
  const char* begin;
  const char* end;
};

// The address whose first separator is the dot at `dot`; [first, end) may be matched. The pattern
// knows no word borders: the part before the dot is the longest that fits, and so is the last part.
std::optional<Address> ipv4_around(const char* first, const char* dot, const char* end) {
  const char* begin = nullptr;
  for (std::ptrdiff_t size = std::min<std::ptrdiff_t>(3, dot - first); size > 0; --size) {
    if (!is_octet(dot - size, size)) continue;
    begin = dot - size;
    break;
  }
  if (begin == nullptr) return std::nullopt;
  const char* p = dot + 1;
  for (int part = 0; part < 2; ++part) {
    std::ptrdiff_t size = 0;
    while (size < 4 && p + size != end && is_digit(p[size])) ++size;
    if (p + size == end || p[size] != '.' || !is_octet(p, size)) return std::nullopt;
    p += size + 1;
  }
  for (std::ptrdiff_t size = std::min<std::ptrdiff_t>(3, end - p); size > 0; --size) {
    if (is_octet(p, size)) return Address{begin, p + size};
  }
  return std::nullopt;
}

// [\da-fA-F], digits of all scripts.
bool is_hex(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  return textkit::has_class(c, textkit::kRegexDigit);
}

// Moves `p` behind up to four digits and returns how many there were.
int skip_hex(const char*& p, const char* end) {
  int count = 0;
  for (; count < 4 && p != end; ++count) {
    const char* next = p;
    if (!is_hex(textkit::next_char(next))) break;
    p = next;
  }
  return count;
}

// The same for the address of eight groups whose first separator is the colon at `colon`.
std::optional<Address> ipv6_around(const char* first, const char* colon, const char* end) {
  const char* begin = colon;
  for (int count = 0; count < 4 && begin != first; ++count) {
    const char* before = begin;
    if (!is_hex(textkit::previous_char(before))) break;
    begin = before;
  }
  if (begin == colon) return std::nullopt;
  const char* p = colon + 1;
  for (int group = 0; group < 7; ++group) {
    if (skip_hex(p, end) == 0) return std::nullopt;
    if (group == 6) break;
    if (p == end || *p != ':') return std::nullopt;
    ++p;
  }
  return Address{begin, p};
}

// All matches of kPattern replaced by `replacement`. Matches come in the order of their first
// separators, because no separator of the other kind fits between a begin and it.
bool replace_addresses(std::string_view text, std::string_view replacement, std::string& out) {
  const char* const end = text.data() + text.size();
  const char* copied = text.data();  // no match begins before it
  const char* p = text.data();
  while ((p = textkit::find_any(p, end, {'.', ':', ':', ':', ':'})) != end) {
    const auto found = *p == '.' ? ipv4_around(copied, p, end) : ipv6_around(copied, p, end);
    if (!found) {
      ++p;
      continue;
    }
    out.append(copied, found->begin);
    out.append(replacement);
    p = copied = found->end;
  }
  if (copied == text.data()) return false;
  out.append(copied, end);
  return true;
}

class CleanIpMapper {
 public:
  static constexpr auto kInfo =
      mapper("clean_ip_mapper")
          .summary("Replaces IPv4 addresses and full IPv6 addresses, by default with nothing.")
          .params(OPHOST_PARAMS(
              TEXT_MAPPERS_PATTERN("Python regular expression (regex module); null: IP addresses."),
              TEXT_MAPPERS_REPL))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("clean_ip_mapper:\n  repl: '<IP>'\n");

  CleanIpMapper(const Params& params, Host) : replacement_(params.get_string("repl")) {
    if (!params.is_null("pattern")) {
      replacer_.emplace(params.get_string("pattern"), replacement_);
    } else if (replacement_.find('\\') != std::string::npos) {
      replacer_.emplace(kPattern, replacement_);  // the template may ask for the match
    }
  }

  bool map(std::string_view text, std::string& out) {
    if (replacer_) return replacer_->replace(text, out);
    return replace_addresses(text, replacement_, out);
  }

 private:
  std::string replacement_;
  std::optional<PatternReplacer> replacer_;
};

}  // namespace

OPHOST_OPERATOR(clean_ip_mapper, CleanIpMapper);

}  // namespace ophost
