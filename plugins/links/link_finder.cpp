// link_finder.cpp: see the header. Owner: plugins/links. Any thread.
#include "plugins/links/link_finder.hpp"

#include <algorithm>
#if defined __SSE2__
#include <emmintrin.h>
#endif

#include "plugins/textkit/unicode.hpp"

namespace ophost::links {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// [a-z] without regard to case; three characters beyond ASCII fold to i, s and k.
bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0x130 || c == 0x17F ||
         c == 0x212A;
}
bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_host(char32_t c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}
bool is_word(char32_t c) {
  return textkit::has_class(c, textkit::kRegexWord);
}
bool is_scheme(char32_t c) {
  return c == '-' || is_word(c);
}
bool is_space(char32_t c) {
  return textkit::has_class(c, textkit::kRegexSpace);
}
bool is_plain(char32_t c) {
  return c != '(' && c != ')' && c != '<' && c != '>' && !is_space(c);
}
// What a link may end with.
bool is_tail(char32_t c) {
  if (c < 0x80) {
    return is_plain(c) && std::string_view("`![]{};:'\".,?").find(static_cast<char>(c)) == kNone;
  }
  return c != 0xAB && c != 0xBB && c != 0x201C && c != 0x201D && c != 0x2018 && c != 0x2019 &&
         !is_space(c);
}

class Finder {
 public:
  Finder(std::string_view text, std::size_t from) : t_(text), from_(from) {}

  bool find(Link& link) const {
    for (std::size_t at = next_trigger(from_); at != kNone; at = next_trigger(at + 1)) {
      const char c = t_[at];
      if (c == ':' ? scheme(at, link) : c == '/' ? host(at, kNone, link) : www(at, link))
        return true;
    }
    return false;
  }

 private:
  // Reads the character at `at` and moves on; only where at < size().
  char32_t read(std::size_t& at) const {
    const char* p = t_.data() + at;
    const char32_t c = textkit::next_char(p);
    at = static_cast<std::size_t>(p - t_.data());
    return c;
  }
  char32_t read_back(std::size_t& at) const {
    const char* p = t_.data() + at;
    const char32_t c = textkit::previous_char(p);
    at = static_cast<std::size_t>(p - t_.data());
    return c;
  }
  char byte(std::size_t at) const { return at < t_.size() ? t_[at] : '\0'; }

  // \b
  bool border(std::size_t at) const {
    std::size_t before = at, after = at;
    const bool left = at != 0 && is_word(read_back(before));
    const bool right = at != t_.size() && is_word(read(after));
    return left != right;
  }

  std::size_t next_trigger(std::size_t i) const;
  std::size_t parenthesis(std::size_t at) const;
  std::size_t body(std::size_t begin) const;
  bool scheme(std::size_t colon, Link& link) const;
  bool www(std::size_t at, Link& link) const;
  bool host(std::size_t slash, std::size_t before, Link& link) const;

  std::string_view t_;
  std::size_t from_;
};

// The next colon, slash or "www".
std::size_t Finder::next_trigger(std::size_t i) const {
  const auto is_w = [](char c) { return c == 'w' || c == 'W'; };
#if defined __SSE2__
  const auto load = [this](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(t_.data() + at));
  };
  const __m128i lower = _mm_set1_epi8(0x20), w = _mm_set1_epi8('w');
  const auto ws = [&](__m128i v) { return _mm_cmpeq_epi8(_mm_or_si128(v, lower), w); };
  for (; i + 18 <= t_.size(); i += 16) {
    const __m128i v = load(i);
    const __m128i three = _mm_and_si128(ws(v), _mm_and_si128(ws(load(i + 1)), ws(load(i + 2))));
    const __m128i signs =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')), _mm_cmpeq_epi8(v, _mm_set1_epi8('/')));
    const int mask = _mm_movemask_epi8(_mm_or_si128(three, signs));
    if (mask != 0) return i + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  for (; i < t_.size(); ++i) {
    if (t_[i] == ':' || t_[i] == '/') return i;
    if (i + 2 < t_.size() && is_w(t_[i]) && is_w(t_[i + 1]) && is_w(t_[i + 2])) return i;
  }
  return kNone;
}

