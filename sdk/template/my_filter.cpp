// my_filter: keeps records whose number of lines lies in a range. Put your own statistic in stat().
#include <algorithm>

#include "ophost/ophost.hpp"

class MyFilter : public ophost::RangeFilter<std::int64_t> {
 public:
  static constexpr auto kInfo =
      ophost::filter("my_filter")
          .summary("Keeps records whose number of lines lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_DECIDES("min_num", "integer", "1", "Fewest lines."),
              OPHOST_DECIDES("max_num", "integer", "9223372036854775807", "Most lines.")))
          .reads("$text_key")
          .writes("__dj__stats__.num_lines:i64")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("my_filter:\n  min_num: 1\n");

  MyFilter(const ophost::Params& params, ophost::Host)
      : RangeFilter(params, "min_num", "max_num") {}

  std::int64_t stat(std::string_view text) const {
    return text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), '\n');
  }
};

OPHOST_PLUGIN("org.example.my-plugin", "0.1.0", MyFilter);
