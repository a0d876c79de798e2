// shingles.hpp: the n-grams of a text that MinHash and SimHash look at. Owner: plugins/dedup. One
// object, one thread at a time (it keeps its buffers).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/pyregex.hpp"

namespace ophost::dedup {

enum class Tokenization { kSpace, kPunctuation, kCharacter, kSentencepiece };

// What both deduplicators take as parameters; see OPHOST_SHINGLE_PARAMS.
struct ShingleOptions {
  Tokenization tokenization = Tokenization::kSpace;
  std::size_t window = 5;
  bool lowercase = true;
  std::string ignore_pattern;  // "" = none
  std::string model;           // of kSentencepiece: its file

  // Throws ConfigError.
  static ShingleOptions from(const Params& params);
};

class Shingler {
 public:
  explicit Shingler(const ShingleOptions& options);

  // Reads a text; afterwards the shingles can be asked for, in order, duplicates included.
  void read(std::string_view text);
  std::size_t size() const { return starts_.size() > window_ ? starts_.size() - window_ : 0; }
  // Valid until the next read().
  std::string_view operator[](std::size_t i) const {
    return clean_.substr(starts_[i], starts_[i + window_] - separator_ - starts_[i]);
  }

 private:
  void split_space();
  void split_punctuation();
  void split_characters();
  void split_pieces();

  Tokenization tokenization_;
  std::size_t window_;
  bool lowercase_;
  std::optional<textkit::PyRegex> ignore_;
  std::optional<textkit::PieceScanner> pieces_;
  std::string lowered_, erased_, items_;
  std::string_view clean_;  // items in a row, `separator_` bytes between them
  std::vector<std::size_t>
      starts_;  // of the items, and behind them the start of the one that is not there
  std::size_t separator_ = 1;
};

#define OPHOST_SHINGLE_PARAMS(tokenizations, window) \
  OPHOST_PARAM_WITH("tokenization", "string", "\"space\"", ",\"enum\":[" tokenizations "]",        \
                    "What a shingle consists of: words between spaces, pieces between "            \
                    "punctuation, characters, or (MinHash only) pieces of a model.") ","                                             \
  OPHOST_PARAM_WITH("window_size", "integer", window, ",\"minimum\":1",                            \
                    "Items in a shingle.") ","                                                     \
  OPHOST_PARAM("lowercase", "boolean", "true", "Compare texts in lower case.") ","                 \
  "\"ignore_pattern\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":"           \
  "\"Python regular expression; what it matches is not compared.\"}"

}  // namespace ophost::dedup
