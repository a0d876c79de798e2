// pyregex_syntax.cpp: rewrites a Python regular expression in PCRE2's language: Python's character
// classes, \b, \Z, group names, flags and quantifiers where the two differ. Owner: plugins/textkit.
// Any thread.
#include <algorithm>
#include <cctype>
#include <cstring>

#include "pyregex.hpp"
#include "pyregex_tables.hpp"

namespace ophost::textkit {
namespace {

constexpr uint32_t kMaxCodePoint = 0x10FFFF;
constexpr const char* kAny = "(?s:.)";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_octal(char c) {
  return c >= '0' && c <= '7';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

std::string hex_escape(uint32_t c) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[c & 15]);
    c >>= 4;
  } while (c);
  return "\\x{" + text + "}";
}

std::string code_point(uint32_t c) {
  if (c < 0x80) {
    if (is_letter(static_cast<char>(c)) || is_digit(static_cast<char>(c))) {
      return std::string(1, static_cast<char>(c));
    }
    return hex_escape(c);
  }
  std::string text;
  append_utf8(text, c);
  return text;
}

bool is_surrogate(uint32_t c) {
  return c >= 0xD800 && c <= 0xDFFF;
}

struct State {
  bool icase = false;
  bool verbose = false;
  bool ascii = false;
};

// What may stand before a quantifier.
enum class Repeat { kNothing, kAtom, kAnchor, kRepeated };

// The kinds of set that an escape or a property stands for: a class body, perhaps negated.
struct Set {
  std::string body;
  bool negated = false;
};

class Translator {
 public:
  Translator(std::string_view p, RegexFlavor flavor, unsigned flags) : p_(p), flavor_(flavor) {
    flags_ = flags;
    now_.icase = flags & kRegexIgnoreCase;
    now_.verbose = flags & kRegexVerbose;
    result_.ignores_case = now_.icase;
  }

  TranslatedRegex run();

 private:
  [[noreturn]] void fail(const std::string& what) const { fail_at(what, i_); }
  [[noreturn]] void fail_at(const std::string& what, size_t at) const {
    throw RegexError("regular expression '" + std::string(p_) + "': " + what + " at position " +
                     std::to_string(at));
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    fail(what + " is not supported here");
  }
  bool regex() const { return flavor_ == RegexFlavor::kRegex; }
  bool at_end() const { return i_ >= p_.size(); }
  char peek(size_t k = 0) const { return i_ + k < p_.size() ? p_[i_ + k] : '\0'; }
  bool starts(std::string_view s) const { return p_.substr(i_).substr(0, s.size()) == s; }

  void atom(const std::string& text, Repeat kind = Repeat::kAtom) {
    atom_at_ = out_.size();
    out_ += text;
    repeat_ = kind;
  }
  void set_atom(const Set& set) { atom((set.negated ? "[^" : "[") + set.body + "]"); }

  std::string word() const {
    return now_.ascii ? "0-9A-Za-z_" : regex() ? kRegexWordBody : kReWordBody;
  }
  std::string digit() const {
    return now_.ascii ? "0-9" : regex() ? kRegexDigitBody : kReDigitBody;
  }
  std::string space() const {
    return now_.ascii ? "\\x{9}-\\x{d}\\x{20}" : regex() ? kRegexSpaceBody : kReSpaceBody;
  }

  uint32_t read_code_point();
  uint32_t read_hex(size_t digits, char kind);
  std::optional<uint32_t> char_escape(bool in_class);
  std::optional<Set> set_escape();
  Set property();
  void literal(uint32_t c);
  void escape();
  void char_class();
  Set posix_class();
  void quantifier();
  void group();
  void flags_group();
  void close_group();
  std::string name_until(char end);
  uint32_t group_number(const std::string& name);
  void open(const std::string& text) {
    stack_.push_back({now_, out_.size()});
    out_ += text;
    repeat_ = Repeat::kNothing;
  }

