// Words, decisions, and the sentences between them. Owner: plugins/sentences.
#include "plugins/sentences/punkt.hpp"

#include <algorithm>
#include <iterator>

#include "plugins/sentences/letter_case.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

using textkit::has_class;

constexpr std::size_t kNone = std::string_view::npos;

char32_t char_at(std::string_view s, std::size_t at) {
  const char* p = s.data() + at;
  return textkit::next_char(p);
}
bool is_space_at(std::string_view s, std::size_t at) {
  return at < s.size() && has_class(char_at(s, at), textkit::kPySpace);
}
std::size_t skip_space(std::string_view s, std::size_t at) {
  while (is_space_at(s, at)) at += textkit::char_bytes(s[at]);
  return at;
}
std::size_t skip_word(std::string_view s, std::size_t at) {
  while (at < s.size() && !is_space_at(s, at)) at += textkit::char_bytes(s[at]);
  return at;
}
bool is_end(char c) {
  return c == '.' || c == '?' || c == '!';
}
bool is_curly_quote(char32_t c) {
  return c == U'‘' || c == U'’' || c == U'“' || c == U'”' || c == U'«' || c == U'»';
}
// Characters that no word contains.
bool is_outside_words(char32_t c) {
  return is_curly_quote(c) ||
         (c < 0x80 && c != 0 &&
          std::string_view(")\";}]*:@'({[?!").find(static_cast<char>(c)) != kNone);
}
// A letter in the sense of regular expressions: a word character but no digit.
bool is_letter(char32_t c) {
  return has_class(c, textkit::kReWord) && !has_class(c, textkit::kPyDecimal);
}

// Bytes of the dashes, dots, or dots with single blanks between them that begin at `at`; 0: none.
std::size_t run_at(std::string_view s, std::size_t at) {
  if (at >= s.size() || (s[at] != '-' && s[at] != '.')) return 0;
  const std::size_t end = std::min(s.find_first_not_of(s[at], at), s.size());
  if (end - at >= 2) return end - at;
  if (s[at] == '-') return 0;
  std::size_t dots = 1, last = at;
  while (is_space_at(s, last + 1)) {
    const std::size_t next = last + 1 + textkit::char_bytes(s[last + 1]);
    if (next >= s.size() || s[next] != '.') break;
    last = next;
    ++dots;
  }
  return dots >= 3 ? last + 1 - at : 0;
}

// Whether a word can end before `at`.
bool ends_word(std::string_view s, std::size_t at) {
  return at >= s.size() || is_space_at(s, at) || is_outside_words(char_at(s, at)) ||
         run_at(s, at) != 0;
}

struct Token {
  explicit Token(std::string_view text) : tok(text) {
    textkit::lower(text, type);
    if (is_number()) type = "##number##";
  }

  bool period_final() const { return tok.back() == '.'; }
  bool is_ellipsis() const { return tok.size() >= 2 && tok.find_first_not_of('.') == kNone; }
  bool is_initial() const {
    const std::size_t first = textkit::char_bytes(tok[0]);
    return tok.size() == first + 1 && tok.back() == '.' && is_letter(char_at(tok, 0));
  }
  std::string_view type_no_period() const {
    const std::string_view t = type;
    return t.size() > 1 && t.back() == '.' ? t.substr(0, t.size() - 1) : t;
  }
  std::string_view type_no_sentence_period() const {
    return sentence_break ? type_no_period() : std::string_view(type);
  }

  std::string_view tok;
  std::string type;  // lower case; "##number##" for every number
  bool sentence_break = false, abbreviation = false, ellipsis = false;

 private:
  // -?[.,]?\d[\d,.-]*
  bool is_number() const {
    std::size_t at = type[0] == '-' ? 1 : 0;
    if (at < type.size() && (type[at] == '.' || type[at] == ',')) ++at;
    if (at >= type.size() || !has_class(char_at(type, at), textkit::kPyDecimal)) return false;
    for (; at < type.size(); at += textkit::char_bytes(type[at])) {
      const char32_t c = char_at(type, at);
      if (c != U',' && c != U'.' && c != U'-' && !has_class(c, textkit::kPyDecimal)) return false;
    }
    return true;
  }
};

