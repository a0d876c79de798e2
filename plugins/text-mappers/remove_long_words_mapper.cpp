// remove_long_words_mapper: drops words that are too long or too short.
// Owner: plugins/text-mappers. Stateless after construction, any thread.
#include "ophost/ophost.hpp"
#include "plugins/text-mappers/word_sieve.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class RemoveLongWordsMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_long_words_mapper")
          .summary(
              "Drops words whose length is outside a range, and with them blank lines and repeated "
              "blanks.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("min_len", "integer", "1", "Least length of a word in characters."),
              OPHOST_PARAM("max_len", "integer", "9223372036854775807",
                           "Greatest length; a longer word stays if it fits without the special "
                           "characters at its ends.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_long_words_mapper:\n  max_len: 100\n");

  RemoveLongWordsMapper(const Params& params, Host)
      : min_(params.get_int("min_len")), max_(params.get_int("max_len")) {}

  bool map(std::string_view text, std::string& out) const {
    sieve_words(
        text, [this](std::string_view word) { return keep(word); }, out);
    return true;
  }

 private:
  bool fits(std::int64_t length) const { return length >= min_ && length <= max_; }
  bool keep(std::string_view word) const {
    const auto length = static_cast<std::int64_t>(chars(word));
    return fits(length) ||
           (length > max_ && fits(static_cast<std::int64_t>(chars(textkit::strip_special(word)))));
  }
  // Words are short: no blocks.
  static std::size_t chars(std::string_view word) {
    std::size_t n = 0;
    for (const char c : word) n += !textkit::is_continuation(c);
    return n;
  }
  std::int64_t min_, max_;
};

}  // namespace

OPHOST_OPERATOR(remove_long_words_mapper, RemoveLongWordsMapper);

}  // namespace ophost
