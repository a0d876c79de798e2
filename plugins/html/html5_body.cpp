// HTML5's tree: tags in body and in the parts of a table. See html5_tree.hpp.
#include <algorithm>

#include "plugins/html/html5_tree.hpp"

namespace ophost::html {

// ---- body ------------------------------------------------------------------------------------

// Tags whose elements are blocks, and those that end a paragraph like one.
bool Html5Tree::start_block_in_body(const TagToken& t) {
  switch (t.tag) {
    case Tag::kPre:
    case Tag::kListing:
      close_p_in_button_scope();
      insert_element(t);
      skip_newline_ = true;
      frameset_ok_ = false;
      return true;
    case Tag::kForm:
      if (form_ != kNoNode && !is_open(Tag::kTemplate)) return true;
      close_p_in_button_scope();
      insert_element(t);
      if (!is_open(Tag::kTemplate)) form_ = current();
      return true;
    case Tag::kLi:
    case Tag::kDd:
    case Tag::kDt: {
      frameset_ok_ = false;
      const auto is_item = [&](Id id) {
        if (t.tag == Tag::kLi) return is_html(id, Tag::kLi);
        return is_html(id, Tag::kDd) || is_html(id, Tag::kDt);
      };
      for (std::size_t i = open_.size(); i-- > 0;) {
        spend(1);
        if (is_item(open_[i])) {
          const Tag item = at(open_[i]).tag;
          imply_ends(item);
          pop_until(item);
          break;
        }
        if (is_special(open_[i]) && !is_html(open_[i], Tag::kAddress) &&
            !is_html(open_[i], Tag::kDiv) && !is_html(open_[i], Tag::kP)) {
          break;
        }
      }
      close_p_in_button_scope();
      insert_element(t);
      return true;
    }
    case Tag::kPlaintext:
      close_p_in_button_scope();
      insert_element(t);
      tokenizer_.set_model(ContentModel::kPlaintext);
      return true;
    case Tag::kHr:
      close_p_in_button_scope();
      if (in_scope(Tag::kSelect)) imply_ends();
      insert_void(t);
      frameset_ok_ = false;
      return true;
    case Tag::kXmp:
      close_p_in_button_scope();
      reconstruct();
      frameset_ok_ = false;
      raw_element(t, ContentModel::kRawtext);
      return true;
    case Tag::kTable:
      close_p_in_button_scope();
      insert_element(t);
      frameset_ok_ = false;
      mode_ = Mode::kInTable;
      return true;
    default:  // kBlock, p and the headings
      close_p_in_button_scope();
      if (is_any(t.tag, kHeading) && is_html(current(), kHeading)) pop();
      insert_element(t);
      return true;
  }
}

bool Html5Tree::start_in_body(const TagToken& t) {
  if (is_any(t.tag, kHeadContent)) return start_in_head(t);
  if (is_any(t.tag, kIgnoredInBody)) return true;
  if (is_any(t.tag, kBlock | kHeading)) return start_block_in_body(t);
  if (is_any(t.tag, kVoidInBody)) {
    reconstruct();
    insert_void(t);
    frameset_ok_ = false;
    return true;
  }
  if (is_any(t.tag, kMarked)) {
    reconstruct();
    insert_element(t);
    add_marker();
    frameset_ok_ = false;
    return true;
  }
  switch (t.tag) {
    case Tag::kHtml:
      return true;
    case Tag::kBody:
      if (open_.size() > 1 && is_html(open_[1], Tag::kBody) && !is_open(Tag::kTemplate)) {
        frameset_ok_ = false;
      }
      return true;
    case Tag::kFrameset:
      if (open_.size() < 2 || !is_html(open_[1], Tag::kBody) || !frameset_ok_) return true;
      detach(open_[1]);
      while (open_.size() > 1) pop();
      insert_element(t);
      mode_ = Mode::kInFrameset;
      return true;
    case Tag::kP:
    case Tag::kPre:
    case Tag::kListing:
    case Tag::kForm:
    case Tag::kLi:
    case Tag::kDd:
    case Tag::kDt:
    case Tag::kPlaintext:
    case Tag::kHr:
    case Tag::kXmp:
    case Tag::kTable:
      return start_block_in_body(t);
    case Tag::kButton:
      if (in_scope(Tag::kButton)) {
        imply_ends();
        pop_until(Tag::kButton);
      }
      reconstruct();
      insert_element(t);
      frameset_ok_ = false;
      return true;
    case Tag::kA:
      if (const std::size_t i = last_formatting(Tag::kA); i != kNowhere) {
        const Id earlier = formatting_[i];
        adopt(t);
        if (const std::size_t k = formatting_index(earlier); k != kNowhere) {
          formatting_.erase(formatting_.begin() + static_cast<std::ptrdiff_t>(k));
        }
        remove_from_stack(earlier);
      }
      reconstruct();
      add_formatting(insert_element(t));
      return true;
    case Tag::kNobr:
      reconstruct();
      if (in_scope(Tag::kNobr)) {
        adopt(t);
        reconstruct();
      }
      add_formatting(insert_element(t));
      return true;
    case Tag::kInput:
      if (in_scope(Tag::kSelect)) pop_until(Tag::kSelect);
      reconstruct();
      insert_void(t);
      if (!t.hidden_input) frameset_ok_ = false;
      return true;
    case Tag::kParam:
    case Tag::kSource:
    case Tag::kTrack:
      insert_void(t);
      return true;
    case Tag::kImage: {
      TagToken img = t;
      img.tag = Tag::kImg;
      return start_in_body(img);
    }
    case Tag::kTextarea:
      raw_element(t, ContentModel::kRcdata);
      skip_newline_ = true;
      frameset_ok_ = false;
      return true;
    case Tag::kIframe:
      frameset_ok_ = false;
      raw_element(t, ContentModel::kRawtext);
      return true;
    case Tag::kNoembed:
      raw_element(t, ContentModel::kRawtext);
      return true;
    case Tag::kSelect:
      if (in_scope(Tag::kSelect)) {
        pop_until(Tag::kSelect);
        return true;
      }
      reconstruct();
      insert_element(t);
      frameset_ok_ = false;
      return true;
    case Tag::kOptgroup:
    case Tag::kOption:
      if (in_scope(Tag::kSelect)) {
        imply_ends(t.tag == Tag::kOption ? Tag::kOptgroup : Tag::kOther);
      } else if (current_is(Tag::kOption)) {
        pop();
      }
      reconstruct();
      insert_element(t);
      return true;
    case Tag::kRb:
    case Tag::kRtc:
      if (in_scope(Tag::kRuby)) imply_ends();
      insert_element(t);
      return true;
    case Tag::kRp:
    case Tag::kRt:
      if (in_scope(Tag::kRuby)) imply_ends(Tag::kRtc);
      insert_element(t);
      return true;
    case Tag::kMath:
    case Tag::kSvg:
      reconstruct();
      insert_element(t, t.tag == Tag::kMath ? Space::kMath : Space::kSvg);
      if (t.self_closing) pop();
      return true;
    default:
      reconstruct();
      insert_element(t);
      if (is_any(t.tag, kFormatting)) add_formatting(current());
      return true;
  }
}

bool Html5Tree::end_in_body(const TagToken& t) {
  if (is_any(t.tag, kBlock | kBlockEnd)) {
    if (!in_scope(t.tag)) return true;
    imply_ends();
    pop_until(t.tag);
    return true;
  }
  if (is_any(t.tag, kHeading)) {
    if (!heading_in_scope()) return true;
    imply_ends();
    pop_until_any({Tag::kH1, Tag::kH2, Tag::kH3, Tag::kH4, Tag::kH5, Tag::kH6});
    return true;
  }
  if (is_any(t.tag, kFormatting)) {
    adopt(t);
    return true;
  }
  switch (t.tag) {
    case Tag::kTemplate:
      return end_in_head(t);
    case Tag::kBody:
    case Tag::kHtml:
      if (!in_scope(Tag::kBody)) return true;
      mode_ = Mode::kAfterBody;
      return t.tag == Tag::kBody;
    case Tag::kForm:
      if (is_open(Tag::kTemplate)) {
        if (!in_scope(Tag::kForm)) return true;
        imply_ends();
        pop_until(Tag::kForm);
      } else {
        const Id form = form_;
        form_ = kNoNode;
        if (form == kNoNode || !node_in_scope(form)) return true;
        imply_ends();
        remove_from_stack(form);
      }
      return true;
    case Tag::kP:
      if (!in_scope(Tag::kP, Scope::kButton)) insert_element(t);
      close_p();
      return true;
    case Tag::kLi:
      if (!in_scope(Tag::kLi, Scope::kList)) return true;
      imply_ends(Tag::kLi);
      pop_until(Tag::kLi);
      return true;
    case Tag::kDd:
    case Tag::kDt:
      if (!in_scope(t.tag)) return true;
      imply_ends(t.tag);
      pop_until(t.tag);
      return true;
    case Tag::kApplet:
    case Tag::kMarquee:
    case Tag::kObject:
      if (!in_scope(t.tag)) return true;
      imply_ends();
      pop_until(t.tag);
      clear_to_marker();
      return true;
    case Tag::kBr:
      reconstruct();
      insert_void(t);
      frameset_ok_ = false;
      return true;
    default:
      end_other_in_body(t.tag);
      return true;
  }
}

void Html5Tree::end_other_in_body(Tag tag) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    spend(1);
    if (is_html(open_[i], tag)) {
      imply_ends(tag);
      while (open_.size() > i) pop();
      return;
    }
    if (is_special(open_[i])) return;
  }
}

