// Candidates of the redaction patterns. Every function is looser than its pattern, never stricter.
// Owner: plugins/privacy. Pure functions, any thread.
#include "plugins/privacy/candidates.hpp"

#include <cstring>
#include <initializer_list>

#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::privacy {
namespace {

using textkit::has_class;
using textkit::kPyDecimal;
using textkit::kPySpace;
using textkit::kReWord;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}
bool is_hex(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

std::size_t find_byte(std::string_view text, char byte, std::size_t from) {
  return text.find(byte, from);  // memchr
}
std::size_t find_either(std::string_view text, char a, char b, std::size_t from) {
  if (from >= text.size()) return kNoCandidate;
  const char* const end = text.data() + text.size();
  const char* const at = textkit::find_any(text.data() + from, end, {a, b, b, b, b});
  return at == end ? kNoCandidate : static_cast<std::size_t>(at - text.data());
}

// A candidate whose failure says nothing about what follows.
Candidate here(std::size_t at) {
  return {at, at + 1};
}

// Moves `at` back over one character of a class; false when there is none behind it or `from`.
bool step_back(std::string_view text, std::size_t from, std::size_t& at, std::uint16_t bits) {
  if (at <= from) return false;
  const char* p = text.data() + at;
  if (!has_class(textkit::previous_char(p), bits)) return false;
  const auto before = static_cast<std::size_t>(p - text.data());
  if (before < from) return false;
  at = before;
  return true;
}
// Moves `at` over one character of a class.
bool step(std::string_view text, std::size_t& at, std::uint16_t bits) {
  if (at >= text.size()) return false;
  const char* p = text.data() + at;
  if (!has_class(textkit::next_char(p), bits)) return false;
  at = static_cast<std::size_t>(p - text.data());
  return true;
}

// `a` where a path begins: with the character before it, or at the very beginning of the text
// without one. kNoCandidate when the patterns allow no path there.
std::size_t path_start(std::string_view text, std::size_t from, std::size_t a) {
  if (a == 0) return 0;
  const char before = text[a - 1];
  if (static_cast<unsigned char>(before) < 0x80) {
    const bool opens = before == '"' || before == '\'' || before == '(' || before == '[' ||
                       before == '=' || has_class(static_cast<unsigned char>(before), kPySpace);
    return opens && a - 1 >= from ? a - 1 : kNoCandidate;
  }
  std::size_t at = a;
  return step_back(text, from, at, kPySpace) ? at : kNoCandidate;
}

// The letter a character stands for where case is ignored; 0 when it is no ASCII letter, digit or
// sign.
char folded(char32_t c) {
  if (c < 0x80) return to_lower(static_cast<char>(c));
  if (c == 0x130 || c == 0x131) return 'i';
  if (c == 0x17f) return 's';
  if (c == 0x212a) return 'k';
  return 0;
}

// Where `word` begins if the text up to `end` ends with it; kNoCandidate when it does not. A '_' in
// the word stands for [_-]?.
std::size_t word_before(std::string_view text, std::size_t end, std::string_view word) {
  const char* p = text.data() + end;
  for (std::size_t i = word.size(); i-- > 0;) {
    if (p == text.data()) return kNoCandidate;
    const char* at = p;
    const char c = folded(textkit::previous_char(at));
    if (word[i] == '_') {
      if (c == '_' || c == '-') p = at;
    } else {
      if (c != word[i]) return kNoCandidate;
      p = at;
    }
  }
  return static_cast<std::size_t>(p - text.data());
}

// Candidates of `words\s*[:=]`: the end of the word is looked up from the sign.
Candidate find_keyed(std::string_view text, std::size_t from,
                     std::initializer_list<std::string_view> words) {
  for (std::size_t sign = from; (sign = find_either(text, ':', '=', sign)) != kNoCandidate;
       ++sign) {
    std::size_t end = sign;
    while (step_back(text, from, end, kPySpace)) continue;
    if (end == from) continue;
    const char last = to_lower(text[end - 1]);
    for (std::string_view word : words) {
      if (word.back() != last) continue;
      const std::size_t at = word_before(text, end, word);
      // One sign, one word: if this is no match, the next sign is to be looked at.
      if (at != kNoCandidate && at >= from) return {at, sign + 1};
    }
  }
  return {};
}

// Runs of at least kLeast decimal digits: [begin, end) in bytes and their number.
struct DigitRun {
  std::size_t begin = kNoCandidate;
  std::size_t end = kNoCandidate;
  std::size_t digits = 0;
};
DigitRun find_digit_run(std::string_view text, std::size_t from, std::size_t least) {
  // A run of `least` digits has one of them at every `least`-th byte.
  for (std::size_t probe = from + least - 1; probe < text.size(); probe += least) {
    const char c = text[probe];
    if (static_cast<unsigned char>(c) < 0x80 && !is_digit(c)) continue;
    std::size_t begin = probe;
    while (begin > 0 && textkit::is_continuation(text[begin])) --begin;
    std::size_t end = begin;
    if (!step(text, end, kPyDecimal)) continue;
    DigitRun run{begin, end, 1};
    while (step(text, run.end, kPyDecimal)) ++run.digits;
    while (step_back(text, 0, run.begin, kPyDecimal)) ++run.digits;
    if (run.digits >= least && run.begin >= from) return run;
    probe =
        run.end;  // the byte there is no digit, so the next run ends a probe later at the soonest
  }
  return {};
}

}  // namespace

