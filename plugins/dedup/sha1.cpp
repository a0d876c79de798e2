// sha1.cpp: SHA-1 in plain C++, and the choice between the ways. Owner: plugins/dedup. Any thread.
#include "plugins/dedup/sha1.hpp"

#include <bit>
#include <cstring>

namespace ophost::dedup {
namespace {

constexpr std::uint32_t kStart[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};

void compress(std::uint32_t state[5], const std::uint8_t* block) {
  std::uint32_t w[80];
  for (int t = 0; t < 16; ++t) {
    std::uint32_t v;
    std::memcpy(&v, block + 4 * t, 4);
    w[t] = __builtin_bswap32(v);
  }
  for (int t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int t = 0; t < 80; ++t) {
    std::uint32_t f, k;
    if (t < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (t < 40) {
      f = b ^ c ^ d;
      k = 0x6ED9EBA1;
    } else if (t < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    } else {
      f = b ^ c ^ d;
      k = 0xCA62C1D6;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

}  // namespace

void sha1_words_portable(const Message* messages, std::size_t count, std::uint32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t state[5];
    std::memcpy(state, kStart, sizeof state);
    const Message m = messages[i];
    std::uint64_t at = 0;
    for (; at + 64 <= m.size; at += 64) compress(state, m.data + at);
    std::uint8_t tail[128] = {};
    const std::size_t rest = m.size - at;
    if (rest != 0) std::memcpy(tail, m.data + at, rest);
    tail[rest] = 0x80;
    const std::size_t blocks = rest < 56 ? 1 : 2;
    const std::uint64_t bits = __builtin_bswap64(m.size * 8);
    std::memcpy(tail + blocks * 64 - 8, &bits, 8);
    for (std::size_t b = 0; b < blocks; ++b) compress(state, tail + 64 * b);
    out[i] = __builtin_bswap32(state[0]);
  }
}

Sha1Function choose_sha1() {
#if defined __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
    return &sha1_words_avx512;
  }
  std::uint32_t a = 7, b = 0, c = 0, d = 0;
  // g++ 12 has no name for the SHA extension in __builtin_cpu_supports.
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if ((b >> 29 & 1) && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1")) {
    return &sha1_words_shani;
  }
#endif
  return &sha1_words_portable;
}

}  // namespace ophost::dedup
