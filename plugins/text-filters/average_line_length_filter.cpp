// average_line_length_filter: Keeps records whose characters per line, line breaks included, lie in
// a range. Owner: plugins/text-filters. Stateless, any thread.
#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost {
namespace {

class AverageLineLengthFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("average_line_length_filter")
          .summary("Keeps records whose characters per line, line breaks included, lie in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_BOUND("min_len", "integer", "10", "Least average length of a line."),
              TEXT_FILTERS_BOUND("max_len", "integer", TEXT_FILTERS_MAX_INT,
                                 "Greatest average length of a line.")))
          .reads("$text_key")
          .writes("__dj__stats__.avg_line_length:f64")
          .promises(kPure | kConcurrent)
          .example("average_line_length_filter:\n  max_len: 1000\n");

  AverageLineLengthFilter(const Params& params, Host) : RangeFilter(params, "min_len", "max_len") {}

  double stat(std::string_view text) const {
    const textkit::LineCount count = textkit::count_lines(text);
    return share(count.characters, count.lines);
  }
};

}  // namespace

OPHOST_OPERATOR(average_line_length_filter, AverageLineLengthFilter);

}  // namespace ophost
