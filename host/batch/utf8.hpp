// Finds where a text stops being UTF-8, for messages; the fast yes or no comes from simdjson. Pure function; any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ophost {

struct InvalidUtf8 {
  std::size_t offset;  // of the first byte that belongs to no character
  std::string reason;
};

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text);
bool is_utf8(std::string_view text);
// A message of somebody else's code, fit for logs and JSON: at most 4096 bytes of it, what is not UTF-8 as U+FFFD.
std::string clean_message(std::string_view message);

}  // namespace ophost
