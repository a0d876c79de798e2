// permutations.cpp: the pairs, the exact signature, and the grouping for the SIMD kernels.
// Owner: plugins/dedup. Any thread.
#include "plugins/dedup/permutations.hpp"

#include <algorithm>
#include <random>

namespace ophost::dedup {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

std::uint32_t permuted(std::uint32_t h, const Pair& p) {
  return static_cast<std::uint32_t>((h * p.a + p.b) % kPrime);
}

std::uint32_t minimum(const std::uint32_t* hashes, std::size_t count, const Pair& p) {
  std::uint32_t low = ~std::uint32_t{0};
  for (std::size_t i = 0; i < count; ++i) low = std::min(low, permuted(hashes[i], p));
  return low;
}

}  // namespace

std::vector<Pair> permutation_pairs(std::size_t count) {
  std::mt19937 generator(42);
  // An integer in [0, most], by masked rejection; the first output is the high half.
  const auto draw = [&generator](std::uint64_t most) {
    while (true) {
      const std::uint64_t high = generator();
      const std::uint64_t v = (high << 32 | generator()) & kPrime;
      if (v <= most) return v;
    }
  };
  std::vector<Pair> pairs(count);
  for (Pair& p : pairs) {
    p.a = 1 + draw(kPrime - 2);
    p.b = draw(kPrime - 1);
  }
  return pairs;
}

Permutations::Way Permutations::best_way() {
#if defined __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return Way::kAvx512;
  if (__builtin_cpu_supports("avx2")) return Way::kAvx2;
#endif
  return Way::kPortable;
}

Permutations::Permutations(std::size_t count, Way way) : pairs_(permutation_pairs(count)) {
  // Both kernels put the low dwords of even and odd together with vshufps, 128 bits at a time: lane
  // L of the result is even[2L], even[2L+1], odd[2L], odd[2L+1].
  for (unsigned lane = 0; lane < 4; ++lane) {
    for (unsigned k = 0; k < 2; ++k) {
      slot_[2 * lane + k] = static_cast<std::uint8_t>(4 * lane + k);
      slot_[8 + 2 * lane + k] = static_cast<std::uint8_t>(4 * lane + 2 + k);
    }
  }
#if defined __x86_64__
  if (way == Way::kAvx512) kernel_ = &group_minima_avx512;
  if (way == Way::kAvx2) kernel_ = &group_minima_avx2;
#else
  static_cast<void>(way);
#endif
  if (kernel_ == nullptr) return;
  groups_.resize((count + 15) / 16);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t i = 0; i < 16; ++i) {
      const std::size_t p = g * 16 + i;
      const Pair& pair = pairs_[p < count ? p : g * 16];
      PermutationGroup& group = groups_[g];
      (i < 8 ? group.a_even : group.a_odd)[i & 7] = pair.a & 0xFFFFFFFF;
      (i < 8 ? group.b_even : group.b_odd)[i & 7] = pair.b;
      group.a_high[slot_[i]] = static_cast<std::uint32_t>(pair.a >> 32);
    }
  }
}

void Permutations::sign(const std::uint32_t* hashes, std::size_t count,
                        std::uint32_t* signature) const {
  if (count == 0) {
    std::fill_n(signature, pairs_.size(), ~std::uint32_t{0});
    return;
  }
  for (std::size_t from = 0; from < pairs_.size(); from += 16) {
    const std::size_t n = std::min<std::size_t>(16, pairs_.size() - from);
    alignas(64) std::uint32_t minima[16];
    if (kernel_ != nullptr && kernel_(groups_[from / 16], hashes, count, minima)) {
      for (std::size_t i = 0; i < n; ++i) signature[from + i] = minima[slot_[i]];
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        signature[from + i] = minimum(hashes, count, pairs_[from + i]);
      }
    }
  }
}

}  // namespace ophost::dedup
