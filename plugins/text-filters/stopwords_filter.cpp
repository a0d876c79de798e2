// stopwords_filter: keeps records whose share of stop words lies in a range.
// Owner: plugins/text-filters. One instance per worker (it keeps buffers).
#include "plugins/text-filters/listed_words.hpp"

namespace ophost {
namespace {

class StopwordsFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("stopwords_filter")
          .summary("Keeps records whose share of stop words lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_LISTED_WORDS("stopwords_dir"),
              TEXT_FILTERS_BOUND("min_ratio", "number", "0.3", "Least share of stop words."),
              TEXT_FILTERS_BOUND("max_ratio", "number", "1.0", "Greatest share of stop words.")))
          .reads("$text_key")
          .derives("$words:bytes")
          .writes("__dj__stats__.stopwords_ratio:f64")
          .promises(kPure)
          .cost("medium")
          .example("stopwords_filter:\n  stopwords_dir: words\n  min_ratio: 0.3\n");

  StopwordsFilter(const Params& params, Host host)
      : RangeFilter(params, "min_ratio", "max_ratio"),
        words_(params, host, "stopwords_filter", "stopwords_dir", "stopwords") {}

  double stat(std::string_view text, std::string_view packed) { return words_.ratio(text, packed); }

 private:
  ListedWords words_;
};

}  // namespace

OPHOST_OPERATOR(stopwords_filter, StopwordsFilter);

}  // namespace ophost