// ---- table -----------------------------------------------------------------------------------

bool Html5Tree::start_in_table(const TagToken& t) {
  const auto open_part = [&](Tag tag, Mode mode) {
    clear_to({Tag::kTable, Tag::kTemplate, Tag::kHtml});
    TagToken part;
    part.tag = tag;
    insert_element(part);
    mode_ = mode;
    return t.tag == tag;
  };
  switch (t.tag) {
    case Tag::kCaption:
      clear_to({Tag::kTable, Tag::kTemplate, Tag::kHtml});
      add_marker();
      return open_part(Tag::kCaption, Mode::kInCaption);
    case Tag::kColgroup:
    case Tag::kCol:
      return open_part(Tag::kColgroup, Mode::kInColumnGroup);
    case Tag::kTbody:
    case Tag::kTfoot:
    case Tag::kThead:
      return open_part(t.tag, Mode::kInTableBody);
    case Tag::kTd:
    case Tag::kTh:
    case Tag::kTr:
      return open_part(Tag::kTbody, Mode::kInTableBody);
    case Tag::kTable:
      if (!in_scope(Tag::kTable, Scope::kTable)) return true;
      pop_until(Tag::kTable);
      reset_mode();
      return false;
    case Tag::kStyle:
    case Tag::kScript:
    case Tag::kTemplate:
      return start_in_head(t);
    case Tag::kInput:
      if (!t.hidden_input) break;
      insert_void(t);
      return true;
    case Tag::kForm:
      if (is_open(Tag::kTemplate) || form_ != kNoNode) return true;
      form_ = insert_element(t);
      pop();
      return true;
    default:
      break;
  }
  foster_ = true;
  const bool done = start_in_body(t);
  foster_ = false;
  return done;
}

