// A filter: keeps records whose share of digits lies in a range. The statistic is computed here,
// the range is RangeFilter's, so that a moved threshold recomputes no statistic.
#include <algorithm>

#include "ophost/ophost.hpp"

class DigitRatioFilter : public ophost::RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      ophost::filter("example_digit_ratio_filter")
          .summary("Keeps records whose share of ASCII digits among all bytes lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_DECIDES("min_ratio", "number", "0.0", "Least share of digits."),
              OPHOST_DECIDES("max_ratio", "number", "0.2", "Greatest share of digits.")))
          .reads("$text_key")
          .writes("__dj__stats__.digit_ratio:f64")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("example_digit_ratio_filter:\n  max_ratio: 0.2\n");

  DigitRatioFilter(const ophost::Params& params, ophost::Host)
      : RangeFilter(params, "min_ratio", "max_ratio") {}

  double stat(std::string_view text) const {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto digits = std::count_if(text.begin(), text.end(), is_digit);
    return text.empty() ? 0.0 : static_cast<double>(digits) / static_cast<double>(text.size());
  }
};

OPHOST_PLUGIN("org.example.digit-ratio", "1.0.0", DigitRatioFilter);
