// Finding LaTeX commands and environments. See latex_scan.hpp.
#include "plugins/latex/latex_scan.hpp"

#include <memory>

#include "plugins/textkit/unicode.hpp"

namespace ophost::latex {
namespace {

// \s of the regex module.
std::size_t skip_space(std::string_view text, std::size_t at) {
  const char* p = text.data() + at;
  const char* const end = text.data() + text.size();
  while (p != end) {
    const char* next = p;
    if (!textkit::has_class(textkit::next_char(next), textkit::kRegexSpace)) break;
    p = next;
  }
  return static_cast<std::size_t>(p - text.data());
}

bool stands_at(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

// Which of the names stands in `{name}` behind a \begin whose name begins at `at`; kNone if none.
std::size_t name_at(std::string_view text, std::size_t at,
                    std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text.substr(at).starts_with(names[i]) && stands_at(text, at + names[i].size(), '}')) {
      return i;
    }
  }
  return kNone;
}

// The \end tags of one environment name.
struct EndTag {
  EndTag(std::string_view text, std::string_view name)
      : tag("\\end{" + std::string(name) + "}"), last(text.rfind(tag)), next(text, tag) {}
  EndTag(const EndTag&) = delete;  // `next` looks at `tag`

  const std::string tag;
  const std::size_t last;
  NextOf next;
};

constexpr std::string_view kBegin = "\\begin{";

}  // namespace

std::vector<Environment> find_environments(std::string_view text,
                                           std::span<const std::string_view> names) {
  std::vector<std::unique_ptr<EndTag>> tags;
  for (const std::string_view name : names) tags.push_back(std::make_unique<EndTag>(text, name));
  NextOf bracket(text, "]"), brace(text, "}");
  std::vector<Environment> found;
  std::size_t from = 0;
  for (std::size_t begin; (begin = text.find(kBegin, from)) != kNone;) {
    from = begin + 1;
    const std::size_t which = name_at(text, begin + kBegin.size(), names);
    if (which == kNone) continue;
    std::size_t at = begin + kBegin.size() + names[which].size() + 1;
    EndTag& tag = *tags[which];
    if (tag.last == kNone || tag.last < at) continue;
    // The arguments, but only as far as an \end follows on them: one that stands inside an argument
    // counts when there is no other.
    std::size_t body = at;
    const auto skip = [&](char open, NextOf& close) {
      while (stands_at(text, at, open) && close(at + 1) != kNone) {
        at = close(at + 1) + 1;
        if (at <= tag.last) body = at;
      }
    };
    skip('[', bracket);
    skip('{', brace);
    const std::size_t end = tag.next(body);
    found.push_back({{begin, end + tag.tag.size()}, {body, end}});
    from = end + tag.tag.size();
  }
  return found;
}

std::string without_environments(std::string_view text, std::span<const std::string_view> names) {
  std::vector<std::unique_ptr<EndTag>> tags;
  for (const std::string_view name : names) tags.push_back(std::make_unique<EndTag>(text, name));
  std::string out;
  std::size_t kept = 0, from = 0;
  for (std::size_t begin; (begin = text.find(kBegin, from)) != kNone;) {
    from = begin + 1;
    const std::size_t which = name_at(text, begin + kBegin.size(), names);
    if (which == kNone) continue;
    const std::size_t end = tags[which]->next(begin + kBegin.size() + names[which].size() + 1);
    if (end == kNone) continue;
    out.append(text, kept, begin - kept);
    kept = from = end + tags[which]->tag.size();
  }
  return out.append(text, kept);
}

std::size_t Fragment::closing(std::size_t open) {
  if (closing_.empty()) {
    closing_.assign(text_.size(), kNone);
    std::vector<std::size_t> open_ones;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '{') {
        open_ones.push_back(i);
      } else if (text_[i] == '}' && !open_ones.empty()) {
        closing_[open_ones.back()] = i;
        open_ones.pop_back();
      }
    }
  }
  return closing_[open];
}

std::vector<Fragment::Command> Fragment::find_subfigures(bool with_caption) {
  constexpr std::string_view kStart = "\\subf";
  std::vector<Command> found;
  NextOf bracket(text_, "]");
  std::size_t from = 0;
  for (std::size_t begin; (begin = text_.find(kStart, from)) != kNone;) {
    from = begin + 1;
    std::size_t at = begin + kStart.size();
    if (text_.substr(at).starts_with("igure")) {
      at += 5;
    } else if (text_.substr(at).starts_with("loat")) {
      at += 4;
    } else {
      continue;
    }
    if (stands_at(text_, at, '[') != with_caption) continue;
    std::string_view caption;
    if (with_caption) {
      const std::size_t stop = bracket(at + 1);
      if (stop == kNone) continue;
      caption = text_.substr(at + 1, stop - at - 1);
      at = stop + 1;
    }
    at = skip_space(text_, at);
    if (!stands_at(text_, at, '{')) continue;
    const std::size_t close = closing(at);
    if (close == kNone) continue;
    found.push_back({{begin, close + 1}, caption, text_.substr(at + 1, close - at - 1)});
    from = close + 1;
  }
  return found;
}