Candidate find_pem(std::string_view text, std::size_t from) {
  const std::size_t at = text.find("-----BEGIN ", from);
  return at == kNoCandidate ? Candidate{} : here(at);
}

Candidate find_jwt(std::string_view text, std::size_t from) {
  for (std::size_t j = from + 2; (j = find_byte(text, 'J', j)) != kNoCandidate; ++j) {
    if (text[j - 1] == 'y' && text[j - 2] == 'e') return here(j - 2);
  }
  return {};
}

Candidate find_url(std::string_view text, std::size_t from) {
  const std::size_t at = text.find("http", from);
  return at == kNoCandidate ? Candidate{} : here(at);
}

// Digits, dot, digits, dot, digits, dot, digit.
Candidate find_ipv4(std::string_view text, std::size_t from) {
  for (std::size_t dot = from + 1; (dot = find_byte(text, '.', dot)) != kNoCandidate; ++dot) {
    std::size_t begin = dot;
    for (int i = 0; i < 3 && step_back(text, from, begin, kPyDecimal);) ++i;
    if (begin == dot) continue;
    std::size_t at = dot;
    int dots = 0;
    while (dots < 3 && at < text.size() && text[at] == '.') {
      std::size_t part = at + 1;
      for (int i = 0; i < 3 && step(text, part, kPyDecimal);) ++i;
      if (part == at + 1) break;
      ++dots;
      at = part;
    }
    if (dots == 3) return here(begin);
  }
  return {};
}

Candidate find_ipv6(std::string_view text, std::size_t from) {
  for (std::size_t at = from; (at = find_byte(text, '[', at)) != kNoCandidate; ++at) {
    std::size_t end = at + 1;
    while (end < text.size() && (is_hex(text[end]) || text[end] == ':' || text[end] == '.')) ++end;
    if (end - at <= 3 || end >= text.size() || text[end] != ']') continue;
    // Behind the bracket a port or a word must follow.
    std::size_t behind = end + 1;
    if (behind < text.size() && (text[behind] == ':' || step(text, behind, kReWord))) {
      return here(at);
    }
  }
  return {};
}

Candidate find_mac(std::string_view text, std::size_t from) {
  const auto sign = [&](std::size_t i) { return text[i] == ':' || text[i] == '-'; };
  for (std::size_t at = from + 2; (at = find_either(text, ':', '-', at)) != kNoCandidate; ++at) {
    if (at + 14 >= text.size()) return {};
    if (is_hex(text[at - 2]) && is_hex(text[at - 1]) && sign(at + 3) && sign(at + 6) &&
        sign(at + 9) && sign(at + 12)) {
      return here(at - 2);
    }
  }
  return {};
}

Candidate find_unix_path(std::string_view text, std::size_t from) {
  for (std::size_t at = from; (at = find_byte(text, '/', at)) != kNoCandidate; ++at) {
    const std::size_t start = path_start(text, from, at);
    if (start == kNoCandidate || start < from) continue;
    const std::string_view rest = text.substr(at + 1);
    for (std::string_view root : {"User", "home", "tmp", "etc", "var", "opt", "Applications"}) {
      if (rest.starts_with(root)) return here(start);
    }
  }
  return {};
}

Candidate find_windows_path(std::string_view text, std::size_t from) {
  for (std::size_t at = from + 2; (at = find_byte(text, '\\', at)) != kNoCandidate; ++at) {
    if (text[at - 1] != ':' || !is_letter(text[at - 2])) continue;
    const std::size_t start = path_start(text, from, at - 2);
    if (start != kNoCandidate && start >= from) return here(start);
  }
  return {};
}

Candidate find_unc_path(std::string_view text, std::size_t from) {
  for (std::size_t at = from; (at = find_byte(text, '\\', at)) != kNoCandidate; ++at) {
    if (at + 2 >= text.size() || text[at + 1] != '\\') continue;
    const std::size_t start = path_start(text, from, at);
    if (start != kNoCandidate && start >= from) return here(start);
  }
  return {};
}

