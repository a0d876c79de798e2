// The recorded cases of the deduplicators: survivors and hashes as Data-Juicer 1.6.1 gave them,
// through the operators' real descriptors.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "ophost/testing.hpp"

namespace ophost::dedup {
namespace {

using rapidjson::Value;
using Cells = std::vector<std::optional<std::string>>;

std::string raw_params(const std::string& line) {
  std::string params;
  json::for_each_member(line, [&](const std::string& key, std::string_view raw) {
    if (key != "params") return;
    params = "{";
    json::for_each_member(raw, [&](const std::string& name, std::string_view value) {
      if (name == "text_key") return;  // the host's business
      if (params.size() > 1) params += ',';
      params += json::encode_string(name) + ":" + std::string(value);
    });
    params += "}";
  });
  return params;
}

// A recorded hash: a string, or the list of bands that the hash column holds as JSON.
std::string hash_text(const Value& v) {
  if (v.IsString()) return v.GetString();
  std::string text = "[";
  for (const Value& band : v.GetArray()) {
    text += text.size() > 1 ? ", \"" : "\"";
    text += std::string(band.GetString()) + "\"";
  }
  return text + "]";
}

void run_case(const std::string& line, const Value& c, const std::string& op,
              const char* hash_name) {
  SCOPED_TRACE(c["case"].GetString());
  const std::string key =
      c["params"].HasMember("text_key") ? c["params"]["text_key"].GetString() : "text";
  Cells texts;
  std::vector<std::optional<std::int64_t>> uids;
  std::vector<std::string> ids;
  for (const Value& r : c["input"].GetArray()) {
    const Value& t = r[key.c_str()];
    texts.emplace_back(std::string(t.GetString(), t.GetStringLength()));
    ids.emplace_back(r["id"].GetString());
    uids.push_back(r.HasMember("__dj__uid") ? std::optional(r["__dj__uid"].GetInt64())
                                            : std::nullopt);
  }
  std::vector<testing::Column> columns = {
      testing::Column::str(texts),
      op == "document_deduplicator" || op == "document_simhash_deduplicator"
          ? testing::Column::str(Cells(texts.size()))
          : testing::Column::json(Cells(texts.size()))};
  if (op == "document_minhash_deduplicator_with_uid")
    columns.push_back(testing::Column::ints(uids));
  testing::Harness harness(oph_plugin_entry, op, raw_params(line));
  const testing::Result result = harness.run(columns);
  EXPECT_TRUE(result.row_errors.empty());
  std::vector<std::string> kept, want;
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (result.kept[r]) kept.push_back(ids[r]);
  }
  for (const Value& r : c["output"].GetArray()) want.emplace_back(r["id"].GetString());
  EXPECT_EQ(kept, want);
  if (!c.HasMember("hashes") || !c["hashes"].IsArray()) return;
  const auto& hashes = result.text(hash_name);
  for (rapidjson::SizeType r = 0; r < c["hashes"].Size(); ++r) {
    if (c["hashes"][r].IsNull()) continue;
    EXPECT_EQ(hashes[r].value_or(""), hash_text(c["hashes"][r]));
  }
}

constexpr std::string_view kRes = "${RES}";

int run_parity(const std::string& op, const char* hash_name) {
  std::ifstream in(std::string(OPHOST_SOURCE_DIR "/tests/parity/ops/") + op + ".jsonl");
  EXPECT_TRUE(in.good());
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    for (std::size_t at = 0; (at = line.find(kRes, at)) != std::string::npos;) {
      line.replace(at, kRes.size(), OPHOST_SOURCE_DIR "/tests/parity/resources");
    }
    rapidjson::Document c;
    c.Parse(line.data(), line.size());
    EXPECT_FALSE(c.HasParseError());
    bool skip = false;
    for (const char* reason : {"error", "fatal", "rounding", "unicode_version"}) {
      skip |= c.HasMember(reason);
    }
    if (skip) continue;
    run_case(line, c, op, hash_name);
    ++count;
  }
  return count;
}

TEST(Parity, DocumentDeduplicator) {
  EXPECT_EQ(run_parity("document_deduplicator", "__dj__hash"), 18);
}
TEST(Parity, DocumentMinhashDeduplicator) {
  EXPECT_EQ(run_parity("document_minhash_deduplicator", "__dj__minhash"), 29);
}
TEST(Parity, DocumentMinhashDeduplicatorWithUid) {
  EXPECT_EQ(run_parity("document_minhash_deduplicator_with_uid", "__dj__minhash"), 14);
}

TEST(Parity, DocumentSimhashDeduplicator) {
  EXPECT_EQ(run_parity("document_simhash_deduplicator", "__dj__simhash"), 22);
}

TEST(DocumentSimhashDeduplicator, NeedsMoreBlocksThanBits) {
  EXPECT_THROW(testing::Harness(oph_plugin_entry, "document_simhash_deduplicator",
                                R"({"num_blocks": 4, "hamming_distance": 4})"),
               ConfigError);
}

// Every signature stored before, so the texts do not count.
TEST(DocumentSimhashDeduplicator, BelievesStoredSignatures) {
  testing::Harness op(oph_plugin_entry, "document_simhash_deduplicator");
  const auto r = op.run({testing::Column::str({"a", "b", "c", "d"}),
                         testing::Column::str({"18446744073709551615", "0", "15", "31"})});
  EXPECT_EQ(r.kept, (std::vector<bool>{true, true, false, false}));  // 31 is near 15, and 15 near 0
  EXPECT_EQ(r.text("__dj__simhash"), (Cells{"18446744073709551615", "0", "15", "31"}));
}

}  // namespace
}  // namespace ophost::dedup
