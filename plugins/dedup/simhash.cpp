// simhash.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/simhash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "plugins/dedup/md5.hpp"

namespace ophost::dedup {
namespace {

// 64 counters, one per bit, kept bit-sliced: plane k holds bit k of all of them.
class BitCounters {
 public:
  void add(std::uint64_t bits) {
    for (std::uint64_t& plane : planes_) {
      const std::uint64_t carry = plane & bits;
      plane ^= bits;
      if ((bits = carry) == 0) return;
    }
  }
  std::uint64_t count(unsigned bit) const {
    std::uint64_t n = 0;
    for (unsigned k = 0; k < planes_.size(); ++k) n |= (planes_[k] >> bit & 1) << k;
    return n;
  }

 private:
  std::array<std::uint64_t, 48> planes_{};
};

// Bits of block b when 64 bits are cut into `blocks` parts as equal as can be.
std::uint64_t block_mask(unsigned b, unsigned blocks) {
  const unsigned from = 64 * b / blocks, to = 64 * (b + 1) / blocks;
  const std::uint64_t upper = to == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to) - 1;
  return upper & ~((std::uint64_t{1} << from) - 1);
}

double choose(unsigned n, unsigned k) {
  double c = 1;
  for (unsigned i = 1; i <= k; ++i) c = c * (n - k + i) / i;
  return c;
}

// Of `blocks` blocks at most `distance` differ, so blocks - distance are equal. Few blocks give
// large buckets to compare, many blocks give many ways to choose the equal ones: the cheapest
// number for so many signatures.
unsigned cheapest_blocks(std::size_t count, unsigned distance) {
  unsigned best = distance + 1;
  double least = INFINITY;
  const auto n = static_cast<double>(count);
  for (unsigned blocks = distance + 1; blocks <= std::min(64u, distance + 5); ++blocks) {
    const double equal_bits = std::floor(64.0 / blocks) * (blocks - distance);
    const double cost =
        choose(blocks, distance) * n * (n * std::exp2(-equal_bits) + 4 * std::log2(n + 2));
    if (cost < least) {
      least = cost;
      best = blocks;
    }
  }
  return best;
}

struct Entry {
  std::uint64_t signature;
  std::size_t index;
};

}  // namespace

std::uint64_t SimHash::sign(std::string_view text) {
  shingler_.read(text);
  const std::size_t n = shingler_.size();
  BitCounters counters;
  for (std::size_t i = 0; i < n; ++i) counters.add(md5(shingler_[i]).word(0));
  std::uint64_t signature = 0;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (2 * counters.count(bit) > n) signature |= std::uint64_t{1} << bit;
  }
  return signature;
}

void near_pairs(const std::uint64_t* signatures, std::size_t count, unsigned distance,
                const std::function<void(std::size_t, std::size_t)>& link,
                const std::function<bool()>& stop) {
  std::vector<Entry> entries(count);
  for (std::size_t i = 0; i < count; ++i) entries[i] = {signatures[i], i};
  const unsigned blocks = cheapest_blocks(count, distance);
  // Every choice of blocks - distance blocks in turn, as a permutation of flags.
  std::vector<bool> equal(blocks, false);
  std::fill(equal.begin() + distance, equal.end(), true);
  do {
    std::uint64_t mask = 0;
    for (unsigned b = 0; b < blocks; ++b) {
      if (equal[b]) mask |= block_mask(b, blocks);
    }
    std::sort(entries.begin(), entries.end(), [mask](const Entry& a, const Entry& b) {
      return (a.signature & mask) < (b.signature & mask);
    });
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      if (stop && stop()) return;
      const std::uint64_t key = entries[begin].signature & mask;
      while (end < count && (entries[end].signature & mask) == key) ++end;
      for (std::size_t i = begin; i < end; ++i) {
        for (std::size_t j = i + 1; j < end; ++j) {
          const int bits = std::popcount(entries[i].signature ^ entries[j].signature);
          if (static_cast<unsigned>(bits) > distance) continue;
          const auto [low, high] = std::minmax(entries[i].index, entries[j].index);
          link(low, high);
        }
      }
    }
  } while (std::next_permutation(equal.begin(), equal.end()));
}

}  // namespace ophost::dedup
