// HTML5's tokenizer. See html5_tokenizer.hpp.
#include "plugins/html/html5_tokenizer.hpp"

#include <algorithm>
#include <vector>

#include "plugins/html/entities.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::html {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\f';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool same_letters(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

void Html5Tokenizer::run() {
  while (!at_end()) {
    if (model_ == ContentModel::kData) {
      data();
    } else {
      raw_text();
    }
  }
}

void Html5Tokenizer::data() {
  const std::size_t stop = std::min(text_.find_first_of("<&", at_), text_.size());
  emit(at_, stop);
  at_ = stop;
  if (at_end()) return;
  if (text_[at_] == '&') return reference();
  markup();
}

void Html5Tokenizer::emit_raw(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const std::size_t stop = std::min(text_.find('\0', begin), end);
    emit(begin, stop);
    if (stop < end) sink_.characters(kReplacement);
    begin = stop + 1;
  }
}

// Whether "</name" stands at `at`, with something behind it that ends the name.
bool Html5Tokenizer::is_end_of(std::size_t at, std::string_view name) const {
  if (!text_.substr(at).starts_with("</") || !same_letters(text_.substr(at + 2, name.size()), name))
    return false;
  const std::size_t behind = at + 2 + name.size();
  return behind < text_.size() &&
         (is_space(text_[behind]) || text_[behind] == '/' || text_[behind] == '>');
}

std::size_t Html5Tokenizer::find_raw_end() const {
  for (std::size_t at = at_; (at = text_.find("</", at)) != kNone; at += 2) {
    if (is_end_of(at, last_start_)) return at;
  }
  return text_.size();
}

// </script>, unless it belongs to a <script> inside <!-- -->.
std::size_t Html5Tokenizer::find_script_end() const {
  bool escaped = false, twice = false;
  const auto names_script = [&](std::size_t at) {
    const std::size_t behind = at + 6;
    return same_letters(text_.substr(at, 6), "script") && behind < text_.size() &&
           (is_space(text_[behind]) || text_[behind] == '/' || text_[behind] == '>');
  };
  for (std::size_t at = at_; (at = text_.find_first_of("<-", at)) != kNone;) {
    const std::string_view rest = text_.substr(at);
    if (escaped && rest.starts_with("-->")) {
      escaped = twice = false;
      at += 3;
    } else if (!escaped && rest.starts_with("<!--")) {
      escaped = true;
      at += 2;  // its dashes may be those of "-->"
    } else if (!twice && is_end_of(at, last_start_)) {
      return at;
    } else if (escaped && !twice && rest[0] == '<' && names_script(at + 1)) {
      twice = true;
      at += 7;
    } else if (twice && rest.starts_with("</") && names_script(at + 2)) {
      twice = false;
      at += 8;
    } else {
      ++at;
    }
  }
  return text_.size();
}

void Html5Tokenizer::raw_text() {
  if (model_ == ContentModel::kPlaintext) {
    emit_raw(at_, text_.size());
    at_ = text_.size();
    return;
  }
  const std::size_t end = model_ == ContentModel::kScript ? find_script_end() : find_raw_end();
  if (model_ == ContentModel::kRcdata) {
    while (at_ < end) {
      const std::size_t stop = std::min(text_.find('&', at_), end);
      emit_raw(at_, stop);
      at_ = stop;
      if (at_ < end) reference();
    }
  } else {
    emit_raw(at_, end);
  }
  at_ = end;
  model_ = ContentModel::kData;
  if (!at_end()) markup();
}

void Html5Tokenizer::reference() {
  const std::size_t begin = at_++;
  if (peek() == '#') {
    const bool hex = lower(peek(1)) == 'x';
    std::size_t at = at_ + (hex ? 2 : 1);
    const std::size_t digits = at;
    char32_t value = 0;
    for (; at < text_.size(); ++at) {
      const char c = lower(text_[at]);
      if (!is_digit(c) && !(hex && c >= 'a' && c <= 'f')) break;
      const int digit = is_digit(c) ? c - '0' : c - 'a' + 10;
      if (value < 0x110000) value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit);
    }
    if (at == digits) return emit(begin, at_ = at);
    if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = 0xFFFD;
    if (at < text_.size() && text_[at] == ';') ++at;
    at_ = at;
    std::string decoded;
    textkit::append_char(decoded, legacy_character(value));
    return sink_.characters(decoded);
  }
  const std::size_t used =
      is_letter(peek()) || is_digit(peek()) ? longest_entity(text_.substr(at_)) : 0;
  if (used == 0) return emit(begin, at_);
  const std::string_view name = text_.substr(at_, used);
  at_ += used;
  sink_.characters(entity(name));
}

