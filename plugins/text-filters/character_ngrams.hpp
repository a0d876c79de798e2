// The repetition ratio of a text's character n-grams.
// Owner: plugins/text-filters. One object per operator instance, one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugins/text-filters/repetition_table.hpp"
#include "plugins/textkit/scratch.hpp"

namespace ophost::textkit {

class CharacterNgrams {
 public:
  CharacterNgrams();

  // Over all overlapping n-grams of `length` characters, of which `distinct` differ and `repeated`
  // occur more than once: the sum of the min(floor(sqrt(distinct)), repeated) largest counts by the
  // number of n-grams; 0 for a text without n-grams. Throws std::length_error beyond 4 G
  // characters.
  double repetition_ratio(std::string_view text, std::size_t length);

 private:
  bool to_bytes(std::string_view text);
  void forget_ids();
  template <typename Unit>
  std::size_t to_units(std::string_view text, Scratch<Unit>& units);
  template <typename Unit>
  double ratio(const Unit* units, std::size_t count, std::size_t length);

  RepetitionTable table_;
  Scratch<std::uint8_t> bytes_;
  Scratch<std::uint16_t> pairs_;
  Scratch<char32_t> chars_;
  Scratch<std::uint8_t> ids_;    // byte that stands for a character below U+10000, 0 = none yet
  std::uint16_t assigned_[128];  // characters with an id, to forget them again
  std::size_t assigned_count_ = 0;
  std::size_t byte_count_ = 0;
};

}  // namespace ophost::textkit
