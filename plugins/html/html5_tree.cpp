// HTML5's tree: nodes, the stack of open elements, formatting elements, text. See html5_tree.hpp;
// the rules for tags in the modes are in html5_modes.cpp.
#include "plugins/html/html5_tree.hpp"

#include <algorithm>

#include "ophost/errors.hpp"

namespace ophost::html {

Html5Tree::Html5Tree(std::string_view html)
    : tokenizer_(html, *this),
      open_count_(static_cast<std::size_t>(Tag::kOther) + 1),
      most_steps_(128 * html.size() + (std::size_t{4} << 20)) {
  nodes_.emplace_back();
  tokenizer_.run();
  if (mode_ == Mode::kInTableText) flush_table_text();
}

// Some rules look through all that is open, so that a few bytes can cost as much as the whole text.
void Html5Tree::spend(std::size_t steps) {
  steps_ += steps;
  if (steps_ > most_steps_) {
    throw RecordError("the HTML is nested so that its tree would grow out of all proportion",
                      OPH_E_LIMIT);
  }
}

void Html5Tree::text(std::string& out) const {
  Id id = kDocument;
  for (;;) {
    const Node& n = at(id);
    if (n.is_text) out.append(chars_, n.begin, n.end - n.begin);
    if (n.first != kNoNode && !is_html(id, Tag::kTemplate)) {
      id = n.first;
      continue;
    }
    while (id != kDocument && at(id).next == kNoNode) id = at(id).parent;
    if (id == kDocument) return;
    id = at(id).next;
  }
}

// ---- the tree --------------------------------------------------------------------------------

Html5Tree::Id Html5Tree::make(Tag tag, Space space) {
  spend(64);  // two nodes per byte are more than any honest text has
  nodes_.emplace_back();
  nodes_.back().tag = tag;
  nodes_.back().space = space;
  return static_cast<Id>(nodes_.size() - 1);
}

void Html5Tree::detach(Id id) {
  Node& n = nodes_[id];
  if (n.parent == kNoNode) return;
  (n.previous == kNoNode ? nodes_[n.parent].first : nodes_[n.previous].next) = n.next;
  (n.next == kNoNode ? nodes_[n.parent].last : nodes_[n.next].previous) = n.previous;
  n.parent = n.previous = n.next = kNoNode;
}

void Html5Tree::insert(Id id, Place place) {
  detach(id);
  Node& n = nodes_[id];
  n.parent = place.parent;
  n.next = place.before;
  n.previous = place.before == kNoNode ? at(place.parent).last : at(place.before).previous;
  (n.previous == kNoNode ? nodes_[n.parent].first : nodes_[n.previous].next) = id;
  (n.next == kNoNode ? nodes_[n.parent].last : nodes_[n.next].previous) = id;
}

// The appropriate place for inserting a node.
Html5Tree::Place Html5Tree::place_for_node(Id target) const {
  constexpr std::uint32_t kParts = kTableContext;
  if (!foster_ || !is_html(target, kParts) || is_html(target, Tag::kTemplate)) {
    return {target, kNoNode};
  }
  for (std::size_t i = open_.size(); i-- > 0;) {
    if (is_html(open_[i], Tag::kTemplate)) return {open_[i], kNoNode};
    if (!is_html(open_[i], Tag::kTable)) continue;
    if (at(open_[i]).parent != kNoNode) return {at(open_[i]).parent, open_[i]};
    return {open_[i - 1], kNoNode};
  }
  return {open_[0], kNoNode};
}

void Html5Tree::insert_text(std::string_view text) {
  if (text.empty()) return;
  const Place place = place_for_node();
  if (place.parent == kDocument) return;
  const Id beside = place.before == kNoNode ? at(place.parent).last : at(place.before).previous;
  const std::size_t begin = chars_.size();
  chars_ += text;
  if (beside != kNoNode && at(beside).is_text && at(beside).end == begin) {
    nodes_[beside].end = chars_.size();
    return;
  }
  const Id id = make(Tag::kOther, Space::kHtml);
  nodes_[id].is_text = true;
  nodes_[id].begin = begin;
  nodes_[id].end = chars_.size();
  insert(id, place);
}

Html5Tree::Id Html5Tree::insert_element(const TagToken& token, Space space) {
  const Place place = place_for_node();
  const Id id = make(token.tag, space);
  nodes_[id].html_annotation = token.html_annotation;
  if (space == Space::kHtml && is_any(token.tag, kFormatting)) {
    nodes_[id].attributes = token.attributes;
  }
  insert(id, place);
  push(id);
  return id;
}

void Html5Tree::insert_void(const TagToken& token) {
  insert_element(token);
  pop();
}

// ---- the stack of open elements --------------------------------------------------------------

void Html5Tree::push(Id id) {
  open_.push_back(id);
  const Node& n = at(id);
  if (n.space == Space::kHtml && n.tag < Tag::kOther)
    ++open_count_[static_cast<std::size_t>(n.tag)];
}

void Html5Tree::pop() {
  const Node& n = at(open_.back());
  if (n.space == Space::kHtml && n.tag < Tag::kOther)
    --open_count_[static_cast<std::size_t>(n.tag)];
  open_.pop_back();
}

std::size_t Html5Tree::stack_index(Id id) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    if (open_[i] == id) {
      spend(open_.size() - i);
      return i;
    }
  }
  spend(open_.size());
  return kNowhere;
}