  struct Open {
    State state;
    size_t at;
  };

  std::string_view p_;
  RegexFlavor flavor_;
  unsigned flags_;
  size_t i_ = 0;
  std::string out_;
  State now_;
  Repeat repeat_ = Repeat::kNothing;
  size_t atom_at_ = 0;
  std::vector<Open> stack_;
  TranslatedRegex result_;
};

uint32_t Translator::read_code_point() {
  const unsigned char c = static_cast<unsigned char>(p_[i_]);
  const size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (i_ + n > p_.size()) fail("the pattern is not valid UTF-8");
  uint32_t v = n == 1 ? c : c & (0xFF >> (n + 1));
  for (size_t k = 1; k < n; ++k) v = v << 6 | (static_cast<unsigned char>(p_[i_ + k]) & 63);
  i_ += n;
  return v;
}

uint32_t Translator::read_hex(size_t digits, char kind) {
  uint64_t v = 0;
  for (size_t k = 0; k < digits; ++k) {
    const char c = peek();
    if (!std::isxdigit(static_cast<unsigned char>(c))) {
      fail(std::string("incomplete escape \\") + kind);
    }
    v = v * 16 + static_cast<uint64_t>(is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
    ++i_;
  }
  if (v > kMaxCodePoint) fail("the escaped code point is beyond U+10FFFF");
  return static_cast<uint32_t>(v);
}

// The escapes that stand for one code point; i_ stands after the backslash. nullopt: not one of
// these.
std::optional<uint32_t> Translator::char_escape(bool in_class) {
  const char c = peek();
  switch (c) {
    case 'a':
      ++i_;
      return 7;
    case 'f':
      ++i_;
      return 12;
    case 'n':
      ++i_;
      return 10;
    case 'r':
      ++i_;
      return 13;
    case 't':
      ++i_;
      return 9;
    case 'v':
      ++i_;
      return 11;
    case 'x':
      ++i_;
      return read_hex(2, 'x');
    case 'u':
      ++i_;
      return read_hex(4, 'u');
    case 'U':
      ++i_;
      return read_hex(8, 'U');
    case 'b':
      if (!in_class) return std::nullopt;
      ++i_;
      return 8;
    default:
      break;
  }
  if (is_digit(c)) {
    // Octal: \0, \0o, \0oo and three octal digits; in a class any octal digits.
    const bool three = is_octal(c) && is_octal(peek(1)) && is_octal(peek(2));
    if (c != '0' && !three && !in_class) return std::nullopt;
    if (!is_octal(c)) fail("bad escape \\" + std::string(1, c));
    uint32_t v = 0;
    for (int k = 0; k < 3 && is_octal(peek()); ++k)
      v = v * 8 + static_cast<uint32_t>(p_[i_++] - '0');
    if (!regex() && v > 0377) fail("octal escape value outside of range 0-0o377");
    return v;
  }
  if (is_letter(c)) return std::nullopt;
  return read_code_point();
}

// \d \w \s \h \p and their negations; i_ stands after the backslash.
std::optional<Set> Translator::set_escape() {
  const char c = peek();
  if (std::strchr("dDwWsS", c) && c) {
    ++i_;
    const char lower = static_cast<char>(c | 32);
    return Set{lower == 'd' ? digit() : lower == 'w' ? word() : space(), c != lower};
  }
  if (!regex()) return std::nullopt;
  if (c == 'h') {
    ++i_;
    return Set{"\\x{9}\\p{Zs}", false};
  }
  if (c == 'p' || c == 'P') return property();
  return std::nullopt;
}

Set Translator::property() {
  bool negated = peek() == 'P';
  ++i_;
  std::string name;
  if (peek() == '{') {
    const size_t end = p_.find('}', i_);
    if (end == std::string_view::npos) fail("missing }");
    name = std::string(p_.substr(i_ + 1, end - i_ - 1));
    i_ = end + 1;
  } else if (is_letter(peek())) {
    name = std::string(1, p_[i_++]);
  } else {
    fail("missing property name");
  }
  if (!name.empty() && name[0] == '^') {
    negated = !negated;
    name.erase(0, 1);
  }
  std::string key;  // the kind of property, when written: \p{Script=Han}
  std::string value;
  for (const char ch : name) {
    if (ch == '=' || ch == ':') {
      key.swap(value);
      value.clear();
    } else if (ch != '_' && ch != '-' && ch != ' ') {
      value += static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    }
  }
  struct Name {
    const char* name;
    const char* body;
  };
  static const Name kNames[] = {{"letter", "\\p{L}"},
                                {"l", "\\p{L}"},
                                {"mark", "\\p{M}"},
                                {"m", "\\p{M}"},
                                {"number", "\\p{N}"},
                                {"n", "\\p{N}"},
                                {"symbol", "\\p{S}"},
                                {"s", "\\p{S}"},
                                {"separator", "\\p{Z}"},
                                {"z", "\\p{Z}"},
                                {"other", "\\p{C}"},
                                {"c", "\\p{C}"},
                                {"p", kRegexPunctBody},
                                {"punctuation", kRegexPunctBody},
                                {"punct", kRegexPunctBody},
                                {"nd", kRegexDigitBody},
                                {"decimalnumber", kRegexDigitBody},
                                {"digit", kRegexDigitBody},
                                {"lc", "\\p{L&}"},
                                {"casedletter", "\\p{L&}"},
                                {"lu", "\\p{Lu}"},
                                {"uppercaseletter", "\\p{Lu}"},
                                {"ll", "\\p{Ll}"},
                                {"lowercaseletter", "\\p{Ll}"},
                                {"lt", "\\p{Lt}"},
                                {"titlecaseletter", "\\p{Lt}"},
                                {"lm", "\\p{Lm}"},
                                {"modifierletter", "\\p{Lm}"},
                                {"lo", "\\p{Lo}"},
                                {"otherletter", "\\p{Lo}"},
                                {"mn", "\\p{Mn}"},
                                {"nonspacingmark", "\\p{Mn}"},
                                {"mc", "\\p{Mc}"},
                                {"spacingmark", "\\p{Mc}"},
                                {"me", "\\p{Me}"},
                                {"enclosingmark", "\\p{Me}"},
                                {"nl", "\\p{Nl}"},
                                {"letternumber", "\\p{Nl}"},
                                {"no", "\\p{No}"},
                                {"othernumber", "\\p{No}"},
                                {"sm", "\\p{Sm}"},
                                {"mathsymbol", "\\p{Sm}"},
                                {"sc", "\\p{Sc}"},
                                {"currencysymbol", "\\p{Sc}"},
                                {"sk", "\\p{Sk}"},
                                {"modifiersymbol", "\\p{Sk}"},
                                {"so", "\\p{So}"},
                                {"othersymbol", "\\p{So}"},
                                {"pc", "\\p{Pc}"},
                                {"connectorpunctuation", "\\p{Pc}"},
                                {"pd", "\\p{Pd}"},
                                {"dashpunctuation", "\\p{Pd}"},
                                {"ps", "\\p{Ps}"},
                                {"openpunctuation", "\\p{Ps}"},
                                {"pe", "\\p{Pe}"},
                                {"closepunctuation", "\\p{Pe}"},
                                {"pi", "\\p{Pi}"},
                                {"initialpunctuation", "\\p{Pi}"},
                                {"pf", "\\p{Pf}"},
                                {"finalpunctuation", "\\p{Pf}"},
                                {"po", "\\p{Po}"},
                                {"otherpunctuation", "\\p{Po}"},
                                {"zs", "\\p{Zs}"},
                                {"spaceseparator", "\\p{Zs}"},
                                {"zl", "\\p{Zl}"},
                                {"zp", "\\p{Zp}"},
                                {"cc", "\\p{Cc}"},
                                {"control", "\\p{Cc}"},
                                {"cntrl", "\\p{Cc}"},
                                {"cf", "\\p{Cf}"},
                                {"format", "\\p{Cf}"},
                                {"cn", "\\p{Cn}"},
                                {"co", "\\p{Co}"},
                                {"cs", "\\p{Cs}"},
                                {"alphabetic", "\\p{Alphabetic}"},
                                {"alpha", "\\p{Alphabetic}"},
                                {"uppercase", "\\p{Uppercase}"},
                                {"upper", "\\p{Uppercase}"},
                                {"lowercase", "\\p{Lowercase}"},
                                {"lower", "\\p{Lowercase}"},
                                {"word", kRegexWordBody},
                                {"whitespace", kRegexSpaceBody},
                                {"space", kRegexSpaceBody},
                                {"ascii", "\\x{0}-\\x{7f}"},
                                {"any", "\\x{0}-\\x{10ffff}"},
                                {"emoji", "\\p{Emoji}"},
                                {"posixpunct", "\\p{P}\\p{S}"},
                                {"emojipresentation", "\\p{Emoji_Presentation}"},
                                {"extendedpictographic", "\\p{Extended_Pictographic}"}};
  const bool category = key.empty() || key == "gc" || key == "generalcategory";
  if (category) {
    for (const Name& n : kNames) {
      if (value != n.name && (!key.empty() || value != std::string("is") + n.name)) continue;
      std::string body = n.body;
      // Without regard to case the three cased categories are one.
      if (now_.icase && (body == "\\p{Lu}" || body == "\\p{Ll}" || body == "\\p{Lt}"))
        body = "\\p{L&}";
      return {body, negated};
    }
  }
  if (value.rfind("is", 0) == 0 && value.size() > 2 && key.empty()) value.erase(0, 2);
  if (key.empty() && value.rfind("in", 0) == 0 && value != "inherited" &&
      value.rfind("inscriptional", 0) != 0) {
    unsupported("the Unicode block \\p{" + name + "}");
  }
  if (!key.empty() && key != "script" && key != "sc" && key != "scriptextensions" && key != "scx") {
    unsupported("the property \\p{" + name + "}");
  }
  // Scripts; PCRE2 checks the name, and means the extensions unless told.
  const bool extensions = key == "scriptextensions" || key == "scx";
  return {(extensions ? "\\p{scx:" : "\\p{sc:") + value + "}", negated};
}

void Translator::literal(uint32_t c) {
  if (is_surrogate(c)) return atom("(?!)");
  if (now_.icase && (c == 'i' || c == 'I' || c == 0x130 || c == 0x131)) {
    // Python knows the Turkish letters as cases of i and I; PCRE2 does not.
    if (!regex()) return atom("[iI\\x{130}\\x{131}]");
    if (c == 'i') return atom("[iI\\x{130}]");
    if (c == 'I') return atom("[iI\\x{131}]");
    return atom(c == 0x130 ? "(?-i:[i\\x{130}])" : "(?-i:[I\\x{131}])");
  }
  atom(code_point(c));
}

void Translator::escape() {
  const size_t start = i_++;
  if (at_end()) fail_at("bad escape (end of pattern)", start);
  const char c = peek();
  if (is_digit(c) && c != '0') {
    if (const auto octal = char_escape(false)) return literal(*octal);
    uint32_t n = 0;
    for (int k = 0; k < 2 && is_digit(peek()); ++k)
      n = n * 10 + static_cast<uint32_t>(p_[i_++] - '0');
    if (n > result_.groups) fail_at("invalid group reference " + std::to_string(n), start);
    return atom("\\g{" + std::to_string(n) + "}");
  }
  if (const auto one = char_escape(false)) return literal(*one);
  if (const auto set = set_escape()) return set_atom(*set);
  const std::string w = word();
  const std::string here = "(?=[" + w + "])", not_here = "(?![" + w + "])";
  const std::string before = "(?<=[" + w + "])", not_before = "(?<![" + w + "])";
  ++i_;
  switch (c) {
    case 'A':
      return atom("\\A", Repeat::kAnchor);
    case 'Z':
      return atom("\\z", Repeat::kAnchor);
    case 'b':
      if (!regex() && !now_.ascii) return atom("\\b", Repeat::kAnchor);
      return atom("(?:" + before + not_here + "|" + not_before + here + ")");
    case 'B':
      if (!regex()) {
        // re: not in an empty text.
        return atom("(?:(?!\\A\\z)(?:" + before + here + "|" + not_before + not_here + "))",
                    Repeat::kAnchor);
      }
      return atom("(?:" + before + here + "|" + not_before + not_here + ")");
    default:
      break;
  }
  if (regex()) {
    switch (c) {
      case 'z':
        return atom("\\z", Repeat::kAnchor);
      case 'm':
        return atom("(?:" + not_before + here + ")");
      case 'M':
        return atom("(?:" + before + not_here + ")");
      case 'G':
        return atom("\\G", Repeat::kAnchor);
      case 'K':
        return atom("\\K", Repeat::kAnchor);
      case 'X':
        return atom("\\X");
      case 'R':
        return atom("(?>\\r\\n|[\\x{a}-\\x{d}\\x{85}\\x{2028}\\x{2029}])");
      case 'N':
        if (peek() != '{') return atom("N");
        i_ = start;
        unsupported("a named character \\N{...}");
      case 'L':
        i_ = start;
        unsupported("a named list \\L<...>");
      case 'g':
        if (peek() != '<') return atom("g");
        ++i_;
        return atom("\\g{" + std::to_string(group_number(name_until('>'))) + "}");
      default:
        break;
    }
  }
  fail_at(std::string("bad escape \\") + c, start);
}

Set Translator::posix_class() {
  const size_t end = p_.find(":]", i_ + 2);
  std::string name(p_.substr(i_ + 2, end - i_ - 2));
  i_ = end + 2;
  Set set;
  if (!name.empty() && name[0] == '^') {
    set.negated = true;
    name.erase(0, 1);
  }
  struct Name {
    const char* name;
    std::string body;
  };
  const Name names[] = {
      {"alpha", "\\p{Alphabetic}"}, {"alnum", "\\p{Alphabetic}0-9"}, {"digit", "0-9"},
      {"xdigit", "0-9A-Fa-f"},      {"upper", "\\p{Uppercase}"},     {"lower", "\\p{Lowercase}"},
      {"punct", "\\p{P}\\p{S}"},    {"space", kRegexSpaceBody},      {"blank", "\\x{9}\\p{Zs}"},
      {"cntrl", "\\p{Cc}"},         {"word", kRegexWordBody}};
  for (const Name& n : names) {
    if (name == n.name) {
      set.body = n.body;
      return set;
    }
  }
  unsupported("the class [:" + name + ":]");
}

// A class is a union of ranges and sets; PCRE2 has no negated set inside a class when the set is
// spelled out, so those become alternatives beside it.
void Translator::char_class() {
  const size_t start = i_++;
  const bool negated = peek() == '^';
  if (negated) ++i_;
  std::string body;
  std::vector<std::string> outside;  // bodies of negated sets
  std::vector<std::pair<uint32_t, uint32_t>> ranges;
  bool first = true;
  const auto add = [&](const Set& set) {
    if (set.negated) {
      outside.push_back(set.body);
    } else {
      body += set.body;
    }
  };
  while (true) {
    if (at_end()) fail_at("unterminated character set", start);
    if (peek() == ']' && !first) break;
    first = false;
    const size_t item_at = i_;
    if (regex() && starts("[:") && p_.find(":]", i_ + 2) != std::string_view::npos) {
      const std::string_view inner = p_.substr(i_ + 2, p_.find(":]", i_ + 2) - i_ - 2);
      if (std::all_of(inner.begin(), inner.end(),
                      [](char c) { return is_letter(c) || c == '^'; })) {
        add(posix_class());
        continue;
      }
    }
    // One code point, or a set.
    const auto item = [&]() -> std::optional<uint32_t> {
      if (peek() != '\\') return read_code_point();
      ++i_;
      if (at_end()) fail_at("unterminated character set", start);
      if (const auto one = char_escape(true)) return one;
      if (const auto set = set_escape()) {
        add(*set);
        return std::nullopt;
      }
      fail_at(std::string("bad escape \\") + peek(), i_ - 1);
    };
    const auto low = item();
    if (peek() == '-' && peek(1) != ']' && i_ + 1 < p_.size()) {
      if (!low) {
        if (!regex()) fail_at("bad character range", item_at);
        continue;  // [\d-a]: the hyphen is a member
      }
      const size_t hyphen = i_++;
      if (peek() == '\\') {
        const size_t escape_at = i_++;
        if (set_escape()) {
          if (!regex()) fail_at("bad character range", item_at);
          i_ = hyphen;  // [a-\d]: a, the hyphen and the set
          ranges.emplace_back(*low, *low);
          ranges.emplace_back('-', '-');
          ++i_;
          continue;
        }
        i_ = escape_at;
      }
      const auto high = item();
      if (!high || *high < *low) fail_at("bad character range", item_at);
      ranges.emplace_back(*low, *high);
    } else if (low) {
      ranges.emplace_back(*low, *low);
    }
  }
  ++i_;
  const auto has = [&](uint32_t c) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [c](const auto& r) { return r.first <= c && c <= r.second; });
  };
  if (now_.icase) {
    const bool i = has('i'), big_i = has('I'), dotted = has(0x130), dotless = has(0x131);
    const bool any = i || big_i || dotted || dotless;
    if (regex() ? i : any) ranges.emplace_back(0x130, 0x130);
    if (regex() ? big_i : any) ranges.emplace_back(0x131, 0x131);
    if (!regex() && any) ranges.emplace_back('i', 'i');
  }
  for (const auto& [low, high] : ranges) {
    // Surrogates never occur in a text; PCRE2 refuses them in a class.
    const auto piece = [&](uint32_t a, uint32_t b) {
      if (a > b) return;
      body += hex_escape(a);
      if (b > a) body += "-" + hex_escape(b);
    };
    if (high < 0xD800 || low > 0xDFFF) {
      piece(low, high);
    } else {
      if (low < 0xD800) piece(low, 0xD7FF);
      if (high > 0xDFFF) piece(0xE000, high);
    }
  }
  if (outside.empty()) {
    if (body.empty()) return atom(negated ? kAny : "(?!)");
    return atom((negated ? "[^" : "[") + body + "]");
  }
  std::string any_of = body.empty() ? "" : "[" + body + "]";
  for (const std::string& o : outside) any_of += (any_of.empty() ? "[^" : "|[^") + o + "]";
  if (!negated) return atom("(?:" + any_of + ")");
  atom("(?:(?!" + any_of + ")" + kAny + ")");
}

