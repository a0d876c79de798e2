// Tests of the pieces of MinHash: pairs, signatures by every way, bands and rows, shingles, stored
// hashes.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "ophost/testing.hpp"
#include "plugins/dedup/bands.hpp"
#include "plugins/dedup/md5.hpp"
#include "plugins/dedup/permutations.hpp"
#include "plugins/dedup/shingles.hpp"

namespace ophost::dedup {
namespace {

rapidjson::Document recorded() {
  std::ifstream in(OPHOST_SOURCE_DIR "/plugins/dedup/data/minhash.json");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  rapidjson::Document d;
  d.Parse(text.data(), text.size());
  EXPECT_FALSE(d.HasParseError());
  return d;
}

TEST(Permutations, PairsAreThoseOfSeed42) {
  const auto d = recorded();
  const auto pairs = permutation_pairs(512);
  ASSERT_EQ(d["pairs"].Size(), 512u);
  for (rapidjson::SizeType i = 0; i < 512; ++i) {
    EXPECT_EQ(pairs[i].a, d["pairs"][i][0].GetUint64());
    EXPECT_EQ(pairs[i].b, d["pairs"][i][1].GetUint64());
  }
}

TEST(Permutations, EveryWayGivesTheSameSignature) {
  std::mt19937 random(3);
  for (const std::size_t n : {1, 15, 16, 17, 256}) {
    for (const std::size_t count : {0, 1, 2, 1000}) {
      std::vector<std::uint32_t> hashes(count);
      for (auto& h : hashes) h = random();
      std::vector<std::uint32_t> want(n), got(n);
      Permutations(n, Permutations::Way::kPortable).sign(hashes.data(), count, want.data());
      for (const auto way : {Permutations::Way::kAvx2, Permutations::Way::kAvx512}) {
        if (way > Permutations::best_way()) continue;
        Permutations(n, way).sign(hashes.data(), count, got.data());
        EXPECT_EQ(got, want) << n << " permutations, " << count << " hashes";
      }
    }
  }
}

#if defined __x86_64__
// A value whose bits 32 to 60 are all ones is the one the short reduction may get wrong: it must
// say so.
TEST(Permutations, KernelsNoticeTheEdgeOfTheModulus) {
  const auto best = Permutations::best_way();
  for (const auto kernel : {&group_minima_avx2, &group_minima_avx512}) {
    if (kernel == &group_minima_avx512 && best != Permutations::Way::kAvx512) continue;
    if (best == Permutations::Way::kPortable) continue;
    PermutationGroup group = {};
    const std::uint32_t hash = 5;
    std::uint32_t minima[16];
    EXPECT_TRUE(kernel(group, &hash, 1, minima));
    group.b_odd[7] = (std::uint64_t{1} << 61) - 1;
    EXPECT_FALSE(kernel(group, &hash, 1, minima));
    group.b_odd[7] = (std::uint64_t{0x1FFFFFFF} << 32) - 1;
    EXPECT_TRUE(kernel(group, &hash, 1, minima));
  }
}
#endif

TEST(Bands, AllRecordedChoices) {
  const auto d = recorded();
  for (const auto& [name, value] : d["bands_rows"].GetObject()) {
    const std::string key = name.GetString();
    const std::size_t slash = key.find('/');
    const Bands b = optimal_bands(std::strtod(key.c_str() + slash + 1, nullptr),
                                  std::stoul(key.substr(0, slash)));
    EXPECT_EQ(b.bands, value[0].GetUint64()) << key;
    EXPECT_EQ(b.rows, value[1].GetUint64()) << key;
  }
}

std::vector<std::string> shingles(std::string_view text, Tokenization tokenization,
                                  std::size_t window, const char* ignore = "") {
  Shingler s({tokenization, window, true, ignore, {}});
  s.read("something before");
  s.read(text);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < s.size(); ++i) out.emplace_back(s[i]);
  return out;
}
using Strings = std::vector<std::string>;

TEST(Shingles, WordsBetweenSpacesOnly) {
  EXPECT_EQ(shingles("A b\tC d", Tokenization::kSpace, 2), (Strings{"a b\tc", "b\tc d"}));
  EXPECT_EQ(shingles("  a   b c  ", Tokenization::kSpace, 2), (Strings{"a b", "b c"}));
  EXPECT_EQ(shingles("a b", Tokenization::kSpace, 3), Strings{});
  EXPECT_EQ(shingles("", Tokenization::kSpace, 1), Strings{});
  EXPECT_EQ(shingles("a 1 b", Tokenization::kSpace, 1, "\\d"), (Strings{"a", "b"}));
}

TEST(Shingles, PiecesBetweenPunctuationEvenEmpty) {
  EXPECT_EQ(shingles("a,b。。c", Tokenization::kPunctuation, 2), (Strings{"a b", "b ", " c"}));
  EXPECT_EQ(shingles("", Tokenization::kPunctuation, 1), Strings{""});
}

TEST(Shingles, CodePoints) {
  EXPECT_EQ(shingles("日Éb", Tokenization::kCharacter, 2), (Strings{"日é", "éb"}));
}

TEST(Md5, KnownDigests) {
  EXPECT_EQ(md5("").hex(), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("message digest").hex(), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(
      md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890").hex(),
      "57edf4a22be3c955ac49da2e2107b67a");
  EXPECT_EQ(md5("a").word(0), 0x0cc175b9c0f1b6a8u);
}

// A second deduplicator believes the hash of the first, although the text has changed.
TEST(StoredHashes, AreTakenAtTheirWord) {
  using testing::Column;
  testing::Harness exact(oph_plugin_entry, "document_deduplicator");
  const std::vector<std::optional<std::string>> none(3);
  const auto first = exact.run({Column::str({"same", "same", "other"}), Column::str(none)});
  const auto& hash = first.text("__dj__hash");
  const auto again =
      exact.run({Column::str({"x", "y", "same"}), Column::str({hash[0], hash[1], std::nullopt})});
  EXPECT_EQ(again.kept, (std::vector<bool>{true, false, false}));

  testing::Harness near(oph_plugin_entry, "document_minhash_deduplicator", R"({"window_size": 1})");
  const auto signed_ = near.run({Column::str({"a b c", "a b c", "d e f"}), Column::json(none)});
  const auto& bands = signed_.text("__dj__minhash");
  const auto later = near.run(
      {Column::str({"x", "y", "a b c"}), Column::json({bands[0], bands[1], std::nullopt})});
  EXPECT_EQ(later.kept, (std::vector<bool>{true, false, false}));
  // A list of another shape, from other parameters, is not believed.
  const auto odd =
      near.run({Column::str({"x", "y"}), Column::json({"[\"00000001\"]", "[\"00000001\"]"})});
  EXPECT_EQ(odd.kept, (std::vector<bool>{true, true}));
}

}  // namespace
}  // namespace ophost::dedup
