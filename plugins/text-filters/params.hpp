// Schema pieces and refusals that the filters of this plugin share.
// Owner: plugins/text-filters. Used while operators are described and constructed.
#pragma once

#include <cstddef>
#include <string>

#include "ophost/ophost.hpp"

// A bound of the range; null stands for no bound. `type` is "number" or "integer".
#define TEXT_FILTERS_BOUND(name, type, fallback, description)            \
  "\"" name "\":{\"type\":[\"" type "\",\"null\"],\"default\":" fallback \
  ",\"x-decides\":true,\"description\":\"" description "\"}"

#define TEXT_FILTERS_MAX_INT "9223372036854775807"

#define TEXT_FILTERS_LANG                                                                        \
  OPHOST_PARAM("lang", "string", "\"en\"",                                                       \
               "Language of the tokenizer, whose model is the resource {lang}.sp.model; unused " \
               "without one.")

#define TEXT_FILTERS_TOKENIZATION                  \
  OPHOST_PARAM("tokenization", "boolean", "false", \
               "Take the pieces of the sentencepiece model {lang}.sp.model for words.")

namespace ophost {

// The n-gram length; 0 is allowed and makes every text one repeated empty n-gram.
inline std::size_t ngram_length(const Params& params, const char* op) {
  const std::int64_t length = params.get_int("rep_len");
  if (length < 0) {
    throw ConfigError(std::string(op) + ": 'rep_len' is " + std::to_string(length) +
                      "; expected a whole number of at least 1");
  }
  return static_cast<std::size_t>(length);
}

inline double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace ophost
