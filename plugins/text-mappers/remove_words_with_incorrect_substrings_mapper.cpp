// remove_words_with_incorrect_substrings_mapper: drops words that contain an unwanted text.
// Owner: plugins/text-mappers. Stateless after construction, any thread.
#include <algorithm>

#include "ophost/ophost.hpp"
#include "plugins/text-mappers/word_sieve.hpp"
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
                           "Language of the tokenizer; unused without one."),
              OPHOST_PARAM(
                  "tokenization", "boolean", "false",
                  "Drop the pieces of a trained tokenizer instead. Not available in this plugin."),
              "\"substrings\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"},"
              "\"default\":null,\"description\":\"The unwanted texts; null: http, www, .com, href, "
              "//.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_words_with_incorrect_substrings_mapper:\n  substrings: [http, www]\n");

  RemoveWordsWithIncorrectSubstringsMapper(const Params& params, Host) {
    if (params.get_bool("tokenization")) {
      throw ConfigError(
          "remove_words_with_incorrect_substrings_mapper: 'tokenization: true' needs the model " +
          params.get_string("lang") +
          ".sp.model, which this plugin cannot load; set 'tokenization: false'");
    }
    if (params.is_null("substrings")) {
      substrings_ = {"http", "www", ".com", "href", "//"};
    } else {
      substrings_ = params.get_strings("substrings");
    }
  }

  bool map(std::string_view text, std::string& out) const {
    sieve_words(
        text,
        [this](std::string_view word) {
          const std::string_view core = textkit::strip_special(word);
          return std::none_of(substrings_.begin(), substrings_.end(), [core](const std::string& s) {
            return core.find(s) != std::string_view::npos;
          });
        },
        out);
    return true;
  }

 private:
  std::vector<std::string> substrings_;
};

}  // namespace

OPHOST_OPERATOR(remove_words_with_incorrect_substrings_mapper,
                RemoveWordsWithIncorrectSubstringsMapper);

}  // namespace ophost
