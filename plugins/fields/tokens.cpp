// tokens.cpp: see the header. Owner: plugins/fields.
#include "plugins/fields/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "plugins/textkit/unicode.hpp"

namespace ophost::fields {
namespace {

using textkit::PyValue;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return textkit::has_class(c, textkit::kPyAlpha);
}
bool continues_name(char32_t c) {
  if (c < 0x80) return starts_name(c) || is_digit(static_cast<char>(c));
  // Letters, decimal digits and marks; other digits and numbers are not allowed in names.
  return textkit::has_class(c, textkit::kPyAlpha | textkit::kPyDecimal) ||
         (textkit::has_class(c, textkit::kRegexWord) && !textkit::has_class(c, textkit::kPyAlnum));
}
int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'z' ? low - 'a' + 10 : 99;
}

class Scanner {
 public:
  explicit Scanner(std::string_view s) : s_(s) {}

  std::vector<Token> run() {
    skip_blank_lines();
    if (i_ < s_.size() && (s_[i_] == ' ' || s_[i_] == '\t')) fail("unexpected indent", i_);
    while (next()) continue;
    if (!open_.empty()) {
      fail(std::string("'") + s_[open_.back()] + "' was never closed", open_.back());
    }
    tokens_.push_back({Token::Kind::kEnd, {}, {}, s_.size()});
    return std::move(tokens_);
  }

 private:
  [[noreturn]] static void fail(std::string what, std::size_t at) {
    throw SyntaxError{std::move(what), at};
  }
  char at(std::size_t i) const { return i < s_.size() ? s_[i] : '\0'; }
  bool line_end(std::size_t i) const { return at(i) == '\n' || at(i) == '\r'; }
  void add(Token::Kind kind, std::size_t begin, PyValue value = {}) {
    tokens_.push_back({kind, s_.substr(begin, i_ - begin), std::move(value), begin});
  }

  void skip_comment() {
    while (i_ < s_.size() && !line_end(i_)) ++i_;
  }
  void skip_blank_lines() {
    for (;;) {
      std::size_t k = i_;
      while (at(k) == ' ' || at(k) == '\t' || at(k) == '\f') ++k;
      if (at(k) == '#') {
        i_ = k;
        skip_comment();
      } else if (line_end(k)) {
        i_ = k + 1;
      } else {
        while (at(i_) == '\f') ++i_;
        return;
      }
    }
  }

  // Reads one token; false at the end of the text.
  bool next() {
    while (at(i_) == ' ' || at(i_) == '\t' || at(i_) == '\f') ++i_;
    if (i_ >= s_.size()) return false;
    const char c = s_[i_];
    if (c == '#') return skip_comment(), true;
    if (c == '\\' && line_end(i_ + 1)) {
      i_ += at(i_ + 1) == '\r' && at(i_ + 2) == '\n' ? 3 : 2;
      if (i_ >= s_.size()) fail("unexpected end of the expression after '\\'", i_);
      return true;
    }
    if (line_end(i_)) return end_of_line();
    const std::size_t begin = i_;
    if (is_digit(c) || (c == '.' && is_digit(at(i_ + 1)))) return number(), true;
    if (string()) return true;
    const char* p = s_.data() + i_;
    if (starts_name(textkit::next_char(p))) {
      for (const char* end = s_.data() + s_.size(); p != end;) {
        const char* here = p;
        if (!continues_name(textkit::next_char(p))) {
          p = here;
          break;
        }
      }
      i_ = static_cast<std::size_t>(p - s_.data());
      add(Token::Kind::kName, begin);
      return true;
    }
    sign();
    return true;
  }

  // Within brackets a line end is a space; elsewhere nothing but blank lines may follow.
  bool end_of_line() {
    if (!open_.empty()) return ++i_, true;
    skip_blank_lines();
    while (at(i_) == ' ' || at(i_) == '\t') ++i_;
    if (i_ < s_.size()) fail("an expression must be on one line, or in parentheses", i_);
    return false;
  }

