// The segmentation of unigram models: expected pieces are those of SentencePiece 0.2.3.
#include "plugins/sentencepiece/unigram.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

namespace ophost {
namespace {

using Pieces = std::vector<std::string>;

Pieces segment(const Unigram& model, std::string_view text) {
  Pieces pieces;
  model.segment(text, pieces);
  return pieces;
}

// One field of bytes, and a piece, in the wire format.
std::string field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) +
         bytes;
}
std::string piece(const std::string& text, float score, char type = 1) {
  std::string bytes = field(1, text) + '\x15' + std::string(4, '\0') + '\x18' + type;
  std::memcpy(bytes.data() + bytes.size() - 6, &score, sizeof score);
  return field(1, bytes);
}

// The orders of the same pieces differ by the rounding of their sums alone.
TEST(Unigram, BreaksTiesInFloat32) {
  std::ifstream in(OPHOST_SOURCE_DIR "/tests/parity/resources/models/en.sp.model",
                   std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto model = Unigram::read(bytes);
  ASSERT_TRUE(model);
  const std::string line(20, '=');
  EXPECT_EQ(segment(*model, "\u2581" + line), (Pieces{"\u2581=====", "=", line.substr(0, 14)}));
  EXPECT_EQ(segment(*model, ""), Pieces{});
}

TEST(Unigram, JoinsUnknownCharactersAndTakesUserSymbols) {
  const auto model = Unigram::read(piece("<unk>", 0, 2) + piece("a", -1) + piece("aa", -1.5) +
                                   piece("b", -1, 5) + piece("ac", 0, 4));
  ASSERT_TRUE(model);
  EXPECT_EQ(segment(*model, "aaxyac"), (Pieces{"aa", "xy", "ac"}));
  EXPECT_EQ(segment(*model, "b\u4e2da"), (Pieces{"b\u4e2d", "a"}));  // b is an unused piece
}

TEST(Unigram, FallsBackToBytes) {
  const auto model = Unigram::read(piece("a", -1) + field(2, std::string("\x98\x02\x01", 3)));
  ASSERT_TRUE(model);
  EXPECT_EQ(segment(*model, "a\u00e9"), (Pieces{"a", "<0xC3>", "<0xA9>"}));
}

TEST(Unigram, LeavesOtherModelsAlone) {
  EXPECT_FALSE(Unigram::read(field(2, std::string("\x18\x02", 2))));  // BPE
  EXPECT_THROW(Unigram::read("\x0a\x20"), std::runtime_error);
}

}  // namespace
}  // namespace ophost