bool Html5Tree::end_in_table(const TagToken& t) {
  switch (t.tag) {
    case Tag::kTable:
      if (!in_scope(Tag::kTable, Scope::kTable)) return true;
      pop_until(Tag::kTable);
      reset_mode();
      return true;
    case Tag::kBody:
    case Tag::kCaption:
    case Tag::kCol:
    case Tag::kColgroup:
    case Tag::kHtml:
    case Tag::kTbody:
    case Tag::kTd:
    case Tag::kTfoot:
    case Tag::kTh:
    case Tag::kThead:
    case Tag::kTr:
      return true;
    case Tag::kTemplate:
      return end_in_head(t);
    default:
      break;
  }
  foster_ = true;
  const bool done = end_in_body(t);
  foster_ = false;
  return done;
}

bool Html5Tree::start_in_table_part(const TagToken& t) {
  const bool part = t.tag == Tag::kCaption || t.tag == Tag::kCol || t.tag == Tag::kColgroup ||
                    t.tag == Tag::kTbody || t.tag == Tag::kTfoot || t.tag == Tag::kThead;
  const bool cell = t.tag == Tag::kTd || t.tag == Tag::kTh;
  switch (mode_) {
    case Mode::kInCaption:
      if (!part && !cell && t.tag != Tag::kTr) return start_in_body(t);
      if (!in_scope(Tag::kCaption, Scope::kTable)) return true;
      imply_ends();
      pop_until(Tag::kCaption);
      clear_to_marker();
      mode_ = Mode::kInTable;
      return false;
    case Mode::kInColumnGroup:
      if (t.tag == Tag::kHtml) return true;
      if (t.tag == Tag::kCol) {
        insert_void(t);
        return true;
      }
      if (t.tag == Tag::kTemplate) return start_in_head(t);
      if (!current_is(Tag::kColgroup)) return true;
      pop();
      mode_ = Mode::kInTable;
      return false;
    case Mode::kInTableBody:
      if (t.tag == Tag::kTr || cell) {
        clear_to({Tag::kTbody, Tag::kTfoot, Tag::kThead, Tag::kTemplate, Tag::kHtml});
        TagToken row;
        row.tag = Tag::kTr;
        insert_element(row);
        mode_ = Mode::kInRow;
        return !cell;
      }
      if (!part) return start_in_table(t);
      if (!in_scope({Tag::kTbody, Tag::kThead, Tag::kTfoot}, Scope::kTable)) return true;
      clear_to({Tag::kTbody, Tag::kTfoot, Tag::kThead, Tag::kTemplate, Tag::kHtml});
      pop();
      mode_ = Mode::kInTable;
      return false;
    case Mode::kInRow:
      if (cell) {
        clear_to({Tag::kTr, Tag::kTemplate, Tag::kHtml});
        insert_element(t);
        mode_ = Mode::kInCell;
        add_marker();
        return true;
      }
      if (!part && t.tag != Tag::kTr) return start_in_table(t);
      if (!in_scope(Tag::kTr, Scope::kTable)) return true;
      clear_to({Tag::kTr, Tag::kTemplate, Tag::kHtml});
      pop();
      mode_ = Mode::kInTableBody;
      return false;
    default:  // a cell
      if (!part && !cell && t.tag != Tag::kTr) return start_in_body(t);
      if (!in_scope({Tag::kTd, Tag::kTh}, Scope::kTable)) return true;
      close_cell();
      return false;
  }
}

