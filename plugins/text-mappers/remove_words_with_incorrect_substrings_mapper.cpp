// remove_words_with_incorrect_substrings_mapper: drops words that contain an unwanted text.
// Owner: plugins/text-mappers. One instance per worker (the tokenizer keeps buffers).
#include <algorithm>

#include "ophost/ophost.hpp"
#include "plugins/text-mappers/word_sieve.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class RemoveWordsWithIncorrectSubstringsMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_words_with_incorrect_substrings_mapper")
          .summary(
              "Drops words that contain one of some texts, and with them blank lines and repeated "
              "blanks.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("lang", "string", "\"en\"",
                           "Language of the tokenizer, whose model is the resource "
                           "{lang}.sp.model; unused without one."),
              OPHOST_PARAM(
                  "tokenization", "boolean", "false",
                  "Drop pieces of the sentencepiece model {lang}.sp.model instead of words; where "
                  "one is dropped, the rest is joined without blanks."),
              "\"substrings\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"},"
              "\"default\":null,\"description\":\"The unwanted texts; null: http, www, .com, href, "
              "//.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("remove_words_with_incorrect_substrings_mapper:\n  substrings: [http, www]\n");

  RemoveWordsWithIncorrectSubstringsMapper(const Params& params, Host host)
      : pieces_(textkit::pieces_wanted(params, host)) {
    if (params.is_null("substrings")) {
      substrings_ = {"http", "www", ".com", "href", "//"};
    } else {
      substrings_ = params.get_strings("substrings");
    }
  }

  bool map(std::string_view text, std::string& out) {
    if (pieces_ != nullptr) return sieve_pieces(text, out);
    sieve_words(
        text, [this](std::string_view word) { return good(word); }, out);
    return true;
  }

 private:
  static constexpr std::string_view kWordBegin = "\u2581";

  bool good(std::string_view word) const {
    const std::string_view core = textkit::strip_special(word);
    return std::none_of(substrings_.begin(), substrings_.end(), [core](const std::string& s) {
      return core.find(s) != std::string_view::npos;
    });
  }

  bool sieve_pieces(std::string_view text, std::string& out) {
    bool dropped = false;
    for (const std::string_view piece : pieces_->pieces(text)) {
      piece_.assign(piece);
      for (std::size_t at = 0; (at = piece_.find(kWordBegin, at)) != std::string::npos;) {
        piece_.erase(at, kWordBegin.size());
      }
      if (good(piece_)) {
        out += piece_;
      } else {
        dropped = true;
      }
    }
    return dropped;
  }

  std::unique_ptr<textkit::PieceScanner> pieces_;  // null: words between blanks
  std::string piece_;
  std::vector<std::string> substrings_;
};

}  // namespace

OPHOST_OPERATOR(remove_words_with_incorrect_substrings_mapper,
                RemoveWordsWithIncorrectSubstringsMapper);

}  // namespace ophost
