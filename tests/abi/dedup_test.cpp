// Deduplicators that link keys which are near but not equal: what they are given, what becomes of
// their links, and what a cancelled search answers.
#include <gtest/gtest.h>

#include "ophost/testing.hpp"

using ophost::testing::CallFailed;
using ophost::testing::ContractBreach;
using ophost::testing::Harness;

namespace {

using Keys = std::vector<std::uint64_t>;
Keys g_given;               // what near_keys() below was called with
Harness* g_stop = nullptr;  // the run that is stopped meanwhile

// The key of a text is (length, first byte); keys are near when their lengths are, by one.
struct LengthDeduplicator {
  static constexpr auto kInfo =
      ophost::deduplicator("length_deduplicator")
          .params(
              OPHOST_PARAMS(OPHOST_PARAM("width", "integer", "2", "Of the keys.") "," OPHOST_PARAM(
                  "beyond", "boolean", "false", "Link a key too many.")))
          .reads("$text_key")
          .writes("$keys:u64x")
          .promises(ophost::kPure | ophost::kConcurrent);
  LengthDeduplicator(const ophost::Params& p, ophost::Host h)
      : values(static_cast<std::size_t>(p.get_int("width"))),
        beyond(p.get_bool("beyond")),
        host(h) {}

  std::size_t width() const { return values; }
  void keys(std::string_view text, std::uint64_t* out) const {
    out[0] = text.size();
    out[1] = text.empty() ? 0 : static_cast<unsigned char>(text[0]);
  }
  std::int64_t rank(std::string_view text) const { return text.back() == '!' ? 0 : 1; }
  void near_keys(const std::uint64_t* keys, std::uint64_t count,
                 const ophost::KeyLinker& link) const {
    g_given.assign(keys, keys + 2 * count);
    if (g_stop != nullptr) g_stop->cancel();
    if (host.cancelled()) return;
    for (std::uint64_t i = 0; i < count; ++i) {
      for (std::uint64_t j = i + 1; j < count; ++j) {
        if (keys[2 * j] - keys[2 * i] == 1) link(j, i);
      }
    }
    if (beyond) link(0, count);
  }

  std::size_t values;
  bool beyond;
  ophost::Host host;
};

struct FirstByteDeduplicator {
  static constexpr auto kInfo = ophost::deduplicator("first_byte_deduplicator")
                                    .reads("$text_key")
                                    .writes("$keys:u64x")
                                    .promises(ophost::kPure);
  FirstByteDeduplicator(const ophost::Params&, ophost::Host) {}
  std::size_t width() { return 2; }
  void keys(std::string_view text, std::uint64_t* out) {
    out[0] = 0;
    out[1] = static_cast<unsigned char>(text.at(0));
  }
};

constexpr oph_plugin kPlugin = ophost::detail::make_plugin(
    "org.example.near", "1.0.0",
    ophost::detail::kOpTable<LengthDeduplicator, FirstByteDeduplicator>, 2);

TEST(NearKeys, AreDistinctAndAscendingByHighThenLow) {
  Harness h(kPlugin, "length_deduplicator");
  h.vary(false);
  h.run({"zz", "b", "\xF0", "aaaa", "b", "az"});
  EXPECT_EQ(g_given, (Keys{1, 'b', 1, 0xF0, 2, 'a', 2, 'z', 4, 'a'}));
}

TEST(NearKeys, TheirLinksJoinComponents) {
  Harness h(kPlugin, "length_deduplicator");
  // 1-2-3 is a chain, and the two of length 1 meet through it; 5 stands alone.
  EXPECT_EQ(h.run({"aaa", "a", "bb", "c", "eeeee"}).kept,
            (std::vector<bool>{true, false, false, false, true}));
  EXPECT_EQ(h.run({"a", "c"}).kept, (std::vector<bool>{true, true}));
  // The rank decides in such a component, too.
  EXPECT_EQ(h.run({"aaa", "bb", "c!"}).kept, (std::vector<bool>{false, false, true}));
}

TEST(NearKeys, AnEarlyReturnOfACancelledRunIsNoResult) {
  Harness h(kPlugin, "length_deduplicator");
  g_stop = &h;
  try {
    h.run({"a", "bb"});
    ADD_FAILURE() << "expected OPH_E_CANCELLED";
  } catch (const CallFailed& e) {
    EXPECT_EQ(e.status, OPH_E_CANCELLED) << e.what();
    EXPECT_EQ(std::string(e.what()).rfind("near_keys", 0), 0u) << e.what();
  }
  g_stop = nullptr;
}

TEST(NearKeys, AreForOneKeyPerRecord) {
  Harness h(kPlugin, "length_deduplicator", R"({"width": 4})");
  EXPECT_THROW(h.run({"a"}), CallFailed);
}

TEST(NearKeys, ALinkBeyondTheKeysIsABreach) {
  Harness h(kPlugin, "length_deduplicator", R"({"beyond": true})");
  EXPECT_THROW(h.run({"a", "bbb"}), ContractBreach);
}

TEST(NearKeys, AreNotOfferedByOperatorsWithoutThem) {
  const auto table = [](int i) {
    return static_cast<const oph_dedup_api*>(kPlugin.ops[i]->vtable);
  };
  EXPECT_NE(table(0)->near_keys, nullptr);
  EXPECT_EQ(table(1)->near_keys, nullptr);
  Harness h(kPlugin, "first_byte_deduplicator");
  EXPECT_EQ(h.run({"ab", "b", "ac"}).kept, (std::vector<bool>{true, true, false}));
}

}  // namespace
