// Python's str.lower(): full lowercasing with the final-sigma rule; the text may grow.
// Owner: plugins/textkit. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ophost::textkit {

// Bytes that lower_to may write for a text of `size` bytes (two bytes can become three).
inline std::size_t lower_capacity(std::size_t size) {
  return size + size / 2 + 16;
}

// Writes text.lower() to `out`, which has room for lower_capacity(text.size()) bytes and does not
// overlap `text`; returns the place behind the last byte.
char* lower_to(std::string_view text, char* out);

// out = text.lower(). `text` must not lie in `out`.
void lower(std::string_view text, std::string& out);

}  // namespace ophost::textkit