  void sign() {
    static constexpr std::string_view kSigns[] = {
        "**", "//", "<<", ">>", "<=", ">=", "==", "!=", ":=", "...", "+", "-", "*", "/", "%", "@",
        "&",  "|",  "^",  "~",  "<",  ">",  "=",  ",",  ":",  ".",   "(", ")", "[", "]", "{", "}"};
    for (const std::string_view sign : kSigns) {
      if (s_.substr(i_, sign.size()) != sign) continue;
      if (sign == "(" || sign == "[" || sign == "{") open_.push_back(i_);
      if (sign == ")" || sign == "]" || sign == "}") close(sign[0]);
      const std::size_t begin = i_;
      i_ += sign.size();
      return add(Token::Kind::kSign, begin);
    }
    fail("a character that no expression has here", i_);
  }
  void close(char c) {
    if (open_.empty()) fail(std::string("unmatched '") + c + "'", i_);
    const char opened = s_[open_.back()];
    if (c != (opened == '(' ? ')' : opened == '[' ? ']' : '}')) {
      fail(std::string("closing '") + c + "' does not match opening '" + opened + "'", i_);
    }
    open_.pop_back();
  }

  // Digits of a base with single underscores between them, appended to `out`.
  void digits(int base, std::string& out) {
    const std::size_t begin = i_;
    while (digit_value(at(i_)) < base) {
      out += s_[i_++];
      if (at(i_) == '_' && digit_value(at(i_ + 1)) < base) ++i_;
    }
    if (i_ == begin || at(i_) == '_') fail("invalid number", begin);
  }

