// shingles.cpp: lower-casing, erasing, cutting into items. Owner: plugins/dedup.
#include "plugins/dedup/shingles.hpp"

#include <cstring>

#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::dedup {

ShingleOptions ShingleOptions::from(const Params& params) {
  ShingleOptions o;
  const std::string name = params.get_string("tokenization");
  if (name == "space") {
    o.tokenization = Tokenization::kSpace;
  } else if (name == "punctuation") {
    o.tokenization = Tokenization::kPunctuation;
  } else if (name == "character") {
    o.tokenization = Tokenization::kCharacter;
  } else if (name == "sentencepiece") {
    o.tokenization = Tokenization::kSentencepiece;
  } else {
    throw ConfigError("parameter 'tokenization': \"" + name +
                      "\" is not one of \"space\", \"punctuation\", \"character\" and "
                      "\"sentencepiece\"");
  }
  const std::int64_t window = params.get_int("window_size");
  if (window < 1) {
    throw ConfigError("parameter 'window_size': expected at least 1, got " +
                      std::to_string(window));
  }
  o.window = static_cast<std::size_t>(window);
  o.lowercase = params.get_bool("lowercase");
  if (!params.is_null("ignore_pattern")) o.ignore_pattern = params.get_string("ignore_pattern");
  return o;
}

Shingler::Shingler(const ShingleOptions& options)
    : tokenization_(options.tokenization), window_(options.window), lowercase_(options.lowercase) {
  if (!options.ignore_pattern.empty()) ignore_.emplace(options.ignore_pattern);
  if (tokenization_ == Tokenization::kSentencepiece) pieces_.emplace(options.model);
}

void Shingler::read(std::string_view text) {
  clean_ = text;
  if (lowercase_) {
    textkit::lower(clean_, lowered_);
    clean_ = lowered_;
  }
  if (ignore_ && ignore_->erase(clean_, erased_)) clean_ = erased_;
  starts_.clear();
  switch (tokenization_) {
    case Tokenization::kSpace:
      split_space();
      break;
    case Tokenization::kPunctuation:
      split_punctuation();
      break;
    case Tokenization::kCharacter:
      split_characters();
      break;
    case Tokenization::kSentencepiece:
      split_pieces();
      break;
  }
}

// Words between U+0020 alone; runs of spaces shrink to one, so that a shingle is a slice.
void Shingler::split_space() {
  separator_ = 1;
  const char* at = clean_.data();
  const char* const end = at + clean_.size();
  bool moved = false;
  std::size_t size = 0;  // of the words and single spaces so far
  while (at != end) {
    const auto* space =
        static_cast<const char*>(std::memchr(at, ' ', static_cast<std::size_t>(end - at)));
    const char* const stop = space == nullptr ? end : space;
    const auto length = static_cast<std::size_t>(stop - at);
    if (length != 0) {
      if (!moved && static_cast<std::size_t>(at - clean_.data()) != size) {
        items_.assign(clean_.data(), size);
        moved = true;
      }
      starts_.push_back(size);
      if (moved) {
        items_.append(at, length);
        items_ += ' ';
      }
      size += length + 1;
    }
    at = space == nullptr ? end : space + 1;
  }
  starts_.push_back(size);
  if (moved) clean_ = items_;
}

// Pieces between \p{P} characters, empty ones too; the joint is a space whatever stood there.
void Shingler::split_punctuation() {
  separator_ = 1;
  items_.clear();
  starts_.push_back(0);
  const char* at = clean_.data();
  const char* const end = at + clean_.size();
  const char* copied = at;
  while (at != end) {
    const char* const here = at;
    if (!textkit::has_class(textkit::next_char(at), textkit::kRegexPunct)) continue;
    items_.append(copied, here);
    items_ += ' ';
    starts_.push_back(items_.size());
    copied = at;
  }
  items_.append(copied, end);
  starts_.push_back(items_.size() + 1);
  clean_ = items_;
}

void Shingler::split_characters() {
  separator_ = 0;
  for (std::size_t i = 0; i < clean_.size(); ++i) {
    if (!textkit::is_continuation(clean_[i])) starts_.push_back(i);
  }
  starts_.push_back(clean_.size());
}

// Pieces in a row without separator, so that a shingle is a slice of them all.
void Shingler::split_pieces() {
  separator_ = 0;
  const textkit::Words pieces = pieces_->pieces(clean_);
  std::size_t size = 0;
  items_.clear();
  for (const std::string_view piece : pieces) {
    starts_.push_back(size);
    items_ += piece;
    size += piece.size();
  }
  starts_.push_back(size);
  clean_ = items_;
}

}  // namespace ophost::dedup