// Whether a token begins a sentence, by the cases it was seen in.
enum class Begins { kYes, kNo, kUnknown };

class Judge {
 public:
  explicit Judge(const PunktParameters& params) : params_(params) {}

  // Whether a sentence ends within `context`, before its last token.
  bool has_break(std::string_view context) {
    tokens_.clear();
    for (std::size_t at = 0; at <= context.size();) {
      const std::size_t end = std::min(context.find('\n', at), context.size());
      punkt_words(context.substr(at, end - at), words_);
      for (const std::string_view w : words_) tokens_.emplace_back(w);
      at = end + 1;
    }
    for (Token& t : tokens_) mark(t);
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
      reconsider(tokens_[i], tokens_[i + 1]);
      if (tokens_[i].sentence_break) return true;
    }
    return false;
  }

 private:
  // By the token alone.
  void mark(Token& t) const {
    if (t.tok.size() == 1 && is_end(t.tok[0])) {
      t.sentence_break = true;
    } else if (t.is_ellipsis()) {
      t.ellipsis = true;
    } else if (t.period_final() && !t.tok.ends_with("..")) {
      std::string word;
      textkit::lower(t.tok.substr(0, t.tok.size() - 1), word);
      const std::string_view whole = word;
      const std::string_view after_dash = whole.substr(whole.rfind('-') + 1);
      t.abbreviation = params_.is_abbreviation(whole) || params_.is_abbreviation(after_dash);
      t.sentence_break = !t.abbreviation;
    }
  }

  // By the token and the one behind it.
  void reconsider(Token& t, const Token& next) const {
    if (!t.period_final()) return;
    const std::string_view type = t.type_no_period();
    const std::string_view next_type = next.type_no_sentence_period();
    const bool initial = t.is_initial();
    const auto join = [&t] {
      t.sentence_break = false;
      t.abbreviation = true;
    };
    if (params_.is_collocation(type, next_type)) return join();
    const bool next_upper = is_upper(char_at(next.tok, 0));
    if ((t.abbreviation || t.ellipsis) && !initial &&
        (begins_sentence(next) == Begins::kYes || (next_upper && params_.is_starter(next_type)))) {
      t.sentence_break = true;
      return;
    }
    if (!initial && type != "##number##") return;
    const Begins begins = begins_sentence(next);
    if (begins == Begins::kNo) return join();
    if (begins == Begins::kUnknown && initial && next_upper &&
        (params_.contexts(next_type) & PunktParameters::kAnyLower) == 0) {
      join();
    }
  }

  Begins begins_sentence(const Token& t) const {
    if (t.tok.size() == 1 && std::string_view(";:,.!?").find(t.tok[0]) != kNone) return Begins::kNo;
    const std::uint32_t seen = params_.contexts(t.type_no_sentence_period());
    const char32_t first = char_at(t.tok, 0);
    if (is_upper(first) && (seen & PunktParameters::kAnyLower) != 0 &&
        (seen & PunktParameters::kMiddleUpper) == 0) {
      return Begins::kYes;
    }
    if (is_lower(first) &&
        ((seen & PunktParameters::kAnyUpper) != 0 || (seen & PunktParameters::kBeginLower) == 0)) {
      return Begins::kNo;
    }
    return Begins::kUnknown;
  }

  const PunktParameters& params_;
  std::vector<std::string_view> words_;
  std::vector<Token> tokens_;
};

struct Span {
  std::size_t begin, end;
};

// A character that may end a sentence.
struct Candidate {
  std::size_t word;  // where the word before it begins
  std::size_t at;
  std::size_t
      next;  // where the token behind the blanks begins; kNone: punctuation follows directly
};

