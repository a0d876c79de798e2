// ftfy_tables.hpp: ftfy's constants in the shapes the code reads. Owner: plugins/unicode. Constant,
// any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace ophost::unicode::tables {

struct ClassSet {
  std::uint64_t low, high;
  constexpr bool has(unsigned cls) const {
    return (cls < 64 ? low >> cls : high >> (cls - 64)) & 1;
  }
};
struct BadSequence {
  ClassSet sets[7];
  int size;
  bool at_start;
};
struct Detected {
  char32_t c;
  std::uint8_t bits;
};
struct Encoding {
  const char* name;
  bool sloppy;
  char32_t high[128];  // of bytes 0x80 to 0xFF
};
struct Mapped {
  char32_t c;
  char32_t to[3];  // 0 = no more
};
struct Entity {
  std::string_view name;  // between & and ;
  std::string_view text;
};
struct Reference {
  std::int32_t number, to;
};

#include "plugins/unicode/ftfy_data.inc"

template <class T, std::size_t N>
const T* find(const T (&table)[N], char32_t c) {
  const T* at = std::lower_bound(std::begin(table), std::end(table), c,
                                 [](const T& entry, char32_t key) { return entry.c < key; });
  return at != std::end(table) && at->c == c ? at : nullptr;
}

// Class of the fast scan: 0 nothing to see, 1 needs work, else a row and column of kPairs.
inline unsigned fast_class(char32_t c) {
  return kClassBlocks[(std::size_t{kClassIndex[c >> 7]} << 7) | (c & 127)];
}

// Class in the sets of the badness expression; 0 for all characters that none of them names.
inline unsigned exact_class(char32_t c) {
  if ((c >> 7) >= std::size(kExactIndex)) return 0;
  return kExactBlocks[(std::size_t{kExactIndex[c >> 7]} << 7) | (c & 127)];
}

}  // namespace ophost::unicode::tables
