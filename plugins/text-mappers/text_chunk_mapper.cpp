// text_chunk_mapper: splits a record into several by length, by a pattern, or both.
// Owner: plugins/text-mappers. One instance per worker (the pattern keeps match data inside).
#include <optional>

#include "ophost/ophost.hpp"
#include "plugins/textkit/hf_tokenizer.hpp"
#include "plugins/textkit/pyregex.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class TextChunkMapper {
 public:
  static constexpr auto kInfo =
      flat_mapper("text_chunk_mapper")
          .summary(
              "Splits the text into chunks, each a record of its own with the other fields "
              "repeated.")
          .params(OPHOST_PARAMS(
              "\"max_len\":{\"type\":[\"integer\",\"null\"],\"default\":null,\"description\":"
              "\"Greatest "
              "length of a chunk in characters; null: no limit.\"}",
              "\"split_pattern\":{\"type\":[\"string\",\"null\"],\"default\":\"\\\\n\\\\n\","
              "\"description\":\"Python regular expression (re module) between chunks; null: cut "
              "by "
              "length alone.\"}",
              OPHOST_PARAM("overlap_len", "integer", "0",
                           "Characters that a chunk cut by length shares with the one before."),
              "\"tokenizer\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":"
              "\"Measure "
              "in tokens of this Hugging Face tokenizer, the folder of a tokenizer.json: a "
              "resource "
              "name or an absolute path; null: in characters.\"}",
              OPHOST_PARAM("trust_remote_code", "boolean", "false",
                           "Not used: no code of a tokenizer is run.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("text_chunk_mapper:\n  max_len: 2000\n  overlap_len: 100\n");

  TextChunkMapper(const Params& params, Host host) {
    if (!params.is_null("tokenizer")) tokenizer_.emplace(host, params.get_string("tokenizer"));
    const std::int64_t overlap = params.get_int("overlap_len");
    if (!params.is_null("max_len")) {
      const std::int64_t limit = params.get_int("max_len");
      if (limit < 1 || overlap < 0 || overlap >= limit) {
        throw ConfigError("text_chunk_mapper: 'max_len' is " + std::to_string(limit) +
                          " and 'overlap_len' is " + std::to_string(overlap) +
                          "; expected 0 <= overlap_len < max_len");
      }
      limit_ = static_cast<std::size_t>(limit);
      overlap_ = static_cast<std::size_t>(overlap);
    }
    if (!params.is_null("split_pattern")) {
      pattern_.emplace(params.get_string("split_pattern"), textkit::RegexFlavor::kRe);
    }
    if (limit_ == 0 && !pattern_) {
      throw ConfigError(
          "text_chunk_mapper: 'max_len' and 'split_pattern' are both null; at least one is needed");
    }
  }

  void map(std::string_view text, Emit& emit) {
    if (limit_ == 0) {
      for (const auto& piece : pattern_->split(text)) {
        if (piece && !textkit::strip(*piece).empty()) emit(*piece);
      }
      return;
    }
    if (tokenizer_) return chunk_tokens(text, emit);
    std::size_t left = textkit::count_chars(text);
    if (left <= limit_) return emit(text);
    if (pattern_) return chunk_by_both(text, left, emit);
    for (; left > 0; left -= std::min(left, limit_ - overlap_)) {
      emit(text.substr(0, textkit::prefix_bytes(text, limit_)));
      text.remove_prefix(textkit::prefix_bytes(text, limit_ - overlap_));
    }
  }

 private:
  // Ends each chunk at the last match within the limit, or at the limit where there is none.
  void chunk_by_both(std::string_view text, std::size_t left, Emit& emit) {
    while (left > limit_) {
      const std::string_view window = text.substr(0, textkit::prefix_bytes(text, limit_));
      std::string_view chunk = window;
      std::size_t next = std::string_view::npos;
      pattern_->for_each(window, [&](const textkit::RegexMatch& m) {
        chunk = window.substr(0, m.begin());
        next = m.end();
        return true;
      });
      if (next == std::string_view::npos) {
        next = textkit::prefix_bytes(window, limit_ - overlap_);
      } else if (next == 0) {
        throw RecordError("'split_pattern' matches nothing but the empty begin of " +
                          std::to_string(left) + " remaining characters: no chunk would ever end");
      }
      if (!textkit::strip(chunk).empty()) emit(chunk);
      left -= textkit::count_chars(text.substr(0, next));
      text.remove_prefix(next);
    }
    emit(text);
  }

  // The same measured in tokens, special ones included; what was cut is their decoded text.
  void chunk_tokens(std::string_view text, Emit& emit) {
    auto tokens = tokenizer_->encode(text, true);
    if (tokens.size() <= limit_) return emit(text);
    if (!pattern_) {
      for (std::size_t at = 0; at < tokens.size(); at += limit_ - overlap_) {
        emit(tokenizer_->decode(tokens.subspan(at, std::min(limit_, tokens.size() - at))));
      }
      return;
    }
    const std::size_t most = tokens.size() + kSpareChunks;
    std::string rest(text);
    for (std::size_t chunks = 0; tokens.size() > limit_; ++chunks) {
      if (chunks == most) {
        throw RecordError(
            "cutting by 'tokenizer' and 'split_pattern' comes to no end: the text "
            "does not get shorter");
      }
      const std::string window = tokenizer_->decode(tokens.first(limit_));
      std::string_view chunk = window;
      std::size_t next = std::string_view::npos;
      pattern_->for_each(window, [&](const textkit::RegexMatch& m) {
        chunk = std::string_view(window).substr(0, m.begin());
        next = m.end();
        return true;
      });
      if (!textkit::strip(chunk).empty()) emit(chunk);
      if (next == std::string_view::npos) {
        rest = tokenizer_->decode(tokens.subspan(limit_ - overlap_));
      } else {
        // By characters: the decoded text need not be the text's own beginning.
        const std::size_t read = textkit::count_chars(std::string_view(window).substr(0, next));
        rest.erase(0, textkit::prefix_bytes(rest, read));
      }
      tokens = tokenizer_->encode(rest, true);
    }
    emit(rest);
  }

  static constexpr std::size_t kSpareChunks = 16;  // for tokenizers that add tokens to every text
  std::size_t limit_ = 0;                          // 0 = none
  std::size_t overlap_ = 0;
  std::optional<textkit::PyRegex> pattern_;
  std::optional<textkit::HfTokenizer> tokenizer_;
};

}  // namespace

OPHOST_OPERATOR(text_chunk_mapper, TextChunkMapper);

}  // namespace ophost