void Translator::quantifier() {
  const size_t start = i_;
  std::string q;
  const char c = peek();
  if (c == '{') {
    size_t k = i_ + 1;
    std::string low, high;
    while (k < p_.size() && is_digit(p_[k])) low += p_[k++];
    bool comma = false;
    if (k < p_.size() && p_[k] == ',') {
      comma = true;
      ++k;
      while (k < p_.size() && is_digit(p_[k])) high += p_[k++];
    }
    const bool valid = k < p_.size() && p_[k] == '}' && (!low.empty() || comma);
    if (!valid) {
      const size_t end = p_.find('}', i_);
      if (regex() && repeat_ != Repeat::kNothing && end != std::string_view::npos) {
        const std::string_view inner = p_.substr(i_ + 1, end - i_ - 1);
        if (!inner.empty() &&
            inner.find_first_not_of("ideos0123456789<>=,+ ") == std::string_view::npos &&
            inner.find_first_of("ides") != std::string_view::npos) {
          unsupported("fuzzy matching {" + std::string(inner) + "}");
        }
      }
      ++i_;
      return literal('{');
    }
    if (!low.empty() && !high.empty() &&
        (low.size() > 9 || high.size() > 9 || std::stoul(low) > std::stoul(high))) {
      fail_at("min repeat greater than max repeat", start);
    }
    q = "{" + (low.empty() ? "0" : low) + (comma ? "," + high : "") + "}";
    i_ = k + 1;
  } else {
    q = std::string(1, c);
    ++i_;
  }
  if (repeat_ == Repeat::kNothing) fail_at("nothing to repeat", start);
  if (repeat_ == Repeat::kRepeated) fail_at("multiple repeat", start);
  if (repeat_ == Repeat::kAnchor) {
    if (!regex()) fail_at("nothing to repeat", start);
    out_.insert(atom_at_, "(?:");
    out_ += ")";
  }
  if (peek() == '?' || peek() == '+') q += p_[i_++];
  out_ += q;
  repeat_ = Repeat::kRepeated;
}

