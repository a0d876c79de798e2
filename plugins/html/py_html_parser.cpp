// Tokens as Python's html.parser finds them. See py_html_parser.hpp.
#include "plugins/html/py_html_parser.hpp"

#include <algorithm>

#include "plugins/html/entities.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::html {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool ends_tag_name(char c) {
  return std::string_view("\t\n\r\f />\0", 8).find(c) != kNone;
}
// Whether a text is, but for the case of ASCII letters, the given one in lower case.
bool same_letters(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}
std::string lowered(std::string_view text) {
  std::string out;
  textkit::lower(text, out);
  return out;
}

}  // namespace

std::size_t PyHtmlParser::skip_space(std::size_t at) const {
  const char* p = text_.data() + at;
  const char* const end = text_.data() + text_.size();
  while (p != end) {
    const char* next = p;
    if (!textkit::has_class(textkit::next_char(next), textkit::kPySpace)) break;
    p = next;
  }
  return static_cast<std::size_t>(p - text_.data());
}

std::size_t PyHtmlParser::skip_gap(std::size_t at, bool all_slashes) const {
  for (;;) {
    at = skip_space(at);
    if (at >= text_.size() || text_[at] != '/') return at;
    if (!all_slashes && at + 1 < text_.size() && text_[at + 1] == '>') return at;
    ++at;
  }
}

std::pair<std::size_t, std::size_t> PyHtmlParser::find_close(std::size_t at,
                                                             std::string_view marks) const {
  // The first mark may stand at every place; between the others there may be space. "-->" is
  // written "=>" with '=' for the two dashes, which belong together.
  const bool dashes = marks[0] == '=';
  const std::string_view first = dashes ? std::string_view("--") : marks.substr(0, 1);
  for (; (at = text_.find(first, at)) != kNone; ++at) {
    std::size_t end = at + first.size();
    bool whole = true;
    for (const char mark : marks.substr(1)) {
      end = skip_space(end);
      whole = end < text_.size() && text_[end] == mark;
      if (!whole) break;
      ++end;
    }
    if (whole) return {at, end};
  }
  return {kNone, kNone};
}

// </\s*script\s*>
std::size_t PyHtmlParser::find_raw_end(std::size_t at) const {
  for (; (at = text_.find("</", at)) != kNone; ++at) {
    const std::size_t name = skip_space(at + 2);
    if (!same_letters(text_.substr(name, raw_.size()), raw_)) continue;
    const std::size_t end = skip_space(name + raw_.size());
    if (end < text_.size() && text_[end] == '>') return at;
  }
  return kNone;
}

void PyHtmlParser::run() {
  pass(false);
  pass(true);
}

void PyHtmlParser::pass(bool last) {
  while (at_ < text_.size()) {
    std::size_t stop;
    if (raw_.empty()) {
      stop = std::min(text_.find_first_of("&<", at_), text_.size());
    } else {
      stop = find_raw_end(at_);
      if (stop == kNone) return;  // what is in an open <script> counts for nothing
    }
    if (stop > at_) sink_.text(text_.substr(at_, stop - at_));
    at_ = stop;
    if (at_ == text_.size()) break;
    if (text_[at_] == '&') {
      if (!reference(last)) break;
      continue;
    }
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    std::size_t end;
    if (is_letter(next) || next == '/' || next == '?' || next == '!') {
      end = markup();
    } else if (at_ + 1 < text_.size()) {
      sink_.text("<");
      end = at_ + 1;
    } else {
      break;
    }
    if (end == kNone) {
      if (!last) break;
      end = find('>', at_ + 1);
      end = end != kNone ? end + 1 : find('<', at_ + 1);
      if (end == kNone) end = at_ + 1;
      sink_.text(text_.substr(at_, end - at_));
    }
    at_ = end;
  }
  if (last && at_ < text_.size() && raw_.empty()) {
    sink_.text(text_.substr(at_));
    at_ = text_.size();
  }
}

