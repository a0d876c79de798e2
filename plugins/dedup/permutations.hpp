// permutations.hpp: MinHash signatures: the permutations, and the minimum of each over a document.
// Owner: plugins/dedup. A Permutations object is constant after construction: any thread.
//
// A hash h of 32 bits goes to ((h*a + b) mod 2^64) mod (2^61-1), of which the low 32 bits count.
// The pairs (a, b) come from MT19937 with seed 42, drawn as numpy's RandomState draws 64-bit
// integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ophost::dedup {

// The first `count` pairs (a, b), a in [1, 2^61-2], b in [0, 2^61-2].
struct Pair {
  std::uint64_t a, b;
};
std::vector<Pair> permutation_pairs(std::size_t count);

// The pairs as the kernels read them: groups of 16, the last one filled up with its first pair. In
// a group the values of a 64-bit half stand in the order 0..7 ("even") and 8..15 ("odd") of
// `order`.
struct PermutationGroup {
  alignas(64) std::uint64_t a_even[8];  // low 32 bits of a
  alignas(64) std::uint64_t a_odd[8];
  alignas(64) std::uint64_t b_even[8];
  alignas(64) std::uint64_t b_odd[8];
  alignas(64) std::uint32_t a_high[16];  // high 32 bits of a, in the order of the minima
};

// Minima of one group over `count` hashes, count >= 1; `minima` in the group's own order. False
// when a value came so near to 2^61-1 that the short reduction may be wrong (one text in
// thousands).
using GroupFunction = bool (*)(const PermutationGroup&, const std::uint32_t* hashes,
                               std::size_t count, std::uint32_t* minima);
bool group_minima_avx512(const PermutationGroup&, const std::uint32_t*, std::size_t,
                         std::uint32_t*);
bool group_minima_avx2(const PermutationGroup&, const std::uint32_t*, std::size_t, std::uint32_t*);

class Permutations {
 public:
  enum class Way { kPortable, kAvx2, kAvx512 };
  static Way best_way();

  explicit Permutations(std::size_t count, Way way = best_way());

  std::size_t size() const { return pairs_.size(); }

  // signature[p] = minimum over the hashes; 0xFFFFFFFF everywhere when there are none. The order of
  // the hashes, and duplicates, make no difference. signature: size() values.
  void sign(const std::uint32_t* hashes, std::size_t count, std::uint32_t* signature) const;

 private:
  std::vector<Pair> pairs_;
  std::vector<PermutationGroup> groups_;
  GroupFunction kernel_ = nullptr;
  std::uint8_t slot_[16];  // place in the group's minima of the group's i-th pair
};

}  // namespace ophost::dedup
