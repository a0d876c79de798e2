// alphanumeric_filter: Keeps records whose share of letters and digits (any script) lies in a
// range. Owner: plugins/text-filters. Stateless, any thread.
#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost {
namespace {

class AlphanumericFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("alphanumeric_filter")
          .summary("Keeps records whose share of letters and digits (any script) lies in a range.")
          .params(
              OPHOST_FILTER_PARAMS(OPHOST_PARAM("tokenization", "boolean", "false",
                                                "Count tokens. Not available in this plugin."),
                                   TEXT_FILTERS_BOUND("min_ratio", "number", "0.25",
                                                      "Least share of letters and digits."),
                                   TEXT_FILTERS_BOUND("max_ratio", "number", TEXT_FILTERS_MAX_INT,
                                                      "Greatest share of letters and digits.")))
          .reads("$text_key")
          .writes("__dj__stats__.alnum_ratio:f64")
          .promises(kPure | kConcurrent)
          .example("alphanumeric_filter:\n  min_ratio: 0.25\n");

  AlphanumericFilter(const Params& params, Host) : RangeFilter(params, "min_ratio", "max_ratio") {
    if (params.get_bool("tokenization")) {
      throw ConfigError(
          "alphanumeric_filter: 'tokenization: true' needs the tokenizer "
          "EleutherAI/pythia-6.9b-deduped, which this plugin cannot load; set 'tokenization: "
          "false'");
    }
  }

  double stat(std::string_view text) const {
    const textkit::ClassCount count = textkit::count_alnum(text);
    return share(count.members, count.characters);
  }
};

}  // namespace

OPHOST_OPERATOR(alphanumeric_filter, AlphanumericFilter);

}  // namespace ophost
