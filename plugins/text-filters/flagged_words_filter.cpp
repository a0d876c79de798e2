// flagged_words_filter: keeps records whose share of flagged words lies in a range.
// Owner: plugins/text-filters. One instance per worker (it keeps buffers).
#include "plugins/text-filters/listed_words.hpp"

namespace ophost {
namespace {

class FlaggedWordsFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("flagged_words_filter")
          .summary("Keeps records whose share of flagged words lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_LISTED_WORDS("flagged_words_dir"),
              TEXT_FILTERS_BOUND("min_ratio", "number", "0.0", "Least share of flagged words."),
              TEXT_FILTERS_BOUND("max_ratio", "number", "0.045",
                                 "Greatest share of flagged words.")))
          .reads("$text_key")
          .derives("$words:bytes")
          .writes("__dj__stats__.flagged_words_ratio:f64")
          .promises(kPure)
          .cost("medium")
          .example("flagged_words_filter:\n  flagged_words_dir: words\n  max_ratio: 0.045\n");

  FlaggedWordsFilter(const Params& params, Host host)
      : RangeFilter(params, "min_ratio", "max_ratio"),
        words_(params, host, "flagged_words_filter", "flagged_words_dir", "flagged_words") {}

  double stat(std::string_view text, std::string_view packed) { return words_.ratio(text, packed); }

 private:
  ListedWords words_;
};

}  // namespace

OPHOST_OPERATOR(flagged_words_filter, FlaggedWordsFilter);

}  // namespace ophost