std::string Translator::name_until(char end) {
  const size_t at = p_.find(end, i_);
  if (at == std::string_view::npos) fail(std::string("missing ") + end + ", unterminated name");
  std::string name(p_.substr(i_, at - i_));
  if (name.empty()) fail("missing group name");
  i_ = at + 1;
  return name;
}

uint32_t Translator::group_number(const std::string& name) {
  if (std::all_of(name.begin(), name.end(), is_digit) && name.size() < 6) {
    const auto n = static_cast<uint32_t>(std::stoul(name));
    if (n > result_.groups) fail("invalid group reference " + name);
    return n;
  }
  const auto found = result_.names.find(name);
  if (found == result_.names.end()) fail("unknown group name '" + name + "'");
  return found->second;
}

// (?imsx) holds for the rest of the group it stands in, (?imsx-imsx:...) for its own group.
void Translator::flags_group() {
  const size_t start = i_ - 2;
  std::string on, off;
  bool minus = false;
  State next = now_;
  for (; !at_end() && peek() != ')' && peek() != ':'; ++i_) {
    const char c = peek();
    if (c == '-' && !minus) {
      minus = true;
    } else if (c == 'i' || c == 'm' || c == 's') {
      (minus ? off : on) += c;
      if (c == 'i') next.icase = !minus;
      if (next.icase) result_.ignores_case = true;
    } else if (c == 'x') {
      next.verbose = !minus;
    } else if (c == 'u') {
      next.ascii = false;
    } else if (c == 'a' && !minus) {
      next.ascii = true;
    } else if (c == 'V' && regex() && peek(1) == '0') {
      ++i_;
    } else {
      unsupported(std::string("the flag (?") + c + ")");
    }
  }
  if (at_end()) fail("missing )");
  if (next.ascii && next.icase) unsupported("ignoring case together with the flag (?a)");
  const bool scoped = peek() == ':';
  if (!scoped && !regex() && start != 0) {
    fail_at("global flags not at the start of the expression", start);
  }
  if (!scoped && minus) fail("missing :");
  ++i_;
  const std::string text = "(?" + on + (off.empty() ? "" : "-" + off);
  if (scoped) {
    open(text + ":");
  } else if (!on.empty()) {
    out_ += text + ")";
  }
  now_ = next;
}