bool PyHtmlParser::reference(bool last) {
  const std::size_t n = text_.size();
  if (at_is(at_, "&#")) {
    std::size_t end = at_ + 2;
    const bool hex = end < n && (text_[end] == 'x' || text_[end] == 'X');
    if (hex) ++end;
    const std::size_t digits = end;
    while (end < n && (hex ? is_hex(text_[end]) : is_digit(text_[end]))) ++end;
    if (end > digits && end < n && !is_hex(text_[end])) {
      sink_.number_reference(text_.substr(at_ + 2, end - at_ - 2));
      at_ = end + (text_[end] == ';' ? 1 : 0);
      return true;
    }
    // Not one. In the first pass the rest is read anew; in the second it becomes text as it is.
    if (find(';', at_) != kNone) {
      sink_.text(text_.substr(at_, 2));
      at_ += 2;
    }
    return false;
  }
  if (at_ + 1 >= n) return false;
  if (!is_letter(text_[at_ + 1])) {
    sink_.text("&");
    ++at_;
    return true;
  }
  std::size_t end = at_ + 2;
  while (end < n && (is_letter(text_[end]) || is_digit(text_[end]) || text_[end] == '-' ||
                     text_[end] == '.')) {
    ++end;
  }
  if (end == n) {
    // A character must follow: the last that can is a dash or a dot inside the name.
    do {
      --end;
    } while (end > at_ + 1 && text_[end] != '-' && text_[end] != '.');
  }
  if (end > at_ + 1) {
    sink_.name_reference(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + (text_[end] == ';' ? 1 : 0);
    return true;
  }
  if (last && n - at_ == 2) ++at_;  // "&a" at the very end loses its "&"
  return false;
}

std::size_t PyHtmlParser::markup() {
  if (is_letter(text_[at_ + 1])) return start_tag();
  if (text_[at_ + 1] == '/') return end_tag();
  if (at_is(at_, "<!--")) return comment();
  if (text_[at_ + 1] == '?') return instruction();
  if (at_is(at_, "<![")) return marked_section();
  return declaration();
}

std::size_t PyHtmlParser::comment() {
  const auto [begin, end] = find_close(at_ + 4, "=>");
  if (begin == kNone) return kNone;
  sink_.comment(text_.substr(at_ + 4, begin - at_ - 4));
  return end;
}

std::size_t PyHtmlParser::instruction() {
  const std::size_t stop = find('>', at_ + 2);
  if (stop == kNone) return kNone;
  sink_.instruction(text_.substr(at_ + 2, stop - at_ - 2));
  return stop + 1;
}

std::size_t PyHtmlParser::bogus_comment() {
  const std::size_t stop = find('>', at_ + 2);
  if (stop == kNone) return kNone;
  sink_.comment(text_.substr(at_ + 2, stop - at_ - 2));
  return stop + 1;
}

std::size_t PyHtmlParser::declaration() {
  if (!same_letters(text_.substr(at_, 9), "<!doctype")) return bogus_comment();
  const std::size_t stop = find('>', at_ + 9);
  if (stop == kNone) return kNone;
  sink_.doctype(text_.substr(at_ + 2, stop - at_ - 2));
  return stop + 1;
}

std::size_t PyHtmlParser::marked_section() {
  const std::size_t begin = at_ + 3;
  if (begin == text_.size()) return kNone;
  std::size_t end = begin;
  if (is_letter(text_[end])) {
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]) ||
                                  std::string_view("-_.").find(text_[end]) != kNone)) {
      ++end;
    }
  }
  const std::string name = lowered(text_.substr(begin, end - begin));
  if (!name.empty() && skip_space(end) == text_.size()) return kNone;
  std::pair<std::size_t, std::size_t> close;
  if (name == "temp" || name == "cdata" || name == "ignore" || name == "include" ||
      name == "rcdata") {
    close = find_close(begin, "]]>");
  } else if (name == "if" || name == "else" || name == "endif") {
    close = find_close(begin, "]>");
  } else {
    throw RecordError("the HTML cannot be parsed: '<![' at byte " + std::to_string(at_) +
                      " is followed by '" + name + "', which begins no known section");
  }
  if (close.first == kNone) return kNone;
  sink_.marked_section(text_.substr(begin, close.first - begin));
  return close.second;
}