void Html5Tokenizer::skip_past(std::string_view mark) {
  const std::size_t found = text_.find(mark, at_);
  at_ = found == kNone ? text_.size() : found + mark.size();
}

void Html5Tokenizer::markup() {
  const std::size_t begin = at_;
  const char next = peek(1);
  if (is_letter(next)) {
    ++at_;
    return tag(true);
  }
  if (next == '!') return declaration();
  if (next == '?') {
    skip_past(">");
    return sink_.comment();
  }
  if (next == '/') {
    if (is_letter(peek(2))) {
      at_ += 2;
      return tag(false);
    }
    if (at_end(2)) return emit(begin, at_ = begin + 2);
    if (peek(2) == '>') {
      at_ += 3;
      return;
    }
    skip_past(">");
    return sink_.comment();
  }
  emit(begin, at_ = begin + 1);
}

void Html5Tokenizer::declaration() {
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("<!--")) {
    at_ += 4;
    if (peek() == '>') {
      ++at_;
    } else if (text_.substr(at_).starts_with("->")) {
      at_ += 2;
    } else {
      const std::size_t dashes = at_;
      for (at_ = text_.find("--", dashes); at_ != kNone; at_ = text_.find("--", at_ + 1)) {
        if (peek(2) == '>' || (peek(2) == '!' && peek(3) == '>')) break;
      }
      at_ = at_ == kNone ? text_.size() : at_ + (peek(2) == '>' ? 3 : 4);
    }
  } else if (rest.starts_with("<![CDATA[") && sink_.allows_cdata()) {
    const std::size_t begin = at_ + 9;
    const std::size_t end = std::min(text_.find("]]>", begin), text_.size());
    at_ = std::min(end + 3, text_.size());
    return emit(begin, end);
  } else {
    skip_past(">");
  }
  sink_.comment();
}

bool Html5Tokenizer::attribute(TagToken& token) {
  std::string name;
  do {
    name += lower(text_[at_++]);
  } while (!at_end() && !is_space(peek()) && peek() != '/' && peek() != '>' && peek() != '=');
  while (!at_end() && is_space(peek())) ++at_;
  std::string_view value;
  if (peek() == '=') {
    ++at_;
    while (!at_end() && is_space(peek())) ++at_;
    const char quote = peek();
    const std::size_t begin = at_;
    if (quote == '"' || quote == '\'') {
      const std::size_t end = text_.find(quote, begin + 1);
      if (end == kNone) return false;
      value = text_.substr(begin + 1, end - begin - 1);
      at_ = end + 1;
    } else {
      while (!at_end() && !is_space(peek()) && peek() != '>') ++at_;
      value = text_.substr(begin, at_ - begin);
    }
  }
  if (at_end()) return false;
  constexpr std::size_t kEnough =
      4096;  // bytes; to tell tags apart, and no list of names to search
  const std::string key = '\0' + name + '=';
  if (token.attributes.size() > kEnough) return true;
  if (token.attributes.find(key) != kNone) return true;  // the first of a name counts
  token.attributes += key;
  token.attributes += value;
  if (name == "type") token.hidden_input = same_letters(value, "hidden");
  if (name == "color" || name == "face" || name == "size") token.font_style = true;
  if (name == "encoding") {
    token.html_annotation =
        same_letters(value, "text/html") || same_letters(value, "application/xhtml+xml");
  }
  return true;
}

void Html5Tokenizer::tag(bool start) {
  const std::size_t begin = at_;
  while (!at_end() && !is_space(peek()) && peek() != '/' && peek() != '>') ++at_;
  std::string name;
  for (const char c : text_.substr(begin, at_ - begin)) {
    if (c == '\0') {
      name += kReplacement;
    } else {
      name += lower(c);
    }
  }
  TagToken token;
  for (;;) {
    while (!at_end() && is_space(peek())) ++at_;
    if (at_end()) return;  // a tag that does not end is no tag, and no text
    if (peek() == '>') break;
    if (peek() == '/') {
      ++at_;
      token.self_closing = peek() == '>' && !at_end();
      if (token.self_closing) break;
      continue;
    }
    if (!attribute(token)) {
      at_ = text_.size();
      return;
    }
  }
  ++at_;
  token.tag = known_tag(name);
  if (token.tag == Tag::kOther) {
    const auto next =
        static_cast<std::uint32_t>(Tag::kOther) + 1 + static_cast<std::uint32_t>(others_.size());
    token.tag = others_.emplace(name, static_cast<Tag>(next)).first->second;
  }
  if (start) {
    last_start_ = std::move(name);
    sink_.start_tag(token);
  } else {
    sink_.end_tag(token);
  }
}

}  // namespace ophost::html
