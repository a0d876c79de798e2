// sha1.hpp: the first four bytes of the SHA-1 of many short messages, by the fastest way this CPU
// has. Owner: plugins/dedup. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ophost::dedup {

struct Message {
  const std::uint8_t* data;
  std::uint64_t size;  // bytes
};

// out[i] = the first four digest bytes of messages[i], read as a little-endian number.
using Sha1Function = void (*)(const Message* messages, std::size_t count, std::uint32_t* out);

void sha1_words_portable(const Message* messages, std::size_t count, std::uint32_t* out);
// Only on x86-64 with SHA, SSSE3 and SSE4.1: two messages interleaved.
void sha1_words_shani(const Message* messages, std::size_t count, std::uint32_t* out);
// Only on x86-64 with AVX-512 F and BW: sixteen messages, one per lane. Reads nothing beyond a
// message.
void sha1_words_avx512(const Message* messages, std::size_t count, std::uint32_t* out);

// The one to use here.
Sha1Function choose_sha1();

// Blocks of 64 bytes that a message of this size fills, with its padding.
inline std::uint64_t sha1_blocks(std::uint64_t size) {
  return (size + 9 + 63) / 64;
}

}  // namespace ophost::dedup