// Calls use(candidate) for those of several within one word that come last.
template <class Use>
void for_each_candidate(std::string_view text, Use&& use) {
  Candidate before{0, 0, kNone};
  bool any = false;
  for (std::size_t at = text.find_first_of(".?!"); at != kNone;
       at = text.find_first_of(".?!", at + 1)) {
    Candidate c{before.word, at, kNone};
    if (at + 1 >= text.size()) break;
    if (!is_outside_words(char_at(text, at + 1))) {
      if (!is_space_at(text, at + 1)) continue;
      c.next = skip_space(text, at + 1);
      if (c.next == text.size()) continue;
    }
    // Of the blanks since the candidate before, the last; one at the very begin does not count.
    const std::size_t blank =
        text.substr(before.at, at - before.at).find_last_of(std::string_view(" \t\n\r\v\f", 6));
    if (blank != kNone && blank != 0) c.word = before.at + blank + 1;
    if (any && before.at <= c.word) use(before);
    before = c;
    any = true;
  }
  if (any) use(before);
}

// Bytes of the closing quotes and brackets at the begin of a sentence that belong to the one
// before.
std::size_t closing_run(std::string_view sentence) {
  std::size_t at = 0;
  while (at < sentence.size()) {
    const char32_t c = char_at(sentence, at);
    if (!is_curly_quote(c) && c != U'"' && c != U'\'' && c != U')' && c != U']' && c != U'}') break;
    at += textkit::char_bytes(sentence[at]);
  }
  const bool ends =
      at == sentence.size() || is_space_at(sentence, at) || sentence.compare(at, 2, "--") == 0;
  return ends ? at : 0;
}

}  // namespace

void punkt_words(std::string_view line, std::vector<std::string_view>& words) {
  constexpr std::string_view kNoBegin = "(\"`{[:;&#*@)}]-,";
  words.clear();
  for (std::size_t at = skip_space(line, 0); at < line.size(); at = skip_space(line, at)) {
    std::size_t size = run_at(line, at);
    if (size == 0) {
      size = textkit::char_bytes(line[at]);
      if (kNoBegin.find(line[at]) == kNone) {
        for (std::size_t end = at + size;; end += textkit::char_bytes(line[end])) {
          size = end - at;
          if (ends_word(line, end) || (line[end] == ',' && ends_word(line, end + 1))) break;
        }
      }
    }
    words.push_back(line.substr(at, size));
    at += size;
  }
}

std::vector<std::string_view> punkt_sentences(std::string_view text,
                                              const PunktParameters& params) {
  Judge judge(params);
  std::vector<Span> spans;
  std::size_t begin = 0;
  for_each_candidate(text, [&](const Candidate& c) {
    const std::size_t end =
        c.next == kNone ? c.at + 1 + textkit::char_bytes(text[c.at + 1]) : skip_word(text, c.next);
    if (!judge.has_break(text.substr(c.word, end - c.word))) return;
    spans.push_back({begin, c.at + 1});
    begin = c.next == kNone ? c.at + 1 : c.next;
  });
  const std::string_view all = textkit::strip(text);
  const std::size_t last =
      all.empty() ? 0 : static_cast<std::size_t>(all.data() + all.size() - text.data());
  spans.push_back({begin, last});

  std::vector<std::string_view> sentences;
  const auto part = [text](std::size_t from, std::size_t to) {
    return from < to ? text.substr(from, to - from) : std::string_view();
  };
  std::size_t taken = 0;  // bytes at the begin of a span that went to the sentence before
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::size_t from = spans[i].begin + taken;
    taken = 0;
    if (i + 1 < spans.size()) {
      const std::string_view next = part(spans[i + 1].begin, spans[i + 1].end);
      const std::size_t closing = closing_run(next);
      if (closing != 0) {
        sentences.push_back(part(from, spans[i + 1].begin + closing));
        taken = skip_space(next, closing);
        continue;
      }
    }
    if (const std::string_view s = part(from, spans[i].end); !s.empty()) sentences.push_back(s);
  }
  return sentences;
}

}  // namespace ophost
