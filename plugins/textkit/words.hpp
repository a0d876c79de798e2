// The words of a text as most word operators see them: pieces between U+0020, \n and \t, lowered,
// without special characters at the ends, empty ones dropped. Owner: plugins/textkit. One object
// per operator instance, one thread at a time; memory is reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "plugins/textkit/scratch.hpp"

namespace ophost::textkit {

// A 64-bit hash for tables in memory; differs between versions, so never store it.
inline std::uint64_t hash_bytes(std::string_view bytes) {
  const auto load8 = [](const char* p) {
    std::uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
  };
  const auto load4 = [](const char* p) {
    std::uint32_t v;
    std::memcpy(&v, p, sizeof v);
    return std::uint64_t{v};
  };
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15, kSecond = 0xc2b2ae3d27d4eb4f;
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t h = n * kFirst;
  for (; n > 16; p += 8, n -= 8) {
    h = (h ^ load8(p)) * kSecond;
    h ^= h >> 32;
  }
  std::uint64_t a = 0, b = 0;
  if (n >= 8) {
    a = load8(p);
    b = load8(p + n - 8);
  } else if (n >= 4) {
    a = load4(p);
    b = load4(p + n - 4);
  } else if (n != 0) {
    a = static_cast<unsigned char>(p[0]);
    b = static_cast<unsigned char>(p[n / 2]) | std::uint64_t{static_cast<unsigned char>(p[n - 1])}
                                                   << 8;
  }
  h = (h ^ a) * kSecond;
  h = (h ^ (h >> 32) ^ b) * kFirst;
  return h ^ (h >> 29);
}

class WordScanner {
 public:
  // The words; valid until the next call.
  std::span<const std::string_view> scan(std::string_view text);

 private:
  Scratch<char> lowered_;
  Scratch<std::uint64_t> separators_;
  Scratch<std::uint64_t> letters_;
  Scratch<std::string_view> words_;
};

}  // namespace ophost::textkit
