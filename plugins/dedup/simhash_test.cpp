// Tests of simhash: the signatures in the recorded cases of document_simhash_deduplicator, and the
// search for near signatures against all pairs.
#include "plugins/dedup/simhash.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <bit>
#include <fstream>
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

TEST(SimHash, RecordedSignatures) {
  std::ifstream in(OPHOST_SOURCE_DIR "/tests/parity/ops/document_simhash_deduplicator.jsonl");
  ASSERT_TRUE(in.good());
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    rapidjson::Document c;
    c.Parse(line.data(), line.size());
    ASSERT_FALSE(c.HasParseError());
    if (c.HasMember("error") || c.HasMember("fatal")) continue;
    SCOPED_TRACE(c["case"].GetString());
    ++count;
    const auto& p = c["params"];
    ShingleOptions options;
    options.window = p.HasMember("window_size") ? p["window_size"].GetUint64() : 6;
    options.lowercase = !p.HasMember("lowercase") || p["lowercase"].GetBool();
    if (p.HasMember("ignore_pattern")) options.ignore_pattern = p["ignore_pattern"].GetString();
    const std::string tokenization =
        p.HasMember("tokenization") ? p["tokenization"].GetString() : "space";
    options.tokenization = tokenization == "character"     ? Tokenization::kCharacter
                           : tokenization == "punctuation" ? Tokenization::kPunctuation
                                                           : Tokenization::kSpace;
    SimHash simhash(options);
    std::vector<std::uint64_t> signatures;
    for (const auto& r : c["input"].GetArray()) {
      const auto& t = r["text"];
      signatures.push_back(simhash.sign({t.GetString(), t.GetStringLength()}));
    }
    if (c.HasMember("hashes") && c["hashes"].IsArray()) {
      for (rapidjson::SizeType i = 0; i < c["hashes"].Size(); ++i) {
        if (!c["hashes"][i].IsString()) continue;
        EXPECT_EQ(std::to_string(signatures[i]), c["hashes"][i].GetString());
      }
    }
  }
  EXPECT_EQ(count, 22);
}

}  // namespace
}  // namespace ophost::dedup
