#include "host/batch/utf8.hpp"

#include <simdjson.h>

namespace ophost {

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto hex = [](unsigned char c) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    return std::string("0x") + kDigits[c >> 4] + kDigits[c & 15];
  };
  for (std::size_t i = 0; i < text.size();) {
    unsigned char c = byte(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (length == 0) return InvalidUtf8{i, "the byte " + hex(c) + " cannot begin a character"};
    // The second byte's range excludes over-long forms, surrogates and what lies beyond U+10FFFF.
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    for (std::size_t k = 1; k < length; ++k) {
      if (i + k >= text.size()) return InvalidUtf8{i, "the line ends inside a character"};
      unsigned char d = byte(i + k);
      if (d < low || d > high)
        return InvalidUtf8{i, "after " + hex(c) + " the byte " + hex(d) + " cannot follow"};
      low = 0x80;
      high = 0xBF;
    }
    i += length;
  }
  return std::nullopt;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string clean_message(std::string_view message) {
  constexpr std::size_t kMost = 4096;
  message = message.substr(0, kMost);
  std::string out;
  while (auto bad = find_invalid_utf8(message)) {
    out.append(message, 0, bad->offset);
    out += "\xEF\xBF\xBD";
    message.remove_prefix(bad->offset + 1);
  }
  return out.append(message);
}

}  // namespace ophost
