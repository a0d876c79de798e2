// HTML5's tree: characters, and what every mode makes of tags outside body and tables.
// See html5_tree.hpp.
#include <algorithm>

#include "plugins/html/html5_tree.hpp"

namespace ophost::html {
namespace {

constexpr std::string_view kSpaces = " \n\t\f\r";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Splits the leading whitespace off.
std::string_view take_space(std::string_view& text) {
  const std::size_t n = std::min(text.find_first_not_of(kSpaces), text.size());
  const std::string_view space = text.substr(0, n);
  text.remove_prefix(n);
  return space;
}
bool is_space(std::string_view text) {
  return text.find_first_not_of(kSpaces) == std::string_view::npos;
}
TagToken token_of(Tag tag) {
  TagToken token;
  token.tag = tag;
  return token;
}

}  // namespace

// ---- foreign content -------------------------------------------------------------------------

bool Html5Tree::allows_cdata() const {
  return !open_.empty() && at(current()).space != Space::kHtml;
}

// Whether a token goes by the rules of the mode, not by those of foreign content.
bool Html5Tree::takes_html_rules(const TagToken* start, bool is_text) const {
  if (open_.empty() || at(current()).space == Space::kHtml) return true;
  const Node& n = at(current());
  const bool math_text =
      n.space == Space::kMath && (n.tag == Tag::kMi || n.tag == Tag::kMo || n.tag == Tag::kMn ||
                                  n.tag == Tag::kMs || n.tag == Tag::kMtext);
  if (math_text && is_text) return true;
  if (math_text && start != nullptr && start->tag != Tag::kMglyph &&
      start->tag != Tag::kMalignmark) {
    return true;
  }
  const bool annotation = n.space == Space::kMath && n.tag == Tag::kAnnotationXml;
  if (annotation && start != nullptr && start->tag == Tag::kSvg) return true;
  const bool html_inside =
      (annotation && n.html_annotation) ||
      (n.space == Space::kSvg &&
       (n.tag == Tag::kForeignObject || n.tag == Tag::kDesc || n.tag == Tag::kTitle));
  return html_inside && (start != nullptr || is_text);
}

bool Html5Tree::start_foreign(const TagToken& t) {
  if (is_any(t.tag, kBreaksOut) || (t.tag == Tag::kFont && t.font_style)) {
    while (!takes_html_rules(nullptr, true)) pop();
    return start_in_mode(t);
  }
  insert_element(t, at(current()).space);
  if (t.self_closing) pop();
  return true;
}

bool Html5Tree::end_foreign(const TagToken& t) {
  if (t.tag == Tag::kBr || t.tag == Tag::kP) {
    while (!takes_html_rules(nullptr, true)) pop();
    return end_in_mode(t);
  }
  for (std::size_t i = open_.size(); i-- > 1;) {
    spend(1);
    if (at(open_[i]).space == Space::kHtml) return end_in_mode(t);
    if (at(open_[i]).tag != t.tag) continue;
    while (open_.size() > i) pop();
    return true;
  }
  return true;
}

// ---- characters ------------------------------------------------------------------------------

void Html5Tree::characters(std::string_view text) {
  if (skip_newline_) {
    skip_newline_ = false;
    if (text.starts_with('\n')) text.remove_prefix(1);
  }
  while (!text.empty()) {
    if (takes_html_rules(nullptr, true)) {
      characters_in_mode(text);
      continue;
    }
    if (!is_space(text)) frameset_ok_ = false;
    while (!text.empty()) {
      const std::size_t n = std::min(text.find('\0'), text.size());
      insert_text(text.substr(0, n));
      if (n < text.size()) insert_text(kReplacement);
      text.remove_prefix(std::min(n + 1, text.size()));
    }
  }
}

// Takes some of the text; what is left is for the mode that holds then.
bool Html5Tree::characters_in_mode(std::string_view& text) {
  const auto take_all = [&] {
    const std::string_view all = text;
    text = {};
    return all;
  };
  switch (mode_) {
    case Mode::kInitial:
      take_space(text);
      if (!text.empty()) mode_ = Mode::kBeforeHtml;
      return true;
    case Mode::kBeforeHtml:
      take_space(text);
      if (text.empty()) return true;
      insert_element(token_of(Tag::kHtml));
      mode_ = Mode::kBeforeHead;
      return true;
    case Mode::kBeforeHead:
      take_space(text);
      if (text.empty()) return true;
      head_ = insert_element(token_of(Tag::kHead));
      mode_ = Mode::kInHead;
      return true;
    case Mode::kInHead:
      insert_text(take_space(text));
      if (text.empty()) return true;
      pop();
      mode_ = Mode::kAfterHead;
      return true;
    case Mode::kInHeadNoscript:
      insert_text(take_space(text));
      if (text.empty()) return true;
      pop();
      mode_ = Mode::kInHead;
      return true;
    case Mode::kAfterHead:
      insert_text(take_space(text));
      if (text.empty()) return true;
      insert_element(token_of(Tag::kBody));
      mode_ = Mode::kInBody;
      return true;
    case Mode::kText:
      insert_text(take_all());
      return true;
    case Mode::kInTable:
    case Mode::kInTableBody:
    case Mode::kInRow:
      if (is_html(current(), kTableContext)) {
        table_text_.clear();
        original_mode_ = mode_;
        mode_ = Mode::kInTableText;
        return true;
      }
      foster_ = true;
      body_characters(take_all());
      foster_ = false;
      return true;
    case Mode::kInTableText:
      for (const char c : take_all()) {
        if (c != '\0') table_text_ += c;
      }
      return true;
    case Mode::kInColumnGroup:
      insert_text(take_space(text));
      if (text.empty()) return true;
      if (current_is(Tag::kColgroup)) {
        pop();
        mode_ = Mode::kInTable;
      } else {
        text.remove_prefix(1);
      }
      return true;
    case Mode::kAfterBody:
    case Mode::kAfterAfterBody:
      body_characters(take_space(text));
      if (!text.empty()) mode_ = Mode::kInBody;
      return true;
    case Mode::kInFrameset:
    case Mode::kAfterFrameset:
      for (const char c : take_all()) {
        if (kSpaces.find(c) != std::string_view::npos) insert_text(std::string_view(&c, 1));
      }
      return true;
    case Mode::kAfterAfterFrameset:
      // As lexbor: whitespace counts where nothing else stands with it.
      if (is_space(text)) body_characters(text);
      text = {};
      return true;
    case Mode::kInBody:
    case Mode::kInCaption:
    case Mode::kInCell:
    case Mode::kInTemplate:
      body_characters(take_all());
      return true;
  }
  return true;
}

// Text where the rules of body hold: NUL does not count.
void Html5Tree::body_characters(std::string_view text) {
  bool first = true;
  while (!text.empty()) {
    const std::size_t n = std::min(text.find('\0'), text.size());
    const std::string_view piece = text.substr(0, n);
    text.remove_prefix(std::min(n + 1, text.size()));
    if (piece.empty()) continue;
    if (first) reconstruct();
    first = false;
    insert_text(piece);
    if (!is_space(piece)) frameset_ok_ = false;
  }
}

void Html5Tree::flush_table_text() {
  mode_ = original_mode_;
  std::string text;
  text.swap(table_text_);
  if (is_space(text)) return insert_text(text);
  foster_ = true;
  body_characters(text);
  foster_ = false;
}

void Html5Tree::comment() {
  skip_newline_ = false;
  if (mode_ == Mode::kInTableText) flush_table_text();
}

// ---- tags ------------------------------------------------------------------------------------

void Html5Tree::start_tag(const TagToken& t) {
  skip_newline_ = false;
  if (mode_ == Mode::kInTableText) flush_table_text();
  while (!(takes_html_rules(&t, false) ? start_in_mode(t) : start_foreign(t))) {
  }
}

void Html5Tree::end_tag(const TagToken& t) {
  skip_newline_ = false;
  if (mode_ == Mode::kInTableText) flush_table_text();
  while (!(takes_html_rules(nullptr, false) ? end_in_mode(t) : end_foreign(t))) {
  }
}

void Html5Tree::raw_element(const TagToken& t, ContentModel model) {
  insert_element(t);
  tokenizer_.set_model(model);
  original_mode_ = mode_;
  mode_ = Mode::kText;
}

bool Html5Tree::start_in_mode(const TagToken& t) {
  switch (mode_) {
    case Mode::kInitial:
      mode_ = Mode::kBeforeHtml;
      return false;
    case Mode::kBeforeHtml:
      insert_element(t.tag == Tag::kHtml ? t : token_of(Tag::kHtml));
      mode_ = Mode::kBeforeHead;
      return t.tag == Tag::kHtml;
    case Mode::kBeforeHead:
      if (t.tag == Tag::kHtml) return true;
      head_ = insert_element(t.tag == Tag::kHead ? t : token_of(Tag::kHead));
      mode_ = Mode::kInHead;
      return t.tag == Tag::kHead;
    case Mode::kInHead:
      if (t.tag == Tag::kHtml || t.tag == Tag::kHead) return true;
      if (t.tag == Tag::kNoscript) {
        insert_element(t);
        mode_ = Mode::kInHeadNoscript;
        return true;
      }
      if (is_any(t.tag, kHeadContent)) return start_in_head(t);
      pop();
      mode_ = Mode::kAfterHead;
      return false;
    case Mode::kInHeadNoscript:
      if (t.tag == Tag::kHtml || t.tag == Tag::kHead || t.tag == Tag::kNoscript) return true;
      if (t.tag == Tag::kBasefont || t.tag == Tag::kBgsound || t.tag == Tag::kLink ||
          t.tag == Tag::kMeta || t.tag == Tag::kNoframes || t.tag == Tag::kStyle) {
        return start_in_head(t);
      }
      pop();
      mode_ = Mode::kInHead;
      return false;
    case Mode::kAfterHead:
      if (t.tag == Tag::kHtml || t.tag == Tag::kHead) return true;
      if (t.tag == Tag::kBody || t.tag == Tag::kFrameset) {
        insert_element(t);
        if (t.tag == Tag::kBody) frameset_ok_ = false;
        mode_ = t.tag == Tag::kBody ? Mode::kInBody : Mode::kInFrameset;
        return true;
      }
      if (is_any(t.tag, kHeadContent)) {
        push(head_);
        start_in_head(t);
        remove_from_stack(head_);
        return true;
      }
      insert_element(token_of(Tag::kBody));
      mode_ = Mode::kInBody;
      return false;
    case Mode::kInBody:
      return start_in_body(t);
    case Mode::kText:
    case Mode::kInTableText:
      return true;  // no tag comes in the first; the second has ended
    case Mode::kInTable:
      return start_in_table(t);
    case Mode::kInCaption:
    case Mode::kInColumnGroup:
    case Mode::kInTableBody:
    case Mode::kInRow:
    case Mode::kInCell:
      return start_in_table_part(t);
    case Mode::kInTemplate:
      return start_in_template(t);
    case Mode::kAfterBody:
    case Mode::kAfterAfterBody:
      if (t.tag == Tag::kHtml) return true;
      mode_ = Mode::kInBody;
      return false;
    case Mode::kInFrameset:
      if (t.tag == Tag::kFrameset) insert_element(t);
      if (t.tag == Tag::kFrame) insert_void(t);
      if (t.tag == Tag::kNoframes) return start_in_head(t);
      return true;
    case Mode::kAfterFrameset:
    case Mode::kAfterAfterFrameset:
      if (t.tag == Tag::kNoframes) return start_in_head(t);
      return true;
  }
  return true;
}

bool Html5Tree::end_in_mode(const TagToken& t) {
  const bool shell =
      t.tag == Tag::kHead || t.tag == Tag::kBody || t.tag == Tag::kHtml || t.tag == Tag::kBr;
  switch (mode_) {
    case Mode::kInitial:
      mode_ = Mode::kBeforeHtml;
      return false;
    case Mode::kBeforeHtml:
      if (!shell) return true;
      insert_element(token_of(Tag::kHtml));
      mode_ = Mode::kBeforeHead;
      return false;
    case Mode::kBeforeHead:
      if (!shell) return true;
      head_ = insert_element(token_of(Tag::kHead));
      mode_ = Mode::kInHead;
      return false;
    case Mode::kInHead:
      if (t.tag == Tag::kTemplate) return end_in_head(t);
      if (!shell) return true;
      pop();
      mode_ = Mode::kAfterHead;
      return t.tag == Tag::kHead;
    case Mode::kInHeadNoscript:
      if (t.tag != Tag::kNoscript && t.tag != Tag::kBr) return true;
      pop();
      mode_ = Mode::kInHead;
      return t.tag == Tag::kNoscript;
    case Mode::kAfterHead:
      if (t.tag == Tag::kTemplate) return end_in_head(t);
      if (!shell || t.tag == Tag::kHead) return true;
      insert_element(token_of(Tag::kBody));
      mode_ = Mode::kInBody;
      return false;
    case Mode::kInBody:
      return end_in_body(t);
    case Mode::kText:
      pop();
      mode_ = original_mode_;
      return true;
    case Mode::kInTable:
      return end_in_table(t);
    case Mode::kInTableText:
      return true;  // it has ended
    case Mode::kInCaption:
    case Mode::kInColumnGroup:
    case Mode::kInTableBody:
    case Mode::kInRow:
    case Mode::kInCell:
      return end_in_table_part(t);
    case Mode::kInTemplate:
      return t.tag != Tag::kTemplate || end_in_head(t);
    case Mode::kAfterBody:
      if (t.tag == Tag::kHtml) {
        mode_ = Mode::kAfterAfterBody;
        return true;
      }
      mode_ = Mode::kInBody;
      return false;
    case Mode::kAfterAfterBody:
      mode_ = Mode::kInBody;
      return false;
    case Mode::kInFrameset:
      if (t.tag != Tag::kFrameset || open_.size() <= 1) return true;
      pop();
      if (!current_is(Tag::kFrameset)) mode_ = Mode::kAfterFrameset;
      return true;
    case Mode::kAfterFrameset:
      if (t.tag == Tag::kHtml) mode_ = Mode::kAfterAfterFrameset;
      return true;
    case Mode::kAfterAfterFrameset:
      return true;
  }
  return true;
}

// ---- what <head> may hold --------------------------------------------------------------------

bool Html5Tree::start_in_head(const TagToken& t) {
  switch (t.tag) {
    case Tag::kTitle:
      raw_element(t, ContentModel::kRcdata);
      return true;
    case Tag::kNoframes:
    case Tag::kStyle:
      raw_element(t, ContentModel::kRawtext);
      return true;
    case Tag::kScript:
      raw_element(t, ContentModel::kScript);
      return true;
    case Tag::kTemplate:
      insert_element(t);
      add_marker();
      frameset_ok_ = false;
      mode_ = Mode::kInTemplate;
      template_modes_.push_back(Mode::kInTemplate);
      return true;
    default:
      insert_void(t);
      return true;
  }
}

bool Html5Tree::end_in_head(const TagToken&) {
  if (is_open(Tag::kTemplate)) end_template();
  return true;
}

void Html5Tree::end_template() {
  imply_ends_deep();
  pop_until(Tag::kTemplate);
  clear_to_marker();
  template_modes_.pop_back();
  reset_mode();
}

bool Html5Tree::start_in_template(const TagToken& t) {
  if (is_any(t.tag, kHeadContent)) return start_in_head(t);
  switch (t.tag) {
    case Tag::kCaption:
    case Tag::kColgroup:
    case Tag::kTbody:
    case Tag::kTfoot:
    case Tag::kThead:
      mode_ = Mode::kInTable;
      break;
    case Tag::kCol:
      mode_ = Mode::kInColumnGroup;
      break;
    case Tag::kTr:
      mode_ = Mode::kInTableBody;
      break;
    case Tag::kTd:
    case Tag::kTh:
      mode_ = Mode::kInRow;
      break;
    default:
      mode_ = Mode::kInBody;
      break;
  }
  template_modes_.back() = mode_;
  return false;
}

}  // namespace ophost::html