// End of `\((?:[^\s()<>]+|\([^\s()<>]+\))*\)` at an opening parenthesis, kNone when it is not one.
std::size_t Finder::parenthesis(std::size_t at) const {
  ++at;
  std::size_t inner = kNone;  // where the content of an inner parenthesis began
  while (at < t_.size()) {
    const std::size_t here = at;
    const char32_t c = read(at);
    if (c == ')') {
      if (inner == kNone) return at;
      if (inner == here) return kNone;  // () inside is not allowed
      inner = kNone;
    } else if (c == '(') {
      if (inner != kNone) return kNone;
      inner = at;
    } else if (!is_plain(c)) {
      return kNone;
    }
  }
  return kNone;
}

// End of body and tail when the body begins here, kNone when they do not fit.
std::size_t Finder::body(std::size_t begin) const {
  std::size_t at = begin;
  std::size_t run = kNone;              // start of the last unit if it is a run
  std::size_t open = kNone, close = 0;  // the last parenthesis
  while (at < t_.size()) {
    if (t_[at] == '(') {
      const std::size_t end = parenthesis(at);
      if (end == kNone) break;
      open = at;
      at = close = end;
      run = kNone;
      continue;
    }
    std::size_t next = at;
    if (!is_plain(read(next))) break;
    if (run == kNone) run = at;
    at = next;
  }
  if (run != kNone) {
    // The tail is a character of its own: at least one unit, or a part of the run, stays before it.
    const std::size_t least = std::max(run, begin + 1);
    std::size_t end = at;
    while (end > least) {
      std::size_t start = end;
      const char32_t c = read_back(start);
      if (start < least) break;
      if (is_tail(c)) return end;
      end = start;
    }
  }
  return open != kNone && open > begin ? close : kNone;
}

// [a-z][\w-]+:(?:\/{1,3}|[a-z0-9%])
bool Finder::scheme(std::size_t colon, Link& link) const {
  std::size_t after = colon + 1;
  if (after >= t_.size()) return false;
  const char32_t next = read(after);
  if (next != '/' && next != '%' && !is_letter(next) && !is_digit(next)) return false;
  // The leftmost letter with a border before it in the run that ends at the colon.
  std::size_t begin = kNone, at = colon;
  while (at > from_) {
    std::size_t start = at;
    const char32_t c = read_back(start);
    if (!is_scheme(c)) break;
    if (at != colon && is_letter(c) && border(start)) begin = start;
    at = start;
  }
  if (begin == kNone) return false;
  std::size_t end = kNone;
  if (next == '/') {
    std::size_t slashes = 1;
    while (slashes < 3 && byte(colon + 1 + slashes) == '/') ++slashes;
    for (; slashes > 0 && end == kNone; --slashes) end = body(colon + 1 + slashes);
  } else {
    end = body(after);
  }
  if (end == kNone) return false;
  link = {begin, end};
  return true;
}

// www\d{0,3}[.]
bool Finder::www(std::size_t at, Link& link) const {
  std::size_t dot = at + 3;
  for (int digits = 0; digits < 3 && dot < t_.size(); ++digits) {
    std::size_t next = dot;
    if (!textkit::has_class(read(next), textkit::kRegexDigit)) break;
    dot = next;
  }
  if (byte(dot) != '.') return false;
  // A host name that "www" is a part of may begin further left, and then comes first.
  std::size_t slash = at;
  while (slash < t_.size()) {
    std::size_t next = slash;
    if (!is_host(read(next))) break;
    slash = next;
  }
  if (byte(slash) == '/' && host(slash, at, link)) return true;
  if (!border(at)) return false;
  const std::size_t end = body(dot + 1);
  if (end == kNone) return false;
  link = {at, end};
  return true;
}

// [a-z0-9.\-]+[.][a-z]{2,4}\/ ; the link must begin before `before`.
bool Finder::host(std::size_t slash, std::size_t before, Link& link) const {
  std::size_t at = slash;
  int letters = 0;
  char32_t c = 0;
  while (at > from_ && is_letter(c = read_back(at)) && letters < 5) ++letters;
  if (letters < 2 || letters > 4 || c != '.') return false;
  const std::size_t dot = at;
  std::size_t begin = kNone;
  while (at > from_) {
    std::size_t start = at;
    if (!is_host(read_back(start))) break;
    at = start;
    if (border(at)) begin = at;
  }
  if (begin == kNone || begin >= dot || begin >= before) return false;
  const std::size_t end = body(slash + 1);
  if (end == kNone) return false;
  link = {begin, end};
  return true;
}

}  // namespace

bool find_link(std::string_view text, std::size_t from, Link& link) {
  return Finder(text, from).find(link);
}

}  // namespace ophost::links