// The part before the '@' reaches up to it from every place it can begin at, and what follows does
// not depend on that place: only the first one needs a try.
Candidate find_email(std::string_view text, std::size_t from) {
  for (std::size_t sign = from; (sign = find_byte(text, '@', sign)) != kNoCandidate; ++sign) {
    std::size_t name = sign;
    std::size_t first = kNoCandidate;
    while (name > from) {
      const char c = text[name - 1];
      if (is_letter(c) || is_digit(c)) {
        first = --name;
      } else if (c == '.' || c == '+' || c == '-' || c == '_') {
        --name;
      } else if (static_cast<unsigned char>(c) < 0x80 || !step_back(text, from, name, kReWord)) {
        break;
      }
    }
    if (first != kNoCandidate) return {first, sign + 1};
  }
  return {};
}

Candidate find_secret(std::string_view text, std::size_t from) {
  return find_keyed(text, from,
                    {"api_key", "license_key", "secret", "password", "passwd", "token", "auth",
                     "authorization", "credential"});
}

Candidate find_id(std::string_view text, std::size_t from) {
  return find_keyed(text, from, {"session_id", "user_id", "request_id", "trace_id"});
}

// `channel` before a sign (the wide colon, too, when the Chinese for "the current" stands before
// it).
Candidate find_channel(std::string_view text, std::size_t from) {
  constexpr std::string_view kWideColon = "：";
  for (std::size_t sign = from; sign < text.size(); ++sign) {
    const char* const at = textkit::find_any(text.data() + sign, text.data() + text.size(),
                                             {':', '=', kWideColon[0], ':', '='});
    sign = static_cast<std::size_t>(at - text.data());
    if (sign == text.size()) break;
    const bool wide = text[sign] == kWideColon[0];
    if (wide && !text.substr(sign).starts_with(kWideColon)) continue;
    std::size_t end = sign;
    while (step_back(text, from, end, kPySpace)) continue;
    const std::size_t channel = word_before(text, end, "channel");
    if (channel == kNoCandidate || channel < from) continue;
    std::size_t before = channel;
    while (step_back(text, from, before, kPySpace)) continue;
    constexpr std::string_view kCurrent = "当前的";
    const bool current = text.substr(0, before).ends_with(kCurrent);
    if (current && before - kCurrent.size() >= from) return here(before - kCurrent.size());
    if (!wide) return {channel, sign + 1};
  }
  return {};
}

Candidate find_feishu_id(std::string_view text, std::size_t from) {
  for (std::size_t at = from + 2; (at = find_byte(text, '_', at)) != kNoCandidate; ++at) {
    if (to_lower(text[at - 1]) != 'u' || to_lower(text[at - 2]) != 'o') continue;
    std::size_t end = at + 1;
    while (end < text.size() && end <= at + 32 && is_hex(text[end])) ++end;
    if (end == at + 33) return here(at - 2);
  }
  return {};
}

Candidate find_platform_id(std::string_view text, std::size_t from) {
  for (std::size_t at = from + 1; (at = find_byte(text, '_', at)) != kNoCandidate; ++at) {
    const char last = text[at - 1];
    std::size_t start = at - 1;
    if (last == 'u') {
      if (at >= from + 2 && text[at - 2] == 'o') start = at - 2;
    } else if (last == 'd' && at >= from + 3 && text[at - 2] == 'i' && text[at - 3] == 'u') {
      start = at - 3;
    } else {
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && end <= at + 16 &&
           (is_letter(text[end]) || is_digit(text[end]) || text[end] == '_' || text[end] == '-')) {
      ++end;
    }
    if (end == at + 17) return here(start);
  }
  return {};
}

// Both ends are word borders, so the digits are a whole run: 11 here, 17 or 18 below.
Candidate find_chinese_phone(std::string_view text, std::size_t from) {
  for (std::size_t at = from;;) {
    const DigitRun run = find_digit_run(text, at, 11);
    if (run.begin == kNoCandidate) return {};
    if (run.digits == 11 && text[run.begin] == '1') return {run.begin, run.end};
    at = run.end;
  }
}

Candidate find_international_phone(std::string_view text, std::size_t from) {
  for (std::size_t at = from; (at = find_byte(text, '+', at)) != kNoCandidate; ++at) {
    std::size_t end = at + 1;
    int digits = 0;
    while (digits < 7 && step(text, end, kPyDecimal)) ++digits;
    if (digits == 0) continue;
    if (digits < 5 && (step(text, end, kPySpace) ||
                       (end < text.size() && (text[end] == '-' || text[end] == '.') && ++end))) {
      while (digits < 7 && step(text, end, kPyDecimal)) ++digits;
    }
    if (digits == 7) return here(at);
  }
  return {};
}

Candidate find_id_card(std::string_view text, std::size_t from) {
  for (std::size_t at = from;;) {
    const DigitRun run = find_digit_run(text, at, 17);
    if (run.begin == kNoCandidate) return {};
    if (run.digits == 17 || run.digits == 18) return {run.begin, run.end};
    at = run.end;
  }
}

}  // namespace ophost::privacy
