// words_num_filter: Keeps records whose number of words lies in a range; a word holds at least one
// character that is not special. Owner: plugins/text-filters. One instance per worker (the
// tokenizer keeps buffers).
#include <algorithm>

#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class WordsNumFilter : public RangeFilter<std::int64_t> {
 public:
  static constexpr auto kInfo =
      filter("words_num_filter")
          .summary(
              "Keeps records whose number of words lies in a range; a word holds at least one "
              "character that is not special.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_LANG, TEXT_FILTERS_TOKENIZATION,
              TEXT_FILTERS_BOUND("min_num", "integer", "10", "Least number of words."),
              TEXT_FILTERS_BOUND("max_num", "integer", TEXT_FILTERS_MAX_INT,
                                 "Greatest number of words.")))
          .reads("$text_key")
          .writes("__dj__stats__.num_words:i64")
          .promises(kPure)
          .example("words_num_filter:\n  min_num: 10\n");

  WordsNumFilter(const Params& params, Host host)
      : RangeFilter(params, "min_num", "max_num"), pieces_(textkit::pieces_wanted(params, host)) {}

  std::int64_t stat(std::string_view text) {
    if (pieces_ == nullptr) return static_cast<std::int64_t>(textkit::count_words(text));
    const textkit::Words pieces = pieces_->pieces(text);
    return std::count_if(pieces.begin(), pieces.end(),
                         [](auto p) { return !textkit::strip_special(p).empty(); });
  }

 private:
  std::unique_ptr<textkit::PieceScanner> pieces_;  // null: words between blanks
};

}  // namespace

OPHOST_OPERATOR(words_num_filter, WordsNumFilter);

}  // namespace ophost
