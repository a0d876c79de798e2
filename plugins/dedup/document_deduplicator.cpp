// document_deduplicator.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/document_deduplicator.hpp"

#include "plugins/dedup/md5.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::dedup {
namespace {

int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A hash that an earlier operator left: its own digest when it looks like one, else a digest of its
// text.
Md5 stored_hash(std::string_view text) {
  Md5 digest{};
  bool hex = text.size() == 32;
  for (std::size_t i = 0; hex && i < 16; ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    hex = high >= 0 && low >= 0;
    digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return hex ? digest : md5(text);
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

}  // namespace

DocumentDeduplicator::DocumentDeduplicator(const Params& params, Host)
    : lowercase_(params.get_bool("lowercase")),
      ignore_non_character_(params.get_bool("ignore_non_character")) {}

void DocumentDeduplicator::keys(const Row& row, std::uint64_t* out, std::string* hash) {
  Md5 digest;
  if (!row.is_null(1)) {
    digest = stored_hash(row.str(1));
    if (hash != nullptr) *hash = row.str(1);
  } else {
    std::string_view text = row.str(0);
    if (lowercase_) {
      textkit::lower(text, lowered_);
      text = lowered_;
    }
    if (ignore_non_character_) {
      // Deletes what \s+|\d+|[ASCII punctuation] matches.
      kept_.clear();
      const char* at = text.data();
      const char* const end = at + text.size();
      while (at != end) {
        const char* const here = at;
        const char32_t c = textkit::next_char(at);
        if (!is_ascii_punctuation(c) &&
            !textkit::has_class(c, textkit::kRegexSpace | textkit::kRegexDigit)) {
          kept_.append(here, at);
        }
      }
      text = kept_;
    }
    digest = md5(textkit::strip(text));
    if (hash != nullptr) *hash = digest.hex();
  }
  out[0] = digest.word(0);
  out[1] = digest.word(8);
}

}  // namespace ophost::dedup
