// maximum_line_length_filter: Keeps records whose longest line has a length in a range.
// Owner: plugins/text-filters. Stateless, any thread.
#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost {
namespace {

class MaximumLineLengthFilter : public RangeFilter<std::int64_t> {
 public:
  static constexpr auto kInfo =
      filter("maximum_line_length_filter")
          .summary("Keeps records whose longest line has a length in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_BOUND("min_len", "integer", "10", "Least length of the longest line."),
              TEXT_FILTERS_BOUND("max_len", "integer", TEXT_FILTERS_MAX_INT,
                                 "Greatest length of the longest line.")))
          .reads("$text_key")
          .writes("__dj__stats__.max_line_length:i64")
          .promises(kPure | kConcurrent)
          .example("maximum_line_length_filter:\n  max_len: 10000\n");

  MaximumLineLengthFilter(const Params& params, Host) : RangeFilter(params, "min_len", "max_len") {}

  std::int64_t stat(std::string_view text) const {
    return static_cast<std::int64_t>(textkit::longest_line(text));
  }
};

}  // namespace

OPHOST_OPERATOR(maximum_line_length_filter, MaximumLineLengthFilter);

}  // namespace ophost