void Html5Tree::remove_from_stack(Id id) {
  const std::size_t i = stack_index(id);
  if (i == kNowhere) return;
  const Node& n = at(id);
  if (n.space == Space::kHtml && n.tag < Tag::kOther)
    --open_count_[static_cast<std::size_t>(n.tag)];
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
}

bool Html5Tree::is_special(Id id) const {
  const Node& n = at(id);
  switch (n.space) {
    case Space::kHtml:
      return is_any(n.tag, kSpecial);
    case Space::kSvg:
      return n.tag == Tag::kForeignObject || n.tag == Tag::kDesc || n.tag == Tag::kTitle;
    case Space::kMath:
      break;
  }
  return n.tag == Tag::kMi || n.tag == Tag::kMo || n.tag == Tag::kMn || n.tag == Tag::kMs ||
         n.tag == Tag::kMtext || n.tag == Tag::kAnnotationXml;
}

bool Html5Tree::ends_scope(Id id, Scope scope) const {
  const Node& n = at(id);
  if (scope == Scope::kTable) {
    return is_html(id, Tag::kHtml) || is_html(id, Tag::kTable) || is_html(id, Tag::kTemplate);
  }
  if (n.space != Space::kHtml) return is_special(id);
  if (is_any(n.tag, kScopeEnd)) return true;
  if (scope == Scope::kList) return n.tag == Tag::kOl || n.tag == Tag::kUl;
  return scope == Scope::kButton && n.tag == Tag::kButton;
}

bool Html5Tree::in_scope(Tag tag, Scope scope) {
  return in_scope({tag}, scope);
}

bool Html5Tree::in_scope(std::initializer_list<Tag> tags, Scope scope) {
  if (std::none_of(tags.begin(), tags.end(), [&](Tag t) { return is_open(t); })) return false;
  for (std::size_t i = open_.size(); i-- > 0;) {
    spend(1);
    for (const Tag tag : tags) {
      if (is_html(open_[i], tag)) return true;
    }
    if (ends_scope(open_[i], scope)) return false;
  }
  return false;
}

bool Html5Tree::heading_in_scope() {
  return in_scope({Tag::kH1, Tag::kH2, Tag::kH3, Tag::kH4, Tag::kH5, Tag::kH6});
}

bool Html5Tree::node_in_scope(Id id) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    spend(1);
    if (open_[i] == id) return true;
    if (ends_scope(open_[i], Scope::kDefault)) return false;
  }
  return false;
}

void Html5Tree::pop_until(Tag tag) {
  while (!open_.empty()) {
    const bool found = current_is(tag);
    pop();
    if (found) return;
  }
}

void Html5Tree::pop_until_any(std::initializer_list<Tag> tags) {
  while (!open_.empty()) {
    const bool found =
        std::any_of(tags.begin(), tags.end(), [&](Tag tag) { return current_is(tag); });
    pop();
    if (found) return;
  }
}

// Back to one of these elements, which stays.
void Html5Tree::clear_to(std::initializer_list<Tag> tags) {
  while (open_.size() > 1 &&
         std::none_of(tags.begin(), tags.end(), [&](Tag tag) { return current_is(tag); })) {
    pop();
  }
}

void Html5Tree::imply_ends(Tag except) {
  while (is_html(current(), kImpliedEnd) && !current_is(except)) pop();
}

void Html5Tree::imply_ends_deep() {
  while (is_html(current(), kImpliedDeep)) pop();
}

void Html5Tree::close_p() {
  imply_ends(Tag::kP);
  pop_until(Tag::kP);
}

void Html5Tree::close_cell() {
  imply_ends();
  pop_until_any({Tag::kTd, Tag::kTh});
  clear_to_marker();
  mode_ = Mode::kInRow;
}

// "Reset the insertion mode appropriately".
void Html5Tree::reset_mode() {
  for (std::size_t i = open_.size(); i-- > 0;) {
    spend(1);
    if (at(open_[i]).space != Space::kHtml) continue;
    const bool last = i == 0;
    switch (at(open_[i]).tag) {
      case Tag::kTd:
      case Tag::kTh:
        mode_ = Mode::kInCell;
        return;
      case Tag::kTr:
        mode_ = Mode::kInRow;
        return;
      case Tag::kTbody:
      case Tag::kThead:
      case Tag::kTfoot:
        mode_ = Mode::kInTableBody;
        return;
      case Tag::kCaption:
        mode_ = Mode::kInCaption;
        return;
      case Tag::kColgroup:
        mode_ = Mode::kInColumnGroup;
        return;
      case Tag::kTable:
        mode_ = Mode::kInTable;
        return;
      case Tag::kTemplate:
        mode_ = template_modes_.back();
        return;
      case Tag::kHead:
        mode_ = Mode::kInHead;
        return;
      case Tag::kBody:
        mode_ = Mode::kInBody;
        return;
      case Tag::kFrameset:
        mode_ = Mode::kInFrameset;
        return;
      case Tag::kHtml:
        mode_ = head_ == kNoNode ? Mode::kBeforeHead : Mode::kAfterHead;
        return;
      default:
        if (last) break;
        continue;
    }
  }
  mode_ = Mode::kInBody;
}

