// chinese_convert_mapper: the recorded cases, refused modes, and what the fast way must not change.
#include "plugins/chinese/dictionaries.hpp"
#include "plugins/textkit/parity.hpp"

namespace ophost::chinese {
namespace {

std::string convert(const char* mode, const std::string& text) {
  testing::Harness harness(oph_plugin_entry, "chinese_convert_mapper",
                           std::string("{\"mode\": \"") + mode + "\"}");
  return harness.run({text}).texts().at(0);
}

TEST(ChineseConvertMapper, RecordedCases) {
  EXPECT_EQ(textkit::run_parity(oph_plugin_entry, "chinese_convert_mapper"), 34);
}

TEST(ChineseConvertMapper, EveryModeLoadsAndConverts) {
  EXPECT_EQ(convert("s2t", "后面 皇后"), "後面 皇后");
  EXPECT_EQ(convert("t2s", "頭髮"), "头发");
  EXPECT_EQ(convert("s2tw", "里面"), "裡面");
  EXPECT_EQ(convert("tw2s", "裡面"), "里面");
  EXPECT_EQ(convert("s2hk", "里面"), "裏面");
  EXPECT_EQ(convert("hk2s", "裏面"), "里面");
  EXPECT_EQ(convert("s2twp", "鼠标"), "滑鼠");
  EXPECT_EQ(convert("tw2sp", "滑鼠"), "鼠标");
  EXPECT_EQ(convert("t2tw", "裏面"), "裡面");
  EXPECT_EQ(convert("tw2t", "裡面"), "裏面");
  EXPECT_EQ(convert("hk2t", "裏面"), "裏面");
  EXPECT_EQ(convert("t2hk", "爲"), "為");
  EXPECT_EQ(convert("t2jp", "乾淨"), "乾浄");
  EXPECT_EQ(convert("jp2t", "気"), "氣");
}

TEST(ChineseConvertMapper, EntriesThatBeginWithLatinLetters) {
  EXPECT_EQ(convert("s2twp", "用U盘，U"), "用隨身碟，U");
}

TEST(ChineseConvertMapper, PiecesBetweenForeignText) {
  const std::string far = " Привет, this is 20 bytes and more \U0001F600 ";
  EXPECT_EQ(convert("s2twp", "鼠标" + far + "U盘" + far + "U" + far), "滑鼠" + far + "隨身碟" + far + "U" + far);
  EXPECT_EQ(convert("s2t", far + "后面" + far), far + "後面" + far);
  EXPECT_EQ(convert("s2t", "后，面。皇后"), "後，面。皇后");
}

TEST(ChineseConvertMapper, NulEndsTheText) {
  EXPECT_EQ(convert("s2t", std::string("a\0b", 3)), "a");
  EXPECT_EQ(convert("s2t", std::string("后面\0里面", 13)), "後面");
}

TEST(ChineseConvertMapper, AnUnknownModeIsRefusedWithTheKnownOnes) {
  try {
    convert("s2x", "");
    FAIL() << "mode s2x was accepted";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("\"s2x\" is not one of s2t, t2s, s2tw"), std::string::npos)
        << e.what();
    EXPECT_NE(std::string(e.what()).find("jp2t"), std::string::npos) << e.what();
  }
}

TEST(EmbeddedFiles, AreThoseOfTheFolder) {
  EXPECT_EQ(embedded_file("STPhrases.ocd2").substr(0, 7), "OPENCC_");
  EXPECT_EQ(embedded_file("STPhrases.ocd2").size(), 925717u);
  EXPECT_TRUE(embedded_file("nothing").empty());
}

}  // namespace
}  // namespace ophost::chinese
