// sha1_shani.cpp: SHA-1 with the SHA instructions, two messages interleaved to hide their latency.
// Owner: plugins/dedup. Any thread; call only where choose_sha1 would.
#include "plugins/dedup/sha1.hpp"

#if defined __x86_64__
#include <immintrin.h>

#include <cstring>

#pragma GCC target("sha,ssse3,sse4.1")

namespace ophost::dedup {
namespace {

struct Stream {
  __m128i abcd, e;
};

// Four rounds of one message. g counts the fours; the message words live in m[0..3], reused in
// turn.
#define OPHOST_SHA1_FOUR(s, m, g, f)                                                          \
  {                                                                                           \
    const __m128i before = (s).abcd;                                                          \
    (s).e = (g) == 0 ? _mm_add_epi32((s).e, (m)[0]) : _mm_sha1nexte_epu32((s).e, (m)[(g)&3]); \
    (s).abcd = _mm_sha1rnds4_epu32((s).abcd, (s).e, f);                                       \
    (s).e = before;                                                                           \
    if ((g) >= 3 && (g) < 19) {                                                               \
      (m)[((g) + 1) & 3] = _mm_sha1msg2_epu32(                                                \
          _mm_xor_si128(_mm_sha1msg1_epu32((m)[((g) + 1) & 3], (m)[((g) + 2) & 3]),           \
                        (m)[((g) + 3) & 3]),                                                  \
          (m)[(g)&3]);                                                                        \
    }                                                                                         \
  }
#define OPHOST_SHA1_BOTH(g, f) OPHOST_SHA1_FOUR(x, mx, g, f) OPHOST_SHA1_FOUR(y, my, g, f)

inline void load(const std::uint8_t* block, __m128i* m) {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  for (int k = 0; k < 4; ++k) {
    m[k] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + k), swap);
  }
}

inline Stream start() {
  return {_mm_set_epi32(0x67452301, static_cast<int>(0xEFCDAB89), static_cast<int>(0x98BADCFE),
                        0x10325476),
          _mm_set_epi32(static_cast<int>(0xC3D2E1F0), 0, 0, 0)};
}

void compress_two(Stream& sx, Stream& sy, const std::uint8_t* bx, const std::uint8_t* by) {
  __m128i mx[4], my[4];
  load(bx, mx);
  load(by, my);
  Stream x = sx, y = sy;
  OPHOST_SHA1_BOTH(0, 0)
  OPHOST_SHA1_BOTH(1, 0) OPHOST_SHA1_BOTH(2, 0) OPHOST_SHA1_BOTH(3, 0) OPHOST_SHA1_BOTH(4, 0)
      OPHOST_SHA1_BOTH(5, 1) OPHOST_SHA1_BOTH(6, 1) OPHOST_SHA1_BOTH(7, 1) OPHOST_SHA1_BOTH(8, 1)
          OPHOST_SHA1_BOTH(9, 1) OPHOST_SHA1_BOTH(10, 2) OPHOST_SHA1_BOTH(11, 2)
              OPHOST_SHA1_BOTH(12, 2) OPHOST_SHA1_BOTH(13, 2) OPHOST_SHA1_BOTH(14, 2)
                  OPHOST_SHA1_BOTH(15, 3) OPHOST_SHA1_BOTH(16, 3) OPHOST_SHA1_BOTH(17, 3)
                      OPHOST_SHA1_BOTH(18, 3) OPHOST_SHA1_BOTH(19, 3)
                          sx.e = _mm_sha1nexte_epu32(x.e, sx.e);
  sy.e = _mm_sha1nexte_epu32(y.e, sy.e);
  sx.abcd = _mm_add_epi32(x.abcd, sx.abcd);
  sy.abcd = _mm_add_epi32(y.abcd, sy.abcd);
}
#undef OPHOST_SHA1_BOTH
#undef OPHOST_SHA1_FOUR

// Hands out the blocks of one message, the padded ones from a buffer of its own.
struct Blocks {
  Message m;
  std::uint64_t blocks, next = 0;
  alignas(16) std::uint8_t tail[128];

  explicit Blocks(const Message& message) : m(message), blocks(sha1_blocks(message.size)) {
    const std::uint64_t whole = m.size / 64, rest = m.size % 64;
    std::memset(tail, 0, sizeof tail);
    if (rest != 0) std::memcpy(tail, m.data + whole * 64, rest);
    tail[rest] = 0x80;
    const std::uint64_t bits = __builtin_bswap64(m.size * 8);
    std::memcpy(tail + (blocks - whole) * 64 - 8, &bits, 8);
  }
  const std::uint8_t* take() {
    const std::uint64_t b = next++, whole = m.size / 64;
    return b < whole ? m.data + b * 64 : tail + (b - whole) * 64;
  }
};

inline std::uint32_t first_word(const Stream& s) {
  return __builtin_bswap32(static_cast<std::uint32_t>(_mm_extract_epi32(s.abcd, 3)));
}

}  // namespace

void sha1_words_shani(const Message* messages, std::size_t count, std::uint32_t* out) {
  for (std::size_t i = 0; i < count; i += 2) {
    const bool pair = i + 1 < count;
    Blocks bx(messages[i]), by(messages[pair ? i + 1 : i]);
    Stream x = start(), y = start();
    while (bx.next < bx.blocks && by.next < by.blocks) compress_two(x, y, bx.take(), by.take());
    Stream idle = start();
    while (bx.next < bx.blocks) compress_two(x, idle, bx.take(), bx.tail);
    while (by.next < by.blocks) compress_two(y, idle, by.take(), by.tail);
    out[i] = first_word(x);
    if (pair) out[i + 1] = first_word(y);
  }
}

}  // namespace ophost::dedup
#endif
