// HTML character references. Owner: plugins/html. Constant data, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ophost::html {

// What a name stands for ("amp;" and, where that is allowed, "amp"); empty when there is none.
std::string_view entity(std::string_view name);

// The longest beginning of `text` that is a name of an entity; 0 when there is none.
std::size_t longest_entity(std::string_view text);

// What numbers 0x80 to 0x9F stand for (windows-1252); others, and those it lacks, for themselves.
char32_t legacy_character(char32_t number);

// html.unescape of Python: references with or without a semicolon, as in attribute values.
std::string unescape(std::string_view text);

}  // namespace ophost::html