// ---- formatting elements ---------------------------------------------------------------------

void Html5Tree::add_formatting(Id id) {
  int same = 0;
  for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i] != kNoNode;) {
    spend(1);
    const Node& n = at(formatting_[i]);
    if (n.tag != at(id).tag || n.attributes != at(id).attributes || ++same < 3) continue;
    formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  formatting_.push_back(id);
}

void Html5Tree::clear_to_marker() {
  while (!formatting_.empty()) {
    const bool marker = formatting_.back() == kNoNode;
    formatting_.pop_back();
    if (marker) return;
  }
}

void Html5Tree::reconstruct() {
  std::size_t i = formatting_.size();
  while (i > 0 && formatting_[i - 1] != kNoNode && stack_index(formatting_[i - 1]) == kNowhere) --i;
  for (; i < formatting_.size(); ++i) {
    TagToken token;
    token.tag = at(formatting_[i]).tag;
    token.attributes = at(formatting_[i]).attributes;
    formatting_[i] = insert_element(token);
  }
}

std::size_t Html5Tree::formatting_index(Id id) const {
  const auto found = std::find(formatting_.begin(), formatting_.end(), id);
  return found == formatting_.end() ? kNowhere
                                    : static_cast<std::size_t>(found - formatting_.begin());
}

std::size_t Html5Tree::last_formatting(Tag tag) const {
  for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i] != kNoNode;) {
    if (at(formatting_[i]).tag == tag) return i;
  }
  return kNowhere;
}

// The adoption agency algorithm.
void Html5Tree::adopt(const TagToken& token) {
  if (current_is(token.tag) && formatting_index(current()) == kNowhere) {
    pop();
    return;
  }
  for (int round = 0; round < 8; ++round) {
    if (!adopt_once(token)) return;
  }
}

// One round; false when there is nothing left to do.
bool Html5Tree::adopt_once(const TagToken& token) {
  const std::size_t listed = last_formatting(token.tag);
  if (listed == kNowhere) {
    end_other_in_body(token.tag);
    return false;
  }
  const Id element = formatting_[listed];
  const std::size_t place = stack_index(element);
  if (place == kNowhere) {
    formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(listed));
    return false;
  }
  if (!node_in_scope(element)) return false;
  std::size_t block = place + 1;
  while (block < open_.size() && !is_special(open_[block])) ++block;
  if (block == open_.size()) {
    while (open_.size() > place) pop();
    formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(listed));
    return false;
  }
  const Id furthest = open_[block];
  const Id ancestor = open_[place - 1];
  std::size_t bookmark = listed;
  Id last = furthest;
  for (std::size_t i = block - 1, inner = 1; i > place; --i, ++inner) {
    Id node = open_[i];
    std::size_t in_list = formatting_index(node);
    spend(1 + formatting_.size());
    if (inner > 3 && in_list != kNowhere) {
      formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(in_list));
      if (in_list < bookmark) --bookmark;
      in_list = kNowhere;
    }
    if (in_list == kNowhere) {
      remove_from_stack(node);
      continue;
    }
    const Id copy = make(at(node).tag, Space::kHtml);
    nodes_[copy].attributes = at(node).attributes;
    formatting_[in_list] = copy;
    open_[i] = copy;
    node = copy;
    if (last == furthest) bookmark = in_list + 1;
    insert(last, {node, kNoNode});
    last = node;
  }
  detach(last);
  insert(last, place_for_node(ancestor));
  const Id copy = make(at(element).tag, Space::kHtml);
  nodes_[copy].attributes = at(element).attributes;
  while (at(furthest).first != kNoNode) {
    spend(1);
    insert(at(furthest).first, {copy, kNoNode});
  }
  insert(copy, {furthest, kNoNode});
  const std::size_t old = formatting_index(element);
  formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(old));
  if (old < bookmark) --bookmark;
  formatting_.insert(formatting_.begin() + static_cast<std::ptrdiff_t>(bookmark), copy);
  remove_from_stack(element);
  const std::size_t behind = stack_index(furthest) + 1;
  open_.insert(open_.begin() + static_cast<std::ptrdiff_t>(behind), copy);
  ++open_count_[static_cast<std::size_t>(at(copy).tag)];
  return true;
}

void html5_text(std::string_view html, std::string& out) {
  std::string unified;
  if (html.find('\r') != std::string_view::npos) {
    unified.reserve(html.size());
    for (std::size_t i = 0; i < html.size(); ++i) {
      if (html[i] != '\r') {
        unified += html[i];
      } else if (i + 1 == html.size() || html[i + 1] != '\n') {
        unified += '\n';
      }
    }
    html = unified;
  }
  const Html5Tree tree(html);
  tree.text(out);
}

}  // namespace ophost::html
