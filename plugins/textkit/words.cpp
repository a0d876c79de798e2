// Finding words by bit masks over the lowered text. See words.hpp.
#include "plugins/textkit/words.hpp"

#include <limits>
#include <stdexcept>

#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {

void Words::pack(std::string& out) const {
  const std::uint64_t count = size_;
  out.append(reinterpret_cast<const char*>(&count), sizeof count);
  out.append(places_, size_ * sizeof(Place));
  const std::string_view last = size_ == 0 ? std::string_view() : (*this)[size_ - 1];
  out.append(text_, size_ == 0 ? 0 : static_cast<std::size_t>(last.data() + last.size() - text_));
}

Words Words::unpack(std::string_view packed) {
  std::uint64_t count = 0;
  std::memcpy(&count, packed.data(), sizeof count);
  const char* places = packed.data() + sizeof count;
  return {places + count * sizeof(Place), reinterpret_cast<const Place*>(places), static_cast<std::size_t>(count)};
}

Words WordScanner::scan(std::string_view text) {
  // Lowering the whole text equals lowering each word: separators end the context of a final sigma.
  char* const begin = lowered_.reserve(lower_capacity(text.size()));
  const auto size = static_cast<std::size_t>(lower_to(text, begin) - begin);
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a text of more than 4 GiB cannot be cut into words");
  }
  const std::size_t blocks = (size + 63) / 64;
  std::uint64_t* const separators = separators_.reserve(blocks + 1);
  std::uint64_t* const letters = letters_.reserve(blocks + 1);
  word_masks({begin, size}, separators, letters);
  separators[blocks] = ~std::uint64_t{0};
  letters[blocks] = 0;
  Words::Place* const words = words_.reserve(size / 2 + 1);
  std::size_t count = 0;
  std::size_t block = 0;
  std::uint64_t rest = letters[0];  // letters not yet in a word
  while (true) {
    while (rest == 0 && block < blocks) rest = letters[++block];
    if (block >= blocks) break;
    const std::size_t first = block * 64 + static_cast<std::size_t>(__builtin_ctzll(rest));
    // The word ends with the last letter before the next separator, perhaps some blocks on.
    std::size_t last_block = block;
    std::uint64_t last_letters = rest;
    std::uint64_t stops = separators[block] & (~std::uint64_t{0} << (first & 63));
    std::uint64_t before =
        (stops & -stops) - 1;  // the bits in front of the separator, all without one
    while (stops == 0) {
      stops = separators[++block];
      before = (stops & -stops) - 1;
      if ((letters[block] & before) == 0) continue;
      last_block = block;
      last_letters = letters[block];
    }
    if (last_block == block) last_letters &= before;
    const std::size_t last =
        last_block * 64 + 63 - static_cast<std::size_t>(__builtin_clzll(last_letters));
    words[count++] = {static_cast<std::uint32_t>(first),
                      static_cast<std::uint32_t>(last + char_bytes(begin[last]) - first)};
    rest = letters[block] & ~before;
  }
  return {begin, words, count};
}

}  // namespace ophost::textkit
