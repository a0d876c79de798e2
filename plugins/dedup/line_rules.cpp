// line_rules.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/line_rules.hpp"

#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::dedup {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

bool starts_with(std::string_view s, std::string_view head) {
  return s.substr(0, head.size()) == head;
}

// What Python's `[a-z]` matches when case is ignored: four more letters are cases of these.
bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0x130 || c == 0x131 ||
         c == 0x17f || c == 0x212a;
}

// A tag, or what looks like one: `</?[a-z][a-z0-9]*[^>]*>?` and nothing else.
bool is_tag(std::string_view s) {
  if (!starts_with(s, "<")) return false;
  s.remove_prefix(starts_with(s, "</") ? 2 : 1);
  if (s.empty()) return false;
  const char* p = s.data();
  if (!is_letter(textkit::next_char(p))) return false;
  const std::size_t close = s.find('>');
  return close == s.npos || close + 1 == s.size();
}

}  // namespace

LineRules::LineRules(const Params& params)
    : min_length_(params.get_int("min_line_length")),
      lowercase_(params.get_bool("lowercase")),
      ignore_special_(params.get_bool("ignore_special_character")),
      brackets_(params.get_bool("skip_brackets")),
      headers_(params.get_bool("skip_markdown_headers")),
      latex_(params.get_bool("skip_latex_env")),
      html_(params.get_bool("skip_html_tags")) {}

bool LineRules::exempt(std::string_view line) const {
  const std::string_view s = textkit::strip(line);
  if (static_cast<std::int64_t>(s.size()) < min_length_ ||  // bytes are no fewer than characters
      static_cast<std::int64_t>(textkit::count_chars(s)) < min_length_) {
    return true;
  }
  return (brackets_ && s.find_first_not_of("{}[]();") == s.npos) ||
         (headers_ && starts_with(s, "#")) ||
         (latex_ && (starts_with(s, "\\begin{") || starts_with(s, "\\end{"))) ||
         (html_ && is_tag(s));
}

Md5 LineRules::hash(std::string_view line, std::string& scratch) const {
  if (lowercase_) {
    textkit::lower(line, scratch);
    line = scratch;
  }
  if (ignore_special_) {
    // Deletes what \s+|\d+|[ASCII punctuation] matches; the text shrinks in its place.
    if (!lowercase_) scratch = line;
    char* out = scratch.data();
    for (const char *p = scratch.data(), *end = p + scratch.size(); p != end;) {
      const char* const here = p;
      const char32_t c = textkit::next_char(p);
      if (is_ascii_punctuation(c) ||
          textkit::has_class(c, textkit::kPySpace | textkit::kPyDecimal)) {
        continue;
      }
      for (const char* from = here; from != p;) *out++ = *from++;
    }
    scratch.resize(static_cast<std::size_t>(out - scratch.data()));
    line = scratch;
  }
  return md5(textkit::strip(line));
}

}  // namespace ophost::dedup
