// text_length_filter: Keeps records whose number of characters lies in a range.
// Owner: plugins/text-filters. Stateless, any thread.
#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost {
namespace {

class TextLengthFilter : public RangeFilter<std::int64_t> {
 public:
  static constexpr auto kInfo =
      filter("text_length_filter")
          .summary("Keeps records whose number of characters lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_BOUND("min_len", "integer", "10", "Least number of characters."),
              TEXT_FILTERS_BOUND("max_len", "integer", TEXT_FILTERS_MAX_INT,
                                 "Greatest number of characters.")))
          .reads("$text_key")
          .writes("__dj__stats__.text_len:i64")
          .promises(kPure | kConcurrent)
          .example("text_length_filter:\n  min_len: 10\n");

  TextLengthFilter(const Params& params, Host) : RangeFilter(params, "min_len", "max_len") {}

  std::int64_t stat(std::string_view text) const {
    return static_cast<std::int64_t>(textkit::count_chars(text));
  }
};

}  // namespace

OPHOST_OPERATOR(text_length_filter, TextLengthFilter);

}  // namespace ophost
