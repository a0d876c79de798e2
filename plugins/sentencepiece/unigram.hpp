// The segmentation of unigram models, with scores in float32 as SentencePiece 0.2.1 and later (what
// Data-Juicer installs) has them. Debian 12's 0.1.97 compares a sum in float64 with one in float32
// and so breaks ties (a run of '=', say) in another way; it still reads the model and normalizes
// the text. Owner: plugins/sentencepiece. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ophost {

class Unigram {
 public:
  // Reads a model file's bytes (the protocol buffer ModelProto); nothing when the model is of
  // another type. Throws std::runtime_error when they cannot be read.
  static std::optional<Unigram> read(std::string_view model);

  // The best pieces of a normalized text, in order. A run of unknown characters is one piece, or
  // one piece "<0xNN>" per byte when the model has a byte fallback.
  void segment(std::string_view text, std::vector<std::string>& pieces) const;

 private:
  enum Type : std::uint8_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
  struct Piece {
    std::string_view text;
    float score = 0;
    std::uint64_t type = kNormal;
  };
  // A node of the trie of pieces; its children lie side by side, by ascending byte.
  struct Node {
    std::uint32_t first_child = 0;
    std::uint16_t children = 0;
    std::uint8_t byte = 0;
    bool ends = false;  // a piece
    bool user_defined = false;
    float score = 0;
  };

  void build(std::vector<Piece> pieces);
  const Node* child(const Node& node, char byte) const;

  std::vector<Node> nodes_;  // the first is the root
  float unknown_score_ = 0;
  bool byte_fallback_ = false;
};

}  // namespace ophost
