// sha1_avx512.cpp: SHA-1 of sixteen messages at once, one per 32-bit lane. Masked loads pad the
// messages in registers, so nothing is copied and nothing beyond a message is read. Owner:
// plugins/dedup. Any thread; call only where choose_sha1 would.
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
  const __m512i bytes = _mm512_maskz_loadu_epi8((std::uint64_t{1} << rest) - 1, m.data + from);
  return _mm512_mask_mov_epi8(bytes, std::uint64_t{1} << rest, _mm512_set1_epi8(-128));
}

struct State {
  __m512i h0, h1, h2, h3, h4;
};

inline State start() {
  return {_mm512_set1_epi32(0x67452301), _mm512_set1_epi32(static_cast<int>(0xEFCDAB89)),
          _mm512_set1_epi32(static_cast<int>(0x98BADCFE)), _mm512_set1_epi32(0x10325476),
          _mm512_set1_epi32(static_cast<int>(0xC3D2E1F0))};
}

inline __m512i byte_swap(__m512i v) {
  const __m512i order =
      _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  return _mm512_shuffle_epi8(v, order);
}

// w[t] = word t of all lanes.
inline void compress(State& s, __m512i* w) {
  __m512i a = s.h0, b = s.h1, c = s.h2, d = s.h3, e = s.h4;
#define OPHOST_SHA1_ROUND(t, imm, k)                                                               \
  {                                                                                                \
    if ((t) >= 16) {                                                                               \
      w[(t)&15] = _mm512_rol_epi32(                                                                \
          _mm512_xor_si512(                                                                        \
              _mm512_ternarylogic_epi32(w[((t)-3) & 15], w[((t)-8) & 15], w[((t)-14) & 15], 0x96), \
              w[(t)&15]),                                                                          \
          1);                                                                                      \
    }                                                                                              \
    const __m512i f = _mm512_ternarylogic_epi32(b, c, d, imm);                                     \
    const __m512i kw = _mm512_add_epi32(w[(t)&15], _mm512_set1_epi32(static_cast<int>(k)));        \
    const __m512i next =                                                                           \
        _mm512_add_epi32(_mm512_add_epi32(_mm512_rol_epi32(a, 5), f), _mm512_add_epi32(e, kw));    \
    e = d;                                                                                         \
    d = c;                                                                                         \
    c = _mm512_rol_epi32(b, 30);                                                                   \
    b = a;                                                                                         \
    a = next;                                                                                      \
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
  s = {_mm512_add_epi32(s.h0, a), _mm512_add_epi32(s.h1, b), _mm512_add_epi32(s.h2, c),
       _mm512_add_epi32(s.h3, d), _mm512_add_epi32(s.h4, e)};
}

}  // namespace

// Every lane works on a message of its own and takes the next one when it has finished.
void sha1_words_avx512(const Message* messages, std::size_t count, std::uint32_t* out) {
  static const Message kIdle = {nullptr, 0};
  const Message* lanes[kLanes];
  std::uint64_t block[kLanes],
      left[kLanes];  // next block; blocks to go, 0 in a lane without a message
  std::size_t slot[kLanes], next = 0;
  int working = 0;
  const auto take = [&](int i) {
    block[i] = 0;
    if (next == count) {
      lanes[i] = &kIdle;
      left[i] = 0;
      return;
    }
    lanes[i] = messages + next;
    left[i] = sha1_blocks(messages[next].size);
    slot[i] = next++;
    ++working;
  };
  for (int i = 0; i < kLanes; ++i) take(i);
  State state = start();
  while (working != 0) {
    __m512i w[16];
    alignas(64) std::uint32_t high[kLanes], low[kLanes], words[kLanes];
    __mmask16 last = 0;
    for (int i = 0; i < kLanes; ++i) {
      w[i] = load_block(*lanes[i], block[i]++);
      high[i] = static_cast<std::uint32_t>(lanes[i]->size >> 29);
      low[i] = static_cast<std::uint32_t>(lanes[i]->size << 3);
      last = static_cast<__mmask16>(last | (left[i] == 1) << i);
    }
    transpose(w);
    for (int t = 0; t < 16; ++t) w[t] = byte_swap(w[t]);
    w[14] = _mm512_mask_mov_epi32(w[14], last, _mm512_load_si512(high));
    w[15] = _mm512_mask_mov_epi32(w[15], last, _mm512_load_si512(low));
    compress(state, w);
    _mm512_store_si512(words, byte_swap(state.h0));
    const State fresh = start();
    state = {_mm512_mask_mov_epi32(state.h0, last, fresh.h0),
             _mm512_mask_mov_epi32(state.h1, last, fresh.h1),
             _mm512_mask_mov_epi32(state.h2, last, fresh.h2),
             _mm512_mask_mov_epi32(state.h3, last, fresh.h3),
             _mm512_mask_mov_epi32(state.h4, last, fresh.h4)};
    for (int i = 0; i < kLanes; ++i) {
      if (left[i] == 0) continue;
      if (--left[i] != 0) continue;
      out[slot[i]] = words[i];
      --working;
      take(i);
    }
  }
}

}  // namespace ophost::dedup
#endif
