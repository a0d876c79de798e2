// md5.cpp: RFC 1321. Owner: plugins/dedup. Any thread.
#include "plugins/dedup/md5.hpp"

#include <bit>
#include <cstring>

namespace ophost::dedup {
namespace {

// floor(2^32 * |sin(i + 1)|)
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

template <int Round>
inline void sixteen(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d,
                    const std::uint32_t* w) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    std::uint32_t f;
    int k;
    if constexpr (Round == 0) {
      f = d ^ (b & (c ^ d));
      k = i;
    } else if constexpr (Round == 1) {
      f = c ^ (d & (b ^ c));
      k = (5 * i + 1) & 15;
    } else if constexpr (Round == 2) {
      f = b ^ c ^ d;
      k = (3 * i + 5) & 15;
    } else {
      f = c ^ (b | ~d);
      k = (7 * i) & 15;
    }
    const std::uint32_t turned =
        std::rotl(a + f + kSines[Round * 16 + i] + w[k], kTurns[Round][i & 3]);
    a = d;
    d = c;
    c = b;
    b += turned;
  }
}

void compress(std::uint32_t state[4], const char* block) {
  std::uint32_t w[16];
  std::memcpy(w, block, 64);
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  sixteen<0>(a, b, c, d, w);
  sixteen<1>(a, b, c, d, w);
  sixteen<2>(a, b, c, d, w);
  sixteen<3>(a, b, c, d, w);
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

}  // namespace

std::string Md5::hex() const {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t b : bytes) {
    text += digits[b >> 4];
    text += digits[b & 15];
  }
  return text;
}

std::uint64_t Md5::word(int at) const {
  std::uint64_t v;
  std::memcpy(&v, bytes + at, 8);
  return __builtin_bswap64(v);
}

Md5 md5(std::string_view text) {
  std::uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::size_t at = 0;
  for (; at + 64 <= text.size(); at += 64) compress(state, text.data() + at);
  char tail[128] = {};
  const std::size_t rest = text.size() - at;
  if (rest != 0) std::memcpy(tail, text.data() + at, rest);
  tail[rest] = static_cast<char>(0x80);
  const std::size_t blocks = rest < 56 ? 1 : 2;
  const std::uint64_t bits = text.size() * 8;
  std::memcpy(tail + 64 * blocks - 8, &bits, 8);
  for (std::size_t b = 0; b < blocks; ++b) compress(state, tail + 64 * b);
  Md5 digest;
  std::memcpy(digest.bytes, state, 16);
  return digest;
}

}  // namespace ophost::dedup
