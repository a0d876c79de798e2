// How states and decisions are written as bytes: little-endian, whole numbers in groups of seven
// bits. Owner: plugins/selectors. Any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ophost::selectors {

inline void put_varint(std::string& out, std::uint64_t v) {
  while (v >= 0x80) {
    out += static_cast<char>(v | 0x80);
    v >>= 7;
  }
  out += static_cast<char>(v);
}
inline void put_u64(std::string& out, std::uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(v >> shift);
}
inline void put_text(std::string& out, std::string_view v) {
  put_varint(out, v.size());
  out += v;
}
inline std::uint64_t u64_at(const char* p) {
  std::uint64_t v = 0;
  for (int k = 7; k >= 0; --k) v = v << 8 | static_cast<unsigned char>(p[k]);
  return v;
}

// Reads what the functions above wrote; throws std::runtime_error when the bytes end early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      v |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return v;
    }
    throw std::runtime_error("a saved selector state holds an impossible number");
  }
  std::uint64_t u64() { return u64_at(take(8).data()); }
  std::string_view text() { return take(varint()); }

 private:
  std::string_view take(std::uint64_t n) {
    if (n > rest_.size()) throw std::runtime_error("a saved selector state ends early");
    const std::string_view v = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return v;
  }

  std::string_view rest_;
};

}  // namespace ophost::selectors
