// The plugin org.ophost.hf-tokenizer: token_num_filter keeps records whose number of tokens lies in
// a range. Owner: plugins/hf-tokenizer. One instance per worker (it keeps buffers).
#include "ophost/ophost.hpp"
#include "plugins/textkit/hf_tokenizer.hpp"

namespace ophost {
namespace {

#define TOKEN_NUM_BOUND(name, fallback, description)                    \
  "\"" name "\":{\"type\":[\"integer\",\"null\"],\"default\":" fallback \
  ",\"x-decides\":true,\"description\":\"" description "\"}"

class TokenNumFilter : public RangeFilter<std::int64_t> {
 public:
  static constexpr auto kInfo =
      filter("token_num_filter")
          .summary(
              "Keeps records whose number of tokens of a Hugging Face tokenizer lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              OPHOST_PARAM("hf_tokenizer", "string", "\"EleutherAI/pythia-6.9b-deduped\"",
                           "Folder of the tokenizer's tokenizer.json: a resource name or an "
                           "absolute path."),
              TOKEN_NUM_BOUND("min_num", "10", "Least number of tokens."),
              TOKEN_NUM_BOUND("max_num", "9223372036854775807", "Greatest number of tokens.")))
          .reads("$text_key")
          .writes("__dj__stats__.num_token:i64")
          .promises(kPure)
          .cost("expensive")
          .example("token_num_filter:\n  min_num: 10\n  max_num: 100000\n");

  TokenNumFilter(const Params& params, Host host)
      : RangeFilter(params, "min_num", "max_num"),
        tokenizer_(host, params.get_string("hf_tokenizer")) {}

  std::int64_t stat(std::string_view text) {
    return static_cast<std::int64_t>(tokenizer_.encode(text, false).size());
  }

 private:
  textkit::HfTokenizer tokenizer_;
};

}  // namespace

OPHOST_OPERATOR(token_num_filter, TokenNumFilter);

}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.hf-tokenizer", OPHOST_VERSION,
                 &ophost::ophost_operator_token_num_filter);
