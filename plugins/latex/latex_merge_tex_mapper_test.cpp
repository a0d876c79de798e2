// latex_merge_tex_mapper: the recorded cases, archives that are none, and replaced bytes.
#include <filesystem>
#include <fstream>

#include "plugins/latex/archive.hpp"
#include "plugins/latex/utf8_replace.hpp"
#include "plugins/textkit/parity.hpp"

namespace ophost::latex {
namespace {

constexpr const char* kArchives = OPHOST_SOURCE_DIR "/tests/parity/resources/archives/";

std::string merge(const std::string& path, const char* params = "{}") {
  testing::Harness harness(oph_plugin_entry, "latex_merge_tex_mapper", params);
  return harness.run({path}).texts().at(0);
}

TEST(LatexMergeTexMapper, RecordedCases) {
  std::ifstream in(OPHOST_SOURCE_DIR "/tests/parity/ops/latex_merge_tex_mapper.jsonl");
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    rapidjson::Document c;
    c.Parse(line.c_str());
    SCOPED_TRACE(c["case"].GetString());
    rapidjson::StringBuffer params;
    rapidjson::Writer<rapidjson::StringBuffer> writer(params);
    c["params"].Accept(writer);
    const char* key = c["params"].HasMember("compressed_file_key")
                          ? c["params"]["compressed_file_key"].GetString()
                          : "compressed_file";
    for (rapidjson::SizeType i = 0; i < c["input"].Size(); ++i) {
      std::string path = c["input"][i][key].GetString();
      const std::string prefix = "${RES}/archives/";
      if (path.starts_with(prefix)) path = kArchives + path.substr(prefix.size());
      EXPECT_EQ(merge(path, params.GetString()), c["output"][i]["text"].GetString());
    }
  }
  EXPECT_EQ(cases, 15);
}

TEST(LatexMergeTexMapper, WhatIsNoArchiveGivesAnEmptyTextAndAWarning) {
  const std::string zip = std::string(kArchives) + "a.zip";
  const std::string nul = zip + std::string("\0.zip", 5);
  for (const std::string& path : {std::string("/nowhere/a.zip"), std::string("/nowhere/a.tar.gz"),
                                  std::string(kArchives) + "a.gz", nul, std::string()}) {
    testing::Harness harness(oph_plugin_entry, "latex_merge_tex_mapper");
    EXPECT_EQ(harness.run({path}).texts().at(0), "");
    ASSERT_FALSE(harness.logged().empty()) << path;
    EXPECT_NE(harness.logged()[0].find("the text is empty"), std::string::npos)
        << harness.logged()[0];
  }
}

TEST(LatexMergeTexMapper, AMissingPathCostsTheRecord) {
  testing::Harness harness(oph_plugin_entry, "latex_merge_tex_mapper");
  const auto result = harness.run({testing::Column::str({std::nullopt})});
  EXPECT_EQ(result.row_errors.size(), 1u);
}

TEST(LatexMergeTexMapper, LimitsOfNullAndZeroAreNone) {
  const std::string tar = std::string(kArchives) + "a.tar.gz";
  const std::string whole = merge(tar);
  EXPECT_EQ(merge(tar, R"({"max_file_size": null, "max_total_size": null})"), whole);
  EXPECT_EQ(merge(tar, R"({"max_file_size": 0, "max_total_size": 0})"), whole);
  EXPECT_EQ(merge(tar, R"({"max_file_size": -1})"), "");
}

class CutArchive : public ::testing::Test {
 protected:
  // The first `bytes` bytes of an archive under another name.
  std::string cut(const char* name, std::size_t bytes) {
    std::ifstream in(std::string(kArchives) + name, std::ios::binary);
    std::string all{std::istreambuf_iterator<char>(in), {}};
    EXPECT_GE(all.size(), bytes);
    const auto path = std::filesystem::path(::testing::TempDir()) / (std::string("cut-") + name);
    std::ofstream(path, std::ios::binary) << all.substr(0, bytes);
    return path.string();
  }
};

TEST_F(CutArchive, NothingOfABrokenArchiveCounts) {
  EXPECT_EQ(merge(cut("a.zip", 100)), "");
  EXPECT_EQ(merge(cut("a.tar.gz", 120)), "");
  EXPECT_EQ(merge(cut("a.tar", 1030)), "");
}

TEST_F(CutArchive, APlainTarMayEndInAHeader) {
  // Byte 1536 begins the header behind main.tex.
  const std::string text = merge(cut("a.tar", 1536 + 100));
  EXPECT_TRUE(text.starts_with("\\documentclass{article}")) << text;
}

TEST(AppendReplaced, GivesOneReplacementForEachMaximalBeginning) {
  const auto decode = [](std::string_view bytes) {
    std::string out;
    append_replaced(bytes, out);
    return out;
  };
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(decode("aé€😀"), "aé€😀");
  EXPECT_EQ(decode("\xE2\x82z"), r + "z");               // a beginning of two bytes
  EXPECT_EQ(decode("\xF0\x9F\x98"), r);                  // cut off by the end
  EXPECT_EQ(decode("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(decode("\xED\xA0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(decode("\xF4\x90\x80\x80"), r + r + r + r);  // beyond U+10FFFF
  EXPECT_EQ(decode("caf\xE9 \xFF\xFE end"), "caf" + r + " " + r + r + " end");
}

}  // namespace
}  // namespace ophost::latex
