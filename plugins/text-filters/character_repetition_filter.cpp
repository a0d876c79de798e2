// character_repetition_filter: keeps records whose repetition ratio of character n-grams lies in a
// range. Owner: plugins/text-filters. One instance per worker: the tables are reused from record to
// record.
#include "plugins/text-filters/character_ngrams.hpp"
#include "plugins/text-filters/params.hpp"

namespace ophost {
namespace {

class CharacterRepetitionFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("character_repetition_filter")
          .summary(
              "Keeps records in which the most frequent character n-grams make up a share in a "
              "range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_PARAM("rep_len", "integer", "10", "Length of the n-grams in characters."),
              TEXT_FILTERS_BOUND("min_ratio", "number", "0.0", "Least repetition ratio."),
              TEXT_FILTERS_BOUND("max_ratio", "number", "0.5", "Greatest repetition ratio.")))
          .reads("$text_key")
          .writes("__dj__stats__.char_rep_ratio:f64")
          .promises(kPure)
          .cost("medium")
          .example("character_repetition_filter:\n  rep_len: 10\n  max_ratio: 0.5\n");

  CharacterRepetitionFilter(const Params& params, Host)
      : RangeFilter(params, "min_ratio", "max_ratio"),
        length_(ngram_length(params, "character_repetition_filter")) {}

  double stat(std::string_view text) {
    // All n-grams of length 0 are equal, one more than there are characters.
    if (length_ == 0) return text.empty() ? 0.0 : 1.0;
    const double ratio = ngrams_.repetition_ratio(text, length_);
    if (text.size() > kHuge) ngrams_ = {};  // what it took is not worth keeping
    return ratio;
  }

 private:
  static constexpr std::size_t kHuge = 2u << 20;  // bytes of text
  std::size_t length_;
  textkit::CharacterNgrams ngrams_;
};

}  // namespace

OPHOST_OPERATOR(character_repetition_filter, CharacterRepetitionFilter);

}  // namespace ophost
