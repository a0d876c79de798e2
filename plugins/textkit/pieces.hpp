// Pieces of a text by a SentencePiece model: what operators with `tokenization` use for words.
// Owner: plugins/textkit. One object per operator instance, one thread at a time; memory is reused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/sentencepiece_interface.h"
#include "plugins/textkit/words.hpp"

namespace ophost::textkit {

class PieceScanner {
 public:
  // Loads the model in the file `path`. Throws ConfigError when the file is no model, or when
  // libophost_sentencepiece.so is missing.
  explicit PieceScanner(const std::string& path);

  // The pieces as they are; valid until the next call. Throws RecordError where the model fails and
  // std::length_error beyond 4 GiB of pieces.
  Words pieces(std::string_view text) { return scan(text, false); }
  // The pieces lowered one by one, without special characters at the ends, empty ones dropped;
  // U+2581, which marks the begin of a word, stays. Valid until the next call.
  Words words(std::string_view text) { return scan(text, true); }

 private:
  Words scan(std::string_view text, bool refine);
  void add(std::string_view piece);
  static void take(void* self, const char* piece, std::size_t size);

  const ophost_sp_api* api_;
  std::unique_ptr<ophost_sp_model, void (*)(ophost_sp_model*)> model_;
  bool refine_ = false;  // what the scan under way is for
  std::string bytes_, lowered_;
  std::vector<Words::Place> places_;
};

// The scanner for `{lang}.sp.model` on the host's resource paths; null when the parameter
// `tokenization` is false. Throws ConfigError.
std::unique_ptr<PieceScanner> pieces_wanted(const Params& params, const Host& host);

}  // namespace ophost::textkit
