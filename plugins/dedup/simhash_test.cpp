// Tests of simhash: signatures by hand, and the search for near signatures against all pairs. The
// recorded signatures are compared in parity_test.cpp.
#include "plugins/dedup/simhash.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>

namespace ophost::dedup {
namespace {

using Pairs = std::set<std::pair<std::size_t, std::size_t>>;

Pairs found(const std::vector<std::uint64_t>& signatures, unsigned distance) {
  Pairs out;
  near_pairs(signatures.data(), signatures.size(), distance, [&](std::size_t i, std::size_t j) {
    out.insert({i, j});
  });
  return out;
}

TEST(NearPairs, AreAllPairsWithinTheDistance) {
  std::mt19937_64 random(5);
  for (const unsigned distance : {0u, 1u, 4u, 7u, 12u, 63u}) {
    std::vector<std::uint64_t> s;
    for (int i = 0; i < 300; ++i) {
      s.push_back(i % 3 == 0 || s.empty() ? random() : s[random() % s.size()]);
      for (unsigned flips = random() % 14; flips > 0; --flips)
        s.back() ^= std::uint64_t{1} << (random() % 64);
    }
    Pairs want;
    for (std::size_t i = 0; i < s.size(); ++i) {
      for (std::size_t j = i + 1; j < s.size(); ++j) {
        if (std::popcount(s[i] ^ s[j]) <= static_cast<int>(distance)) want.insert({i, j});
      }
    }
    EXPECT_EQ(found(s, distance), want) << distance;
  }
  EXPECT_TRUE(found({}, 4).empty());
}

TEST(NearPairs, StopsWhenAsked) {
  const std::vector<std::uint64_t> same(100, 7);
  int links = 0;
  near_pairs(
      same.data(), same.size(), 4, [&](std::size_t, std::size_t) { ++links; }, [] { return true; });
  EXPECT_EQ(links, 0);
}

TEST(SimHash, TakesTheBitsThatMostShinglesHave) {
  ShingleOptions words;
  words.window = 1;
  SimHash simhash(words);
  const std::uint64_t a = 0x0cc175b9c0f1b6a8, b = 0x92eb5ffee6ae2fec;  // of their MD5
  EXPECT_EQ(simhash.sign("a"), a);
  EXPECT_EQ(simhash.sign("a b"), a & b);  // a tie is no majority
  EXPECT_EQ(simhash.sign("a b a"), a);    // duplicates count
  EXPECT_EQ(simhash.sign(""), 0u);
}

}  // namespace
}  // namespace ophost::dedup
