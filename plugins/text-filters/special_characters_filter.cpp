// special_characters_filter: Keeps records whose share of special characters (punctuation, digits,
// white space, emoji) lies in a range. Owner: plugins/text-filters. Stateless, any thread.
#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost {
namespace {

class SpecialCharactersFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("special_characters_filter")
          .summary(
              "Keeps records whose share of special characters (punctuation, digits, white space, "
              "emoji) lies in a range.")
          .params(OPHOST_FILTER_PARAMS(TEXT_FILTERS_BOUND("min_ratio", "number", "0.0",
                                                          "Least share of special characters."),
                                       TEXT_FILTERS_BOUND("max_ratio", "number", "0.25",
                                                          "Greatest share of special characters.")))
          .reads("$text_key")
          .writes("__dj__stats__.special_char_ratio:f64")
          .promises(kPure | kConcurrent)
          .example("special_characters_filter:\n  max_ratio: 0.25\n");

  SpecialCharactersFilter(const Params& params, Host)
      : RangeFilter(params, "min_ratio", "max_ratio") {}

  double stat(std::string_view text) const {
    const textkit::ClassCount count = textkit::count_special(text);
    return share(count.members, count.characters);
  }
};

}  // namespace

OPHOST_OPERATOR(special_characters_filter, SpecialCharactersFilter);

}  // namespace ophost