bool PyHtmlParser::attribute(std::size_t& at, Attribute& a) {
  const std::size_t n = text_.size();
  if (at >= n || text_[at] == '>' || text_[at] == '/') return false;
  const char* before = text_.data() + at;
  const char32_t previous = textkit::previous_char(before);
  if (previous != '\'' && previous != '"' && previous != '/' &&
      !textkit::has_class(previous, textkit::kPySpace)) {
    return false;
  }
  if (skip_space(at) != at) return false;
  std::size_t end = at + textkit::char_bytes(text_[at]);
  while (end < n && text_[end] != '/' && text_[end] != '=' && text_[end] != '>' &&
         skip_space(end) == end) {
    end += textkit::char_bytes(text_[end]);
  }
  a = {text_.substr(at, end - at), {}, false};
  const std::size_t first_sign = skip_space(end);
  std::size_t signs = first_sign;
  while (signs < n && text_[signs] == '=') ++signs;
  if (signs > first_sign) {
    std::size_t value = skip_space(signs);
    const char quote = value < n ? text_[value] : '\0';
    std::size_t stop = value;
    if (quote == '\'' || quote == '"') {
      std::size_t& none = no_quote_[quote == '"'];
      stop = value + 1 < none ? find(quote, value + 1) : kNone;
      if (stop != kNone) {
        a.value = text_.substr(value, stop + 1 - value);
        a.quoted = true;
        end = stop + 1;
      } else {
        none = std::min(none, value + 1);
        // Without its end the quote is no value; what stands before it is, if anything does.
        if (value > signs) {
          end = value;
        } else if (signs > first_sign + 1) {
          value = stop = signs - 1;
        }
      }
    }
    if (!a.quoted && stop != kNone) {
      while (stop < n && text_[stop] != '>' && skip_space(stop) == stop) {
        stop += textkit::char_bytes(text_[stop]);
      }
      a.value = text_.substr(value, stop - value);
      end = stop;
    }
  }
  at = skip_gap(end);
  return true;
}

std::size_t PyHtmlParser::start_tag() {
  const std::size_t n = text_.size();
  std::size_t name_end = at_ + 1;
  while (name_end < n && !ends_tag_name(text_[name_end])) ++name_end;
  // How far the tag goes.
  Attribute a;
  std::size_t end = skip_gap(name_end, true);
  while (attribute(end, a)) {
  }
  end = skip_space(end);
  spent_ += end - at_;
  if (spent_ > 8 * n + (std::size_t{1} << 20)) {
    throw RecordError("the HTML cannot be parsed: too many tags without an end", OPH_E_LIMIT);
  }
  if (end == n) return kNone;
  if (text_[end] == '>') {
    ++end;
  } else if (text_[end] == '/') {
    if (!at_is(end, "/>")) return kNone;
    end += 2;
  } else if (text_[end] == '=' || is_letter(text_[end])) {
    return kNone;
  }
  // Its parts.
  Attributes attributes;
  std::size_t at = skip_gap(name_end);
  while (at < end && attribute(at, a)) {
    std::string_view value = a.value;
    if (a.quoted) value = value.substr(1, value.size() - 2);
    attributes.emplace_back(lowered(a.name), unescape(value));
  }
  const std::string_view rest =
      textkit::strip(text_.substr(std::min(at, end), end - std::min(at, end)));
  if (rest != ">" && rest != "/>") {
    sink_.text(text_.substr(at_, end - at_));
    return end;
  }
  const std::string name = lowered(text_.substr(at_ + 1, name_end - at_ - 1));
  const bool self_closing = rest == "/>";
  sink_.start_tag(name, std::move(attributes), self_closing);
  if (!self_closing && (name == "script" || name == "style")) raw_ = name;
  return end;
}

std::size_t PyHtmlParser::end_tag() {
  const std::size_t stop = find('>', at_ + 1);
  if (stop == kNone) return kNone;
  // </\s*name\s*>
  const std::size_t begin = skip_space(at_ + 2);
  std::size_t end = begin;
  if (begin < text_.size() && is_letter(text_[begin])) {
    while (is_letter(text_[end]) || is_digit(text_[end]) ||
           std::string_view("-.:_").find(text_[end]) != kNone) {
      ++end;  // stops at `stop` at the latest
    }
  }
  if (end > begin && text_[skip_space(end)] == '>') {
    sink_.end_tag(lowered(text_.substr(begin, end - begin)));
    raw_.clear();
    return skip_space(end) + 1;
  }
  if (at_ + 2 < text_.size() && is_letter(text_[at_ + 2])) {
    end = at_ + 2;
    while (!ends_tag_name(text_[end])) ++end;
    const std::size_t close = find('>', skip_gap(end));
    sink_.end_tag(lowered(text_.substr(at_ + 2, end - at_ - 2)));
    return close + 1;
  }
  return at_is(at_, "</>") ? at_ + 3 : bogus_comment();
}

}  // namespace ophost::html
