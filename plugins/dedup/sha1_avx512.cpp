// sha1_avx512.cpp: SHA-1 of sixteen messages at once, one per 32-bit lane. Masked loads pad the messages
// in registers, so nothing is copied and nothing beyond a message is read.
// Owner: plugins/dedup. Any thread; call only where choose_sha1 would.
#include "plugins/dedup/sha1.hpp"

#if defined __x86_64__
// g++ 12 takes the undefined starting values inside these intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#pragma GCC target("avx512f,avx512bw,bmi2")

namespace ophost::dedup {
namespace {

constexpr int kLanes = 16;

// rows[i] = message words of lane i; afterwards rows[t] = word t of all lanes.
inline void transpose(__m512i* r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 4) {
    const __m512i a = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    const __m512i b = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    const __m512i c = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
    const __m512i d = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
    t[i] = _mm512_unpacklo_epi64(a, c);
    t[i + 1] = _mm512_unpackhi_epi64(a, c);
    t[i + 2] = _mm512_unpacklo_epi64(b, d);
    t[i + 3] = _mm512_unpackhi_epi64(b, d);
  }
  for (int i = 0; i < 4; ++i) {
    const __m512i a = _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88);
    const __m512i b = _mm512_shuffle_i32x4(t[i], t[i + 4], 0xDD);
    const __m512i c = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88);
    const __m512i d = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xDD);
    r[i] = _mm512_shuffle_i32x4(a, c, 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(a, c, 0xDD);
    r[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(b, d, 0xDD);
  }
}

// Block b of a message with its padding, without the length.
inline __m512i load_block(const Message& m, std::uint64_t b) {
  const std::uint64_t from = b * 64;
  if (from + 64 <= m.size) return _mm512_loadu_si512(m.data + from);
  if (from > m.size) return _mm512_setzero_si512();
  const std::uint64_t rest = m.size - from;  // below 64
  const __m512i bytes =
      _mm512_maskz_loadu_epi8((std::uint64_t{1} << rest) - 1, m.data + from);
  return _mm512_mask_mov_epi8(bytes, std::uint64_t{1} << rest, _mm512_set1_epi8(-128));
}

// Sixteen messages of the same number of blocks.
void sixteen(const Message* const* lanes, std::uint64_t blocks, std::uint32_t* first_words) {
  const __m512i swap = _mm512_broadcast_i32x4(
      _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m512i h0 = _mm512_set1_epi32(0x67452301), h1 = _mm512_set1_epi32(static_cast<int>(0xEFCDAB89));
  __m512i h2 = _mm512_set1_epi32(static_cast<int>(0x98BADCFE)), h3 = _mm512_set1_epi32(0x10325476);
  __m512i h4 = _mm512_set1_epi32(static_cast<int>(0xC3D2E1F0));
  for (std::uint64_t block = 0; block < blocks; ++block) {
    __m512i w[16];
    for (int i = 0; i < kLanes; ++i) w[i] = load_block(*lanes[i], block);
    transpose(w);
    for (int t = 0; t < 16; ++t) w[t] = _mm512_shuffle_epi8(w[t], swap);
    if (block + 1 == blocks) {
      alignas(64) std::uint32_t high[kLanes], low[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        high[i] = static_cast<std::uint32_t>(lanes[i]->size >> 29);
        low[i] = static_cast<std::uint32_t>(lanes[i]->size << 3);
      }
      w[14] = _mm512_load_si512(high);
      w[15] = _mm512_load_si512(low);
    }
    __m512i a = h0, b = h1, c = h2, d = h3, e = h4;
#define OPHOST_SHA1_ROUND(t, imm, k)                                                            \
  {                                                                                             \
    if ((t) >= 16) {                                                                            \
      w[(t)&15] = _mm512_rol_epi32(                                                             \
          _mm512_xor_si512(_mm512_ternarylogic_epi32(w[((t)-3) & 15], w[((t)-8) & 15],          \
                                                     w[((t)-14) & 15], 0x96),                   \
                           w[(t)&15]),                                                          \
          1);                                                                                   \
    }                                                                                           \
    const __m512i f = _mm512_ternarylogic_epi32(b, c, d, imm);                                  \
    const __m512i kw = _mm512_add_epi32(w[(t)&15], _mm512_set1_epi32(static_cast<int>(k)));     \
    const __m512i next = _mm512_add_epi32(_mm512_add_epi32(_mm512_rol_epi32(a, 5), f),          \
                                          _mm512_add_epi32(e, kw));                             \
    e = d;                                                                                      \
    d = c;                                                                                      \
    c = _mm512_rol_epi32(b, 30);                                                                \
    b = a;                                                                                      \
    a = next;                                                                                   \
  }
#pragma GCC unroll 20
    for (int t = 0; t < 20; ++t) OPHOST_SHA1_ROUND(t, 0xCA, 0x5A827999)
#pragma GCC unroll 20
    for (int t = 20; t < 40; ++t) OPHOST_SHA1_ROUND(t, 0x96, 0x6ED9EBA1)
#pragma GCC unroll 20
    for (int t = 40; t < 60; ++t) OPHOST_SHA1_ROUND(t, 0xE8, 0x8F1BBCDC)
#pragma GCC unroll 20
    for (int t = 60; t < 80; ++t) OPHOST_SHA1_ROUND(t, 0x96, 0xCA62C1D6)
#undef OPHOST_SHA1_ROUND
    h0 = _mm512_add_epi32(h0, a);
    h1 = _mm512_add_epi32(h1, b);
    h2 = _mm512_add_epi32(h2, c);
    h3 = _mm512_add_epi32(h3, d);
    h4 = _mm512_add_epi32(h4, e);
  }
  _mm512_storeu_si512(first_words, _mm512_shuffle_epi8(h0, swap));
}

// Messages of one block count that wait for their sixteen.
struct Waiting {
  const Message* lanes[kLanes];
  std::uint32_t slots[kLanes];
  int count = 0;

  void flush(std::uint64_t blocks, std::uint32_t* out) {
    if (count == 0) return;
    for (int i = count; i < kLanes; ++i) lanes[i] = lanes[0];
    std::uint32_t words[kLanes];
    sixteen(lanes, blocks, words);
    for (int i = 0; i < count; ++i) out[slots[i]] = words[i];
    count = 0;
  }
};

}  // namespace

void sha1_words_avx512(const Message* messages, std::size_t count, std::uint32_t* out) {
  constexpr std::uint64_t kCounts = 4;  // 1 to 4 blocks wait; longer messages go one by one
  Waiting waiting[kCounts];
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t blocks = sha1_blocks(messages[i].size);
    if (blocks > kCounts) {
      sha1_words_portable(messages + i, 1, out + i);
      continue;
    }
    Waiting& w = waiting[blocks - 1];
    w.lanes[w.count] = messages + i;
    w.slots[w.count] = static_cast<std::uint32_t>(i);
    if (++w.count == kLanes) w.flush(blocks, out);
  }
  for (std::uint64_t b = 0; b < kCounts; ++b) waiting[b].flush(b + 1, out);
}

}  // namespace ophost::dedup
#endif
