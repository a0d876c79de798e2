// alphanumeric_filter: Keeps records whose share of letters and digits (any script) lies in a
// range, or those with enough letters per token. Owner: plugins/text-filters. One instance per
// worker (the tokenizer keeps buffers).
#include <optional>

#include "plugins/text-filters/params.hpp"
#include "plugins/textkit/hf_tokenizer.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class AlphanumericFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("alphanumeric_filter")
          .summary("Keeps records whose share of letters and digits (any script) lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_PARAM("tokenization", "boolean", "false",
                           "Divide the number of letters by that of the tokens of the "
                           "Hugging Face tokenizer EleutherAI/pythia-6.9b-deduped, "
                           "which must be a resource."),
              TEXT_FILTERS_BOUND("min_ratio", "number", "0.25",
                                 "Least share of letters and digits."),
              TEXT_FILTERS_BOUND("max_ratio", "number", TEXT_FILTERS_MAX_INT,
                                 "Greatest share of letters and digits.")))
          .reads("$text_key")
          .writes("__dj__stats__.${tokenization?alpha_token_ratio:alnum_ratio}:f64")
          .promises(kPure)
          .example("alphanumeric_filter:\n  min_ratio: 0.25\n");

  AlphanumericFilter(const Params& params, Host host)
      : RangeFilter(params, "min_ratio", "max_ratio") {
    if (params.get_bool("tokenization")) tokenizer_.emplace(host, "EleutherAI/pythia-6.9b-deduped");
  }

  double stat(std::string_view text) {
    if (tokenizer_) {
      std::size_t letters = 0;
      for (const char *p = text.data(), *end = p + text.size(); p != end;) {
        letters += textkit::has_class(textkit::next_char(p), textkit::kPyAlpha);
      }
      return share(letters, tokenizer_->encode(text, false).size());
    }
    const textkit::ClassCount count = textkit::count_alnum(text);
    return share(count.members, count.characters);
  }

 private:
  std::optional<textkit::HfTokenizer> tokenizer_;
};

}  // namespace

OPHOST_OPERATOR(alphanumeric_filter, AlphanumericFilter);

}  // namespace ophost