  void number() {
    const std::size_t begin = i_;
    std::string text;
    const char mark = static_cast<char>(at(i_ + 1) | 0x20);
    if (s_[i_] == '0' && (mark == 'x' || mark == 'o' || mark == 'b')) {
      i_ += at(i_ + 2) == '_' ? 3 : 2;
      const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : 2;
      digits(base, text);
      end_number(begin);
      return add(Token::Kind::kNumber, begin, whole(text, base));
    }
    bool real = false;
    if (is_digit(s_[i_])) digits(10, text);
    if (at(i_) == '.') {
      real = true;
      ++i_;
      text += text.empty() ? "0." : ".";
      if (is_digit(at(i_)))
        digits(10, text);
      else
        text += '0';
    }
    const std::size_t sign = at(i_ + 1) == '+' || at(i_ + 1) == '-' ? 1 : 0;
    if ((at(i_) == 'e' || at(i_) == 'E') && is_digit(at(i_ + 1 + sign))) {
      real = true;
      text += s_.substr(i_, 1 + sign);
      i_ += 1 + sign;
      digits(10, text);
    }
    if (at(i_) == 'j' || at(i_) == 'J') {
      ++i_;
      end_number(begin);
      return add(Token::Kind::kOpaque, begin);
    }
    end_number(begin);
    if (real) return add(Token::Kind::kNumber, begin, PyValue(*textkit::py_float(text)));
    if (text[0] == '0' && text.find_first_not_of('0') != text.npos) {
      fail("leading zeros are not permitted in whole numbers", begin);
    }
    add(Token::Kind::kNumber, begin, whole(text, 10));
  }
  // A number may touch a keyword (`1if x else y`) but no other name.
  void end_number(std::size_t begin) const {
    if (!continues_name(static_cast<unsigned char>(at(i_)))) return;
    std::size_t end = i_;
    while (at(end) >= 'a' && at(end) <= 'z') ++end;
    const std::string_view word = s_.substr(i_, end - i_);
    for (const std::string_view k : {"and", "else", "for", "if", "in", "is", "not", "or"}) {
      // Python reads "0or" as an octal number.
      if (word.substr(0, k.size()) == k && !(k == "or" && s_.substr(begin, i_ - begin) == "0")) {
        return;
      }
    }
    fail("invalid number", begin);
  }
  static PyValue whole(const std::string& digits, int base) {
    std::int64_t v = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), v, base);
    if (read.ec == std::errc()) return PyValue(v);
    double d = 0;  // beyond 64 bits
    for (const char c : digits) d = d * base + digit_value(c);
    return base == 10 ? PyValue(textkit::py_float(digits).value_or(d)) : PyValue(d);
  }

  // A string literal with its prefix, if one begins here.
  bool string() {
    std::size_t k = i_;
    bool raw = false, bytes = false, format = false, unicode = false;
    for (; k < i_ + 2; ++k) {
      const char c = static_cast<char>(at(k) | 0x20);
      if (at(k) == '\'' || at(k) == '"') break;
      bool* const flag = c == 'r'   ? &raw
                         : c == 'b' ? &bytes
                         : c == 'f' ? &format
                         : c == 'u' ? &unicode
                                    : nullptr;
      if (flag == nullptr || *flag) return false;
      *flag = true;
    }
    const char quote = at(k);
    if (quote != '\'' && quote != '"') return false;
    if ((bytes && format) || (unicode && k != i_ + 1)) return false;
    const std::size_t begin = i_;
    const std::string mark(at(k + 1) == quote && at(k + 2) == quote ? 3 : 1, quote);
    i_ = k + mark.size();
    const std::size_t body = i_;
    while (i_ >= s_.size() || s_.substr(i_, mark.size()) != mark) {
      if (i_ >= s_.size() || (mark.size() == 1 && line_end(i_) && at(i_ - 1) != '\\')) {
        fail("a string without its closing quote", begin);
      }
      i_ += s_[i_] == '\\' ? 2 : 1;
    }
    const std::string_view text = s_.substr(body, i_ - body);
    i_ += mark.size();
    if (bytes || format) {
      add(Token::Kind::kOpaque, begin);
    } else {
      add(Token::Kind::kString, begin, PyValue(raw ? std::string(text) : unescape(text, body)));
    }
    return true;
  }

  static std::string unescape(std::string_view t, std::size_t begin) {
    std::string out;
    for (std::size_t k = 0; k < t.size(); ++k) {
      if (t[k] != '\\') {
        out += t[k];
        continue;
      }
      const std::size_t here = begin + k;
      const char c = t[++k];
      static constexpr std::string_view kKnown = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
      if (const std::size_t n = kKnown.find(c); n != kKnown.npos) {
        out += kMeant[n];
      } else if (c == '\n') {
        continue;  // the line goes on
      } else if (c >= '0' && c <= '7') {
        char32_t v = 0;
        std::size_t count = 0;
        while (count < 3 && k < t.size() && t[k] >= '0' && t[k] <= '7') {
          v = v * 8 + static_cast<char32_t>(t[k++] - '0');
          ++count;
        }
        --k;
        textkit::append_char(out, v);
      } else if (c == 'x' || c == 'u' || c == 'U') {
        const std::size_t width = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        std::uint32_t v = 0;
        const std::string_view hex = t.substr(k + 1, width);
        const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), v, 16);
        if (hex.size() != width || read.ptr != hex.data() + width || v > 0x10FFFF) {
          fail("a truncated or impossible escape in a string", here);
        }
        k += width;
        // A lone surrogate cannot be in UTF-8 text, nor in any record.
        textkit::append_char(out, v >= 0xD800 && v < 0xE000 ? 0xFFFD : v);
      } else if (c == 'N') {
        fail("\\N{...} is not supported: write the character itself", here);
      } else {
        out += '\\';
        out += c;
      }
    }
    return out;
  }

  std::string_view s_;
  std::size_t i_ = 0;
  std::vector<std::size_t> open_;  // brackets not closed yet
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view expression) {
  return Scanner(expression).run();
}

bool is_keyword(std::string_view name) {
  static constexpr std::string_view kKeywords[] = {
      "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
      "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
      "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
      "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
  return std::find(std::begin(kKeywords), std::end(kKeywords), name) != std::end(kKeywords);
}

}  // namespace ophost::fields
