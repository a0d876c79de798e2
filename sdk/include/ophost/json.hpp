/* ophost/json.hpp: a reader of JSON text just large enough for parameters and schemas.
 *
 * Values stay raw text (`std::string_view` into the caller's buffer) until somebody asks for one.
 * Safe on any bytes: whatever is not JSON ends in a ConfigError naming the byte. Stateless; any
 * thread. */
#pragma once

#include <string>
#include <string_view>

#include "ophost/errors.hpp"

namespace ophost::json {

/** Nesting deeper than this is refused; parameters never come near it and the stack stays small. */
inline constexpr int kMaxDepth = 64;

[[noreturn]] inline void fail(std::size_t at, const char* expected) {
  throw ConfigError("malformed JSON at byte " + std::to_string(at) + ": expected " + expected);
}

inline void skip_space(std::string_view s, std::size_t& i) {
  while (i < s.size() && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r')) ++i;
}

inline void skip_string(std::string_view s, std::size_t& i) {
  const std::size_t begin = i;
  if (i >= s.size() || s[i] != '"') fail(i, "a string");
  for (++i; i < s.size(); ++i) {
    if (s[i] == '"') {
      ++i;
      return;
    }
    if (s[i] == '\\') ++i;
  }
  fail(begin, "the closing quote of this string");
}

inline void skip_digits(std::string_view s, std::size_t& i) {
  const std::size_t begin = i;
  while (i < s.size() && s[i] >= '0' && s[i] <= '9') ++i;
  if (i == begin) fail(i, "a digit");
}

inline void skip_number(std::string_view s, std::size_t& i) {
  if (i < s.size() && s[i] == '-') ++i;
  skip_digits(s, i);
  if (i < s.size() && s[i] == '.') skip_digits(s, ++i);
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    skip_digits(s, i);
  }
}

inline void skip_value(std::string_view s, std::size_t& i, int depth = 0) {
  if (depth > kMaxDepth) fail(i, "less than 64 levels of nesting");
  skip_space(s, i);
  if (i >= s.size()) fail(i, "a value");
  const char open = s[i];
  if (open == '"') return skip_string(s, i);
  if (open == '{' || open == '[') {
    const char close = open == '{' ? '}' : ']';
    skip_space(s, ++i);
    if (i < s.size() && s[i] == close) return void(++i);
    for (;;) {
      skip_space(s, i);
      if (open == '{') {
        skip_string(s, i);
        skip_space(s, i);
        if (i >= s.size() || s[i] != ':') fail(i, "':'");
        ++i;
      }
      skip_value(s, i, depth + 1);
      skip_space(s, i);
      if (i >= s.size() || (s[i] != ',' && s[i] != close)) fail(i, "',' or the closing bracket");
      if (s[i++] == close) return;
    }
  }
  for (std::string_view word :
       {std::string_view("true"), std::string_view("false"), std::string_view("null")}) {
    if (s.substr(i, word.size()) == word) return void(i += word.size());
  }
  skip_number(s, i);
}

/** The text of one value without the space around it; the whole of `s` must be that value. */
inline std::string_view value(std::string_view s) {
  std::size_t i = 0;
  skip_space(s, i);
  const std::size_t begin = i;
  skip_value(s, i);
  const std::size_t end = i;
  skip_space(s, i);
  if (i != s.size()) fail(i, "the end of the text");
  return s.substr(begin, end - begin);
}

inline int hex4(std::string_view s, std::size_t i) {
  if (i + 4 > s.size()) fail(i, "four hexadecimal digits");
  int v = 0;
  for (std::size_t k = i; k < i + 4; ++k) {
    const char c = s[k];
    const int d = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
    if (d < 0) fail(k, "a hexadecimal digit");
    v = v * 16 + d;
  }
  return v;
}

inline void append_utf8(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 63));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

/** The text a JSON string stands for. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
inline std::string decode_string(std::string_view raw) {
  std::size_t end = 0;
  skip_string(raw, end);
  std::string out;
  out.reserve(end);
  for (std::size_t i = 1; i + 1 < end; ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    const char c = raw[++i];
    if (c == 'u') {
      unsigned v = static_cast<unsigned>(hex4(raw, i + 1));
      i += 4;
      if (v >= 0xD800 && v < 0xDC00 && raw.substr(i + 1, 2) == "\\u") {
        const unsigned low = static_cast<unsigned>(hex4(raw, i + 3));
        if (low >= 0xDC00 && low < 0xE000) {
          v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
          i += 6;
        }
      }
      append_utf8(out, v >= 0xD800 && v < 0xE000 ? 0xFFFD : v);
    } else if (const char* known = "\"\\/bfnrt"; c != '\0' && std::strchr(known, c)) {
      out += "\"\\/\b\f\n\r\t"[std::strchr(known, c) - known];
    } else {
      fail(i, "a known escape");
    }
  }
  return out;
}

/** `text` as a JSON string, with its quotes; only what must be escaped is. */
inline std::string encode_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const char* hex = "0123456789abcdef";
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[c & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

/** Calls `f(key, raw value)` for every member of the object `s`. */
template <class F>
void for_each_member(std::string_view s, F&& f) {
  s = value(s);
  if (s.empty() || s[0] != '{') fail(0, "an object");
  std::size_t i = 1;
  for (skip_space(s, i); s[i] != '}'; skip_space(s, i)) {
    const std::size_t key = i;
    skip_string(s, i);
    const std::string name = decode_string(s.substr(key, i - key));
    skip_space(s, i);
    skip_space(s, ++i);
    const std::size_t begin = i;
    skip_value(s, i);
    f(name, s.substr(begin, i - begin));
    skip_space(s, i);
    if (s[i] == ',') skip_space(s, ++i);
  }
}

/** Calls `f(raw value)` for every element of the array `s`. */
template <class F>
void for_each_element(std::string_view s, F&& f) {
  s = value(s);
  if (s.empty() || s[0] != '[') fail(0, "an array");
  std::size_t i = 1;
  for (skip_space(s, i); s[i] != ']'; skip_space(s, i)) {
    const std::size_t begin = i;
    skip_value(s, i);
    f(s.substr(begin, i - begin));
    skip_space(s, i);
    if (s[i] == ',') ++i;
  }
}

}  // namespace ophost::json
