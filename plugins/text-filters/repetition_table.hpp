// Counts equal n-grams exactly: a flat table of first positions by hash, every hit confirmed by
// comparing the n-grams themselves. Where an n-gram repeats an earlier one, the next one is first
// tried against that one's successor: inside a repeated passage only the last element is compared
// and nothing is looked up. Owner: plugins/text-filters. One object per operator instance, one
// thread at a time; its memory is reused from record to record.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

#include "plugins/textkit/scratch.hpp"

namespace ophost::textkit {

class RepetitionTable {
 public:
  // Counts the n-grams 0 .. total-1.
  //   grams.hash(i): the 64-bit hash of n-gram i, asked for in ascending order; its high
  //   bits count. grams.equal(i, j): whether two n-grams are equal. grams.extends(i, j): the same,
  //   when n-grams i-1 and j-1 are known to be equal.
  // Throws std::length_error beyond 2^32 - 2 n-grams.
  template <typename Grams>
  void count(std::size_t total, Grams grams) {
    if (total >= std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("more than 4,294,967,294 n-grams in one record");
    }
    total_ = total;
    if (total > kSliceGrams) {
      count_in_slices(grams);
      return;
    }
    // Narrow positions keep the table of a usual record in a near cache.
    total < 0xffff ? count_in(narrow_, grams) : count_in(wide_, grams);
  }

  std::size_t total() const { return total_; }
  std::size_t distinct() const { return distinct_; }
  std::size_t repeated() const { return repeated_; }  // distinct n-grams seen twice or more
  std::size_t singles() const { return distinct_ - repeated_; }

  // The sum of the `k` largest counts, k <= repeated(). Once per count().
  std::size_t sum_of_largest(std::size_t k) {
    std::array<std::uint32_t, 256> small{};
    std::size_t large = 0;
    std::uint32_t* const list = repeats_.data();  // becomes the list of the counts of 256 and more
    for (std::size_t i = 0; i < repeated_; ++i) {
      const std::uint32_t c = list[i];
      list[large] = c;
      large += c >= small.size();
      small[c < small.size() ? c : 0] += 1;
    }
    if (k < large) std::nth_element(list, list + k, list + large, std::greater<>());
    std::size_t sum = 0;
    std::size_t left = k;
    for (std::size_t i = 0; i < large && left != 0; ++i, --left) sum += list[i];
    for (std::size_t c = small.size() - 1; left != 0; --c) {
      const std::size_t n = std::min<std::size_t>(left, small[c]);
      sum += n * c;
      left -= n;
    }
    return sum;
  }

 private:
  // For every n-gram; Number is as wide as positions need.
  template <typename Number>
  struct Entry {
    Number first;  // the first n-gram equal to this one
    Number count;  // of a first n-gram: how many are equal to it, itself included
  };
  template <typename Number>
  struct Tables {
    Scratch<Number> slots;  // a position plus one, 0 = free
    Scratch<Entry<Number>> entries;
  };

  // A huge record is counted slice by slice of the hash values, so that the tables stay a few
  // megabytes whatever its size; hashing again for every slice is the price.
  static constexpr std::size_t kSliceGrams = std::size_t{1} << 20;

  template <typename Grams>
  void count_in_slices(const Grams& grams) {
    const std::size_t slices = std::bit_ceil(total_ / kSliceGrams + 1);
    const std::size_t size = 4 * kSliceGrams;
    const int shift = 64 - std::countr_zero(size);
    std::uint32_t* slots = wide_.slots.reserve(size);
    auto* const entries = wide_.entries.reserve(size);  // here: by slot; `first` is not used
    repeated_ = 0;
    distinct_ = 0;
    std::vector<std::uint32_t> counts;
    for (std::size_t slice = 0; slice < slices; ++slice) {
      std::memset(slots, 0, size * sizeof *slots);
      Grams turn = grams;
      std::size_t used = 0;
      for (std::size_t i = 0; i < total_; ++i) {
        const std::uint64_t hash = turn.hash(i);
        if ((hash & (slices - 1)) != slice) continue;  // low bits; the table takes the high ones
        std::size_t at = hash >> shift;
        while (slots[at] != 0 && !turn.equal(slots[at] - std::size_t{1}, i)) {
          at = (at + 1) & (size - 1);
        }
        if (slots[at] != 0) {
          ++entries[at].count;
          continue;
        }
        if (++used == size) throw std::length_error("the n-grams of one record collide too often");
        slots[at] = static_cast<std::uint32_t>(i + 1);
        entries[at].count = 1;
      }
      distinct_ += used;
      for (std::size_t at = 0; at < size; ++at) {
        if (slots[at] != 0 && entries[at].count > 1) counts.push_back(entries[at].count);
      }
    }
    repeated_ = counts.size();
    std::copy(counts.begin(), counts.end(), repeats_.reserve(counts.size() + 1));
  }

  template <typename Number, typename Grams>
  void count_in(Tables<Number>& tables, Grams& grams) {
    const std::size_t total = total_;
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(total * 2, 4));
    const int shift = 64 - std::countr_zero(size);
    Number* const slots = tables.slots.reserve(size);
    std::memset(slots, 0, size * sizeof(Number));
    Entry<Number>* const entries = tables.entries.reserve(total);
    std::uint32_t* const repeats = repeats_.reserve(total + 1);  // first positions at first
    std::size_t repeated = 0;
    std::size_t distinct = 0;
    std::size_t source = total;  // the n-gram that n-gram i-1 is equal to; total = none
    std::array<std::uint32_t, kBlock> at_of;
    for (std::size_t begin = 0; begin < total; begin += kBlock) {
      // Hashing a block ahead takes the hash and the first touch of the slot out of what a
      // mispredicted branch below has to wait for.
      const std::size_t block = std::min(kBlock, total - begin);
      for (std::size_t k = 0; k < block; ++k) {
        at_of[k] = static_cast<std::uint32_t>(grams.hash(begin + k) >> shift);
        __builtin_prefetch(&slots[at_of[k]], 1);
      }
      for (std::size_t k = 0; k < block; ++k) {
        const std::size_t i = begin + k;
        if (source != total && grams.extends(source + 1, i)) {
          ++source;
        } else {
          std::size_t at = at_of[k];
          while (slots[at] != 0 && !grams.equal(slots[at] - std::size_t{1}, i)) {
            at = (at + 1) & (size - 1);
          }
          if (slots[at] == 0) {
            slots[at] = static_cast<Number>(i + 1);
            entries[i] = {static_cast<Number>(i), 1};
            ++distinct;
            source = total;
            continue;
          }
          source = slots[at] - std::size_t{1};
        }
        const Number first = entries[source].first;
        entries[i].first = first;
        repeats[repeated] = first;
        repeated += ++entries[first].count == 2;
      }
    }
    for (std::size_t k = 0; k < repeated; ++k) repeats[k] = entries[repeats[k]].count;
    repeated_ = repeated;
    distinct_ = distinct;
  }

  static constexpr std::size_t kBlock = 64;

  Tables<std::uint16_t> narrow_;
  Tables<std::uint32_t> wide_;
  Scratch<std::uint32_t> repeats_;  // counts of the n-grams seen twice or more
  std::size_t total_ = 0;
  std::size_t distinct_ = 0;
  std::size_t repeated_ = 0;
};

}  // namespace ophost::textkit