void Translator::group() {
  const size_t start = i_++;
  atom_at_ = start;
  if (peek() != '?') {
    ++result_.groups;
    return open("(");
  }
  ++i_;
  const auto named = [&] {
    const std::string name = name_until('>');
    const bool bad_first = is_digit(name[0]);
    for (const char c : name) {
      const bool ok =
          is_letter(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
      if (!ok || bad_first) fail_at("bad character in group name '" + name + "'", start);
    }
    if (result_.names.count(name)) {
      if (regex()) unsupported("using the group name '" + name + "' twice");
      fail_at("redefinition of group name '" + name + "'", start);
    }
    result_.names[name] = ++result_.groups;
    open("(");
  };
  for (const char* same : {":", "=", "!", "<=", "<!", ">"}) {
    if (starts(same)) {
      i_ += std::strlen(same);
      return open(std::string("(?") + same);
    }
  }
  if (peek() == '#') {
    const size_t end = p_.find(')', i_);
    if (end == std::string_view::npos) fail_at("missing ), unterminated comment", start);
    i_ = end + 1;
    return;
  }
  if (starts("P<") || (regex() && starts("<"))) {
    i_ += peek() == 'P' ? 2 : 1;
    return named();
  }
  if (starts("P=")) {
    i_ += 2;
    return atom("\\g{" + std::to_string(group_number(name_until(')'))) + "}");
  }
  if (starts("(")) {
    if (starts("(?")) {  // (?(?=x)a|b)
      out_ += "(?";
      stack_.push_back({now_, out_.size() - 2});
      repeat_ = Repeat::kNothing;
      return;
    }
    ++i_;
    return open("(?(" + std::to_string(group_number(name_until(')'))) + ")");
  }
  if (regex()) {
    if (starts("P>") || starts("&")) {
      i_ += peek() == 'P' ? 2 : 1;
      return atom("(?" + std::to_string(group_number(name_until(')'))) + ")");
    }
    if (starts("R)") || is_digit(peek())) {
      const std::string name = name_until(')');
      return atom("(?" + (name == "R" ? "0" : name) + ")");
    }
    if (peek() == '|') unsupported("a branch reset (?|...)");
  }
  if (std::strchr("aiLmsuxbefprwV-", peek()) && peek()) return flags_group();
  fail_at(std::string("unknown extension ?") + peek(), start);
}

void Translator::close_group() {
  if (stack_.empty()) fail("unbalanced parenthesis");
  now_ = stack_.back().state;
  atom_at_ = stack_.back().at;
  stack_.pop_back();
  out_ += ")";
  repeat_ = Repeat::kAtom;
  ++i_;
}

TranslatedRegex Translator::run() {
  while (!at_end()) {
    const char c = peek();
    if (now_.verbose && is_space(c)) {
      ++i_;
    } else if (now_.verbose && c == '#') {
      while (!at_end() && peek() != '\n') ++i_;
    } else if (c == '\\') {
      escape();
    } else if (c == '[') {
      char_class();
    } else if (c == '(') {
      group();
    } else if (c == ')') {
      close_group();
    } else if (c == '|') {
      ++i_;
      out_ += "|";
      repeat_ = Repeat::kNothing;
    } else if (c == '*' || c == '+' || c == '?' || c == '{') {
      quantifier();
    } else if (c == '.') {
      ++i_;
      atom(".");
    } else if (c == '^' || c == '$') {
      ++i_;
      atom(std::string(1, c), Repeat::kAnchor);
    } else {
      literal(read_code_point());
    }
  }
  if (!stack_.empty()) fail("missing ), unterminated subpattern");
  result_.pattern = std::move(out_);
  result_.flags = flags_;
  return std::move(result_);
}

}  // namespace

std::string_view unwrap_raw_literal(std::string_view p) {
  const bool quoted = p.size() > 2 && p[0] == 'r' && (p[1] == '\'' || p[1] == '"');
  if (!quoted || p.back() != p[1]) return p;
  return p.size() < 3 ? p : p.substr(2, p.size() - 3);
}

TranslatedRegex translate_python_regex(std::string_view pattern, RegexFlavor flavor,
                                       unsigned flags) {
  return Translator(pattern, flavor, flags).run();
}

}  // namespace ophost::textkit