bool Html5Tree::end_in_table_part(const TagToken& t) {
  const bool group = t.tag == Tag::kTbody || t.tag == Tag::kTfoot || t.tag == Tag::kThead;
  const bool column = t.tag == Tag::kCol || t.tag == Tag::kColgroup;
  const bool outside = t.tag == Tag::kBody || t.tag == Tag::kHtml;
  const bool cell = t.tag == Tag::kTd || t.tag == Tag::kTh;
  switch (mode_) {
    case Mode::kInCaption:
      if (t.tag == Tag::kCaption || t.tag == Tag::kTable) {
        if (!in_scope(Tag::kCaption, Scope::kTable)) return true;
        imply_ends();
        pop_until(Tag::kCaption);
        clear_to_marker();
        mode_ = Mode::kInTable;
        return t.tag == Tag::kCaption;
      }
      if (outside || column || group || cell || t.tag == Tag::kTr) return true;
      return end_in_body(t);
    case Mode::kInColumnGroup:
      if (t.tag == Tag::kCol) return true;
      if (t.tag == Tag::kTemplate) return end_in_head(t);
      if (!current_is(Tag::kColgroup)) return true;
      pop();
      mode_ = Mode::kInTable;
      return t.tag == Tag::kColgroup;
    case Mode::kInTableBody:
      if (group || t.tag == Tag::kTable) {
        if (group ? !in_scope(t.tag, Scope::kTable)
                  : !in_scope({Tag::kTbody, Tag::kThead, Tag::kTfoot}, Scope::kTable)) {
          return true;
        }
        clear_to({Tag::kTbody, Tag::kTfoot, Tag::kThead, Tag::kTemplate, Tag::kHtml});
        pop();
        mode_ = Mode::kInTable;
        return group;
      }
      if (outside || column || cell || t.tag == Tag::kCaption || t.tag == Tag::kTr) return true;
      return end_in_table(t);
    case Mode::kInRow:
      if (t.tag == Tag::kTr || t.tag == Tag::kTable || group) {
        if (group && !in_scope(t.tag, Scope::kTable)) return true;
        if (!in_scope(Tag::kTr, Scope::kTable)) return true;
        clear_to({Tag::kTr, Tag::kTemplate, Tag::kHtml});
        pop();
        mode_ = Mode::kInTableBody;
        return t.tag == Tag::kTr;
      }
      if (outside || column || cell || t.tag == Tag::kCaption) return true;
      return end_in_table(t);
    default:  // a cell
      if (cell) {
        if (!in_scope(t.tag, Scope::kTable)) return true;
        imply_ends();
        pop_until(t.tag);
        clear_to_marker();
        mode_ = Mode::kInRow;
        return true;
      }
      if (outside || column || t.tag == Tag::kCaption) return true;
      if (t.tag == Tag::kTable || t.tag == Tag::kTr || group) {
        if (!in_scope(t.tag, Scope::kTable)) return true;
        close_cell();
        return false;
      }
      return end_in_body(t);
  }
}

}  // namespace ophost::html
