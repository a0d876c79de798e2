// md5.hpp: MD5, as a name for equal texts (never as a protection). Owner: plugins/dedup. Any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ophost::dedup {

struct Md5 {
  std::uint8_t bytes[16];

  // 32 lower-case hexadecimal digits.
  std::string hex() const;
  // The bytes from `at` on as a big-endian number.
  std::uint64_t word(int at) const;
};

Md5 md5(std::string_view text);

}  // namespace ophost::dedup
