// The plugin org.ophost.perplexity: perplexity_filter keeps records whose text a language model
// finds neither too predictable nor too odd. Owner: plugins/perplexity. One instance per worker (it
// keeps buffers); the models are shared.
#include <charconv>
#include <cmath>
#include <iterator>

#include "ophost/ophost.hpp"
#include "plugins/perplexity/ngram_model.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

#define PERPLEXITY_BOUND(name, fallback, description)                  \
  "\"" name "\":{\"type\":[\"number\",\"null\"],\"default\":" fallback \
  ",\"x-decides\":true,\"description\":\"" description "\"}"

// Python's round(x, 1): the double nearest to the decimal with one digit behind the point that is
// nearest to the exact value of `x`; of two equally near, the one with an even last digit.
double round_to_tenth(double x) {
  char digits[400];  // 309 digits of the greatest double, the point and a digit
  const auto written = std::to_chars(digits, std::end(digits), x, std::chars_format::fixed, 1);
  std::from_chars(digits, written.ptr, x);
  return x;
}

class PerplexityFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("perplexity_filter")
          .summary(
              "Keeps records whose perplexity under a KenLM model over sentencepiece pieces lies "
              "in "
              "a range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_PARAM("lang", "string", "\"en\"",
                           "Language of the models, the resources {lang}.sp.model and "
                           "{lang}.arpa.bin (an ARPA text file or KenLM's binary format with "
                           "probing hash tables)."),
              PERPLEXITY_BOUND("min_ppl", "0", "Least perplexity."),
              PERPLEXITY_BOUND("max_ppl", "1500", "Greatest perplexity.")))
          .reads("$text_key")
          .writes("__dj__stats__.perplexity:f64")
          .promises(kPure)
          .cost("expensive")
          .example("perplexity_filter:\n  lang: en\n  max_ppl: 1500\n");

  PerplexityFilter(const Params& params, Host host)
      : RangeFilter(params, "min_ppl", "max_ppl"),
        pieces_(host.resource(params.get_string("lang") + ".sp.model")),
        model_(NgramModel::open(host.resource(params.get_string("lang") + ".arpa.bin"))) {}

  double stat(std::string_view text) {
    joined_.clear();
    for (const std::string_view piece : pieces_.pieces(text)) {
      if (!joined_.empty()) joined_ += ' ';
      joined_ += piece;
    }
    score_ = 0;
    words_ = 0;
    const char* const end = joined_.data() + joined_.size();
    const char* line = joined_.data();
    for (const char* p = line; p != end;) {  // str.splitlines
      const char* const at = p;
      const char32_t c = textkit::next_char(p);
      if (!textkit::has_class(c, textkit::kLineBreak)) continue;
      add_line({line, static_cast<std::size_t>(at - line)});
      if (c == U'\r' && p != end && *p == '\n') ++p;
      line = p;
    }
    if (line != end) add_line({line, static_cast<std::size_t>(end - line)});
    if (words_ == 0) return 0.0;
    const double perplexity = std::pow(10.0, -score_ / static_cast<double>(words_));
    if (!std::isfinite(perplexity)) throw RecordError("the perplexity is too great for a number");
    return round_to_tenth(perplexity);
  }

 private:
  void add_line(std::string_view line) {
    score_ += static_cast<double>(model_->score(line));
    ++words_;  // the end of the line
    bool inside = false;
    for (const char *p = line.data(), *end = p + line.size(); p != end;) {  // str.split
      const bool space = textkit::has_class(textkit::next_char(p), textkit::kPySpace);
      words_ += !space && !inside;
      inside = !space;
    }
  }

  textkit::PieceScanner pieces_;
  std::shared_ptr<const NgramModel> model_;
  std::string joined_;
  double score_ = 0;
  std::size_t words_ = 0;
};

}  // namespace

OPHOST_OPERATOR(perplexity_filter, PerplexityFilter);

}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.perplexity", OPHOST_VERSION,
                 &ophost::ophost_operator_perplexity_filter);
