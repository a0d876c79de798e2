// Unicode as the reference implementation sees it: character classes, UTF-8 stepping, strip.
// Owner: plugins/textkit. Pure functions over constant tables, any thread. All text is valid UTF-8;
// "character" means code point. Tables: CPython 3.11 (Unicode 14) and the PyPI regex module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ophost::textkit {

// Bits of char_class(); the order is that of gen/unicode_data.py. kPyDecimal is also `re`'s \d and
// kPySpace is also `re`'s \s.
inline constexpr std::uint16_t kPyAlnum = 1u << 0;
inline constexpr std::uint16_t kPyAlpha = 1u << 1;
inline constexpr std::uint16_t kPySpace = 1u << 2;
inline constexpr std::uint16_t kPyDecimal = 1u << 3;
inline constexpr std::uint16_t kLineBreak = 1u << 4;  // ends a line for str.splitlines
inline constexpr std::uint16_t kSpecial = 1u << 5;    // SPECIAL_CHARACTERS
inline constexpr std::uint16_t kReWord = 1u << 6;     // `re` \w
inline constexpr std::uint16_t kRegexWord = 1u << 7;  // `regex` \w
inline constexpr std::uint16_t kRegexSpace = 1u << 8;
inline constexpr std::uint16_t kRegexDigit = 1u << 9;
inline constexpr std::uint16_t kRegexPunct = 1u << 10;  // `regex` \p{P}
inline constexpr std::uint16_t kVariousWhitespace = 1u << 11;
inline constexpr std::uint16_t kCased = 1u << 12;
inline constexpr std::uint16_t kCaseIgnorable = 1u << 13;
inline constexpr std::uint16_t kHasLower = 1u << 14;       // lower() changes it
inline constexpr std::uint16_t kPyUnprintable = 1u << 15;  // repr() escapes it

namespace data {  // unicode_data.cpp
extern const std::uint16_t kClassIndex[8704];
extern const std::uint16_t kClassBlocks[];
extern const std::uint8_t kLowerIndex[2048];
extern const char32_t kLowerBlocks[];
}  // namespace data

// All class bits of `c`, which must be below U+110000.
inline std::uint16_t char_class(char32_t c) {
  return data::kClassBlocks[(std::size_t{data::kClassIndex[c >> 7]} << 7) | (c & 0x7f)];
}
inline bool has_class(char32_t c, std::uint16_t bits) {
  return (char_class(c) & bits) != 0;
}

// The single code point that `c` lowers to outside any context; U+0130 also appends U+0307.
inline char32_t simple_lower(char32_t c) {
  if (c >= 0x20000) return c;
  const char32_t low =
      data::kLowerBlocks[(std::size_t{data::kLowerIndex[c >> 6]} << 6) | (c & 0x3f)];
  return low != 0 ? low : c;
}

inline bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Bytes of the character whose first byte is `lead`.
inline unsigned char_bytes(char lead) {
  const auto b = static_cast<unsigned char>(lead);
  return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

// Reads the character at `p` and moves `p` behind it.
inline char32_t next_char(const char*& p) {
  const auto* u = reinterpret_cast<const unsigned char*>(p);
  if (u[0] < 0x80) {
    p += 1;
    return u[0];
  }
  if (u[0] < 0xe0) {
    p += 2;
    return (char32_t{u[0]} & 0x1f) << 6 | (u[1] & 0x3f);
  }
  if (u[0] < 0xf0) {
    p += 3;
    return (char32_t{u[0]} & 0x0f) << 12 | (char32_t{u[1]} & 0x3f) << 6 | (u[2] & 0x3f);
  }
  p += 4;
  return (char32_t{u[0]} & 0x07) << 18 | (char32_t{u[1]} & 0x3f) << 12 |
         (char32_t{u[2]} & 0x3f) << 6 | (u[3] & 0x3f);
}

// Reads the character that ends before `p` and moves `p` to its first byte.
inline char32_t previous_char(const char*& p) {
  do --p;
  while (is_continuation(*p));
  const char* at = p;
  return next_char(at);
}

// Writes `c` as UTF-8 and returns the place behind it; needs room for 4 bytes.
inline char* put_char(char* out, char32_t c) {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xc0 | c >> 6);
    *out++ = static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xe0 | c >> 12);
    *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (c & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | c >> 18);
    *out++ = static_cast<char>(0x80 | (c >> 12 & 0x3f));
    *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (c & 0x3f));
  }
  return out;
}

inline void append_char(std::string& out, char32_t c) {
  char bytes[4];
  out.append(bytes, put_char(bytes, c));
}

// `text` without the characters of the classes `bits` at both ends.
inline std::string_view strip_class(std::string_view text, std::uint16_t bits) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (begin != end) {
    const char* at = begin;
    if (!has_class(next_char(at), bits)) break;
    begin = at;
  }
  while (begin != end) {
    const char* at = end;
    if (!has_class(previous_char(at), bits)) break;
    end = at;
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

// str.strip()
inline std::string_view strip(std::string_view text) {
  return strip_class(text, kPySpace);
}

// The word without special characters at both ends (inner ones stay).
inline std::string_view strip_special(std::string_view word) {
  return strip_class(word, kSpecial);
}

// The bytes of the first `count` characters of `text`, all of them when it has fewer.
inline std::size_t prefix_bytes(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; count != 0 && at < text.size(); --count) at += char_bytes(text[at]);
  return at;
}

}  // namespace ophost::textkit