std::optional<std::string_view> Fragment::first_argument(std::string_view command, bool star) {
  NextOf bracket(text_, "]");
  for (std::size_t begin = 0; (begin = text_.find(command, begin)) != kNone; ++begin) {
    std::size_t at = begin + command.size();
    if (star && stands_at(text_, at, '*')) ++at;
    if (stands_at(text_, at, '[') && bracket(at + 1) != kNone) at = bracket(at + 1) + 1;
    if (!stands_at(text_, at, '{')) continue;
    const std::size_t close = closing(at);
    if (close != kNone) return text_.substr(at + 1, close - at - 1);
  }
  return std::nullopt;
}

std::string_view Fragment::caption() {
  auto found = first_argument("\\caption", true);
  if (!found) found = first_argument("\\subcaption", false);
  if (!found) found = first_argument("\\captionof{figure}", false);
  return found ? textkit::strip(*found) : std::string_view();
}

bool Fragment::has_table_caption() {
  return first_argument("\\captionof{table}", false).has_value();
}

std::string_view Fragment::label() const {
  constexpr std::string_view kLabel = "\\label{";
  NextOf brace(text_, "}");
  for (std::size_t begin = 0; (begin = text_.find(kLabel, begin)) != kNone; ++begin) {
    const std::size_t at = begin + kLabel.size();
    const std::size_t close = brace(at);
    if (close == kNone) break;
    if (close > at) return textkit::strip(text_.substr(at, close - at));
  }
  return {};
}

std::vector<std::string_view> Fragment::images() const {
  constexpr std::string_view kCommand = "\\includegraphics";
  std::vector<std::string_view> found;
  NextOf bracket(text_, "]"), brace(text_, "}");
  std::size_t from = 0;
  for (std::size_t begin; (begin = text_.find(kCommand, from)) != kNone;) {
    from = begin + 1;
    std::size_t at = begin + kCommand.size();
    if (stands_at(text_, at, '[') && bracket(at + 1) != kNone) at = bracket(at + 1) + 1;
    if (!stands_at(text_, at, '{')) continue;
    const std::size_t close = brace(at + 1);
    if (close == kNone || close == at + 1) continue;
    found.push_back(textkit::strip(text_.substr(at + 1, close - at - 1)));
    from = close + 1;
  }
  return found;
}

Citations::Citations(std::string_view prose, std::string_view separator,
                     std::span<const std::string> commands) {
  for (std::size_t at = 0; at != kNone;) {
    const std::size_t stop = prose.find(separator, at);
    const std::string_view paragraph =
        textkit::strip(prose.substr(at, stop == kNone ? kNone : stop - at));
    if (!paragraph.empty()) paragraphs_.push_back(paragraph);
    at = stop == kNone ? kNone : stop + separator.size();
  }
  for (std::size_t p = 0; p < paragraphs_.size(); ++p) {
    const std::string_view text = paragraphs_[p];
    NextOf brace(text, "}");
    for (std::size_t begin = 0; (begin = text.find('\\', begin)) != kNone; ++begin) {
      for (const std::string& command : commands) {
        const std::size_t open = begin + 1 + command.size();
        if (!text.substr(begin + 1).starts_with(command) || !stands_at(text, open, '{')) continue;
        const std::size_t close = brace(open + 1);
        if (close != kNone) citations_.push_back({p, text.substr(open + 1, close - open - 1)});
      }
    }
  }
}

namespace {

// Whether a label is one of those in "a, b,c". It may itself hold commas.
bool names_label(std::string_view labels, std::string_view label) {
  for (std::size_t at = 0;;) {
    if (labels.substr(at).starts_with(label)) {
      const std::size_t behind = skip_space(labels, at + label.size());
      if (behind == labels.size() || labels[behind] == ',') return true;
    }
    const std::size_t comma = labels.find(',', at);
    if (comma == kNone) return false;
    at = skip_space(labels, comma + 1);
  }
}

}  // namespace

std::vector<std::string_view> Citations::of(std::string_view label) const {
  std::vector<std::string_view> found;
  if (label.empty()) return found;
  std::size_t next = 0;  // citations stand in the order of their paragraphs: each is taken once
  for (const Citation& c : citations_) {
    if (c.paragraph < next || !names_label(c.labels, label)) continue;
    found.push_back(paragraphs_[c.paragraph]);
    next = c.paragraph + 1;
  }
  return found;
}

}  // namespace ophost::latex
