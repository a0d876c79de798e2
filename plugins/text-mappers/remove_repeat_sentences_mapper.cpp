// remove_repeat_sentences_mapper: removes the sentences of a text that occurred before in it.
// Owner: plugins/text-mappers. One instance per worker (it keeps buffers).
//
// The reference inserts a \n behind sentence ends with four substitutions, in this order:
//   1 ([.。!！？\?])([^’”])   2 (\.{6})([^’”])   3 (…{2})([^’”])   4 ([.。!！？?{6}…2][’”])([^’”])
// Each consumes the character behind the end. After 1 no six dots stand together any more, so 2
// never matches and is left out.
#include <unordered_set>

#include "ophost/ophost.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"
#include "plugins/textkit/words.hpp"

namespace ophost {
namespace {

constexpr std::string_view kEllipses = "\xe2\x80\xa6\xe2\x80\xa6";

bool is_closing_quote(char32_t c) {
  return c == 0x2019 || c == 0x201d;
}

bool is_sentence_end(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

bool is_end_before_quote(char32_t c) {
  return is_sentence_end(c) || c == '{' || c == '6' || c == '}' || c == 0x2026 || c == '2';
}

// Copies `text` to `out` with a \n behind every end that a character other than a closing quote
// follows. ends(p, end) moves `p` behind the end that begins there, or returns false.
template <typename Ends>
void break_behind(std::string_view text, const char (&leads)[5], Ends ends, std::string& out) {
  out.clear();
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* copied = p;
  while ((p = textkit::find_any(p, end, leads)) != end) {
    const char* behind = p;
    if (!ends(behind, end)) {
      p += textkit::char_bytes(*p);
      continue;
    }
    const char* next = behind;
    if (behind == end || is_closing_quote(textkit::next_char(next))) {
      p += textkit::char_bytes(*p);
      continue;
    }
    out.append(copied, behind);
    out += '\n';
    copied = behind;
    p = next;
  }
  out.append(copied, end);
}

class RemoveRepeatSentencesMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_repeat_sentences_mapper")
          .summary("Removes the sentences of a text that occurred before in it.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("lowercase", "boolean", "false", "Compare sentences in lower case."),
              OPHOST_PARAM("ignore_special_character", "boolean", "true",
                           "Compare only letters a-z, digits, Chinese characters and blanks."),
              OPHOST_PARAM("min_repeat_sentence_length", "integer", "2",
                           "Sentences with fewer characters to compare always stay."),
              "\"tokenizer\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":\"A "
              "Python "
              "function that splits sentences. Not available in this plugin.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("remove_repeat_sentences_mapper:\n  lowercase: true\n");

  RemoveRepeatSentencesMapper(const Params& params, Host)
      : lowercase_(params.get_bool("lowercase")),
        plain_only_(params.get_bool("ignore_special_character")),
        least_(params.get_int("min_repeat_sentence_length")) {
    if (!params.is_null("tokenizer")) {
      throw ConfigError(
          "remove_repeat_sentences_mapper: 'tokenizer' is Python code, which this plugin cannot "
          "run; "
          "leave it out to split at punctuation");
    }
  }

  bool map(std::string_view text, std::string& out) {
    if (seen_.bucket_count() > kManyBuckets) seen_ = {};  // clearing costs by buckets, not by keys
    seen_.clear();
    keys_.clear();
    // Lowering may grow a text by half: the views in seen_ must never move.
    keys_.reserve(textkit::lower_capacity(text.size()));
    std::size_t at = 0;
    while (true) {
      const std::size_t stop = std::min(text.find('\n', at), text.size());
      if (stop != at) keep_new(text.substr(at, stop - at), out);
      if (stop == text.size()) break;
      out += '\n';
      at = stop + 1;
    }
    return out.size() != text.size();
  }

 private:
  struct Hash {
    std::size_t operator()(std::string_view key) const { return textkit::hash_bytes(key); }
  };

  // Appends the sentences of a line that are new, or too short to count.
  void keep_new(std::string_view line, std::string& out) {
    std::string_view rest = broken(line);
    while (true) {
      const std::size_t stop = std::min(rest.find('\n'), rest.size());
      const std::string_view sentence = rest.substr(0, stop);
      if (is_new(sentence)) out.append(sentence);
      if (stop == rest.size()) return;
      rest.remove_prefix(stop + 1);
    }
  }

  // The line with a \n behind every sentence; a view into the line or a buffer.
  std::string_view broken(std::string_view line) {
    break_behind(
        line, {'.', '!', '?', '\xe3', '\xef'},
        [](const char*& p, const char*) { return is_sentence_end(textkit::next_char(p)); }, one_);
    if (one_.find('\xe2') == std::string::npos) return one_;
    break_behind(
        one_, {'\xe2', '\xe2', '\xe2', '\xe2', '\xe2'},
        [](const char*& p, const char* end) {
          if (!std::string_view(p, static_cast<std::size_t>(end - p)).starts_with(kEllipses)) {
            return false;
          }
          p += kEllipses.size();
          return true;
        },
        two_);
    break_before_quotes(two_, one_);
    return one_;
  }

  // Substitution 4: looks for the closing quote and back at the character before it.
  static void break_before_quotes(std::string_view text, std::string& out) {
    out.clear();
    const char* p = text.data();
    const char* const end = p + text.size();
    const char* copied = p;
    const char* first = p;  // no match begins before it
    while ((p = textkit::find_any(p, end, {'\xe2', '\xe2', '\xe2', '\xe2', '\xe2'})) != end) {
      const char* before = p;
      const bool quote = is_closing_quote(textkit::next_char(p));
      const char* next = p;
      if (!quote || before == first || !is_end_before_quote(textkit::previous_char(before)) ||
          p == end || is_closing_quote(textkit::next_char(next))) {
        continue;
      }
      out.append(copied, p);
      out += '\n';
      copied = p;
      first = p = next;
    }
    out.append(copied, end);
  }

  bool is_new(std::string_view sentence) {
    const std::size_t begin = keys_.size();
    std::string_view key = textkit::strip(sentence);
    if (lowercase_) {
      textkit::lower(key, lowered_);
      key = lowered_;
    }
    if (plain_only_) {
      append_plain(key);
    } else {
      keys_.append(key);
    }
    key = std::string_view(keys_).substr(begin);
    if (static_cast<std::int64_t>(textkit::count_chars(key)) < least_) return true;
    return seen_.insert(key).second;
  }

  // Appends the characters of [a-zA-Z0-9\u4e00-\u9fa5\n\t ] to keys_.
  void append_plain(std::string_view key) {
    const char* p = key.data();
    const char* const end = p + key.size();
    const char* run = p;
    while (p != end) {
      const char* const at = p;
      const char32_t c = textkit::next_char(p);
      const bool plain = c < 0x80
                             ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                                   c == ' ' || c == '\t' || c == '\n'
                             : c >= 0x4e00 && c <= 0x9fa5;
      if (plain) continue;
      keys_.append(run, at);
      run = p;
    }
    keys_.append(run, end);
  }

  static constexpr std::size_t kManyBuckets = 4096;

  bool lowercase_, plain_only_;
  std::int64_t least_;
  std::string one_, two_, lowered_;
  std::string keys_;  // the compared form of all sentences of the text, one after the other
  std::unordered_set<std::string_view, Hash> seen_;
};

}  // namespace

OPHOST_OPERATOR(remove_repeat_sentences_mapper, RemoveRepeatSentencesMapper);

}  // namespace ophost
