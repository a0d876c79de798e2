// HTML5's tree construction (the rules of the HTML standard, scripting off), and the text of the
// tree it gives. Owner: plugins/html. One text, one thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/html/html5_tags.hpp"
#include "plugins/html/html5_tokenizer.hpp"

namespace ophost::html {

// The textContent of the document that `html` describes, without the contents of templates:
// appended to `out`. `html` is valid UTF-8. Throws RecordError when the tree grows out of all
// proportion.
void html5_text(std::string_view html, std::string& out);

enum class Space : std::uint8_t { kHtml, kSvg, kMath };  // namespaces

class Html5Tree : public Html5Sink {
 public:
  explicit Html5Tree(std::string_view html);
  void text(std::string& out) const;

  void characters(std::string_view text) override;
  void start_tag(const TagToken& t) override;
  void end_tag(const TagToken& t) override;
  void comment() override;
  bool allows_cdata() const override;

 private:
  using Id = std::uint32_t;  // of a node
  static constexpr Id kNoNode = ~Id{0};
  static constexpr Id kDocument = 0;
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  enum class Mode : std::uint8_t {
    kInitial,
    kBeforeHtml,
    kBeforeHead,
    kInHead,
    kInHeadNoscript,
    kAfterHead,
    kInBody,
    kText,
    kInTable,
    kInTableText,
    kInCaption,
    kInColumnGroup,
    kInTableBody,
    kInRow,
    kInCell,
    kInTemplate,
    kAfterBody,
    kInFrameset,
    kAfterFrameset,
    kAfterAfterBody,
    kAfterAfterFrameset,
  };
  struct Node {
    Tag tag = Tag::kOther;
    Space space = Space::kHtml;
    bool is_text = false;
    bool html_annotation = false;
    Id parent = kNoNode, first = kNoNode, last = kNoNode, previous = kNoNode, next = kNoNode;
    std::size_t begin = 0, end = 0;  // of a text, in chars_
    std::string attributes;          // of formatting elements
  };
  struct Place {
    Id parent, before;  // before: kNoNode = at the end
  };
  enum class Scope { kDefault, kList, kButton, kTable };

  // ---- the tree
  Id make(Tag tag, Space space);
  void detach(Id id);
  void insert(Id id, Place place);
  Place place_for_node(Id target) const;
  Place place_for_node() const { return place_for_node(current()); }
  void insert_text(std::string_view text);
  Id insert_element(const TagToken& token, Space space = Space::kHtml);
  void insert_void(const TagToken& token);

  // ---- the stack of open elements
  Id current() const { return open_.empty() ? kDocument : open_.back(); }
  const Node& at(Id id) const { return nodes_[id]; }
  bool is_html(Id id, Tag tag) const { return at(id).space == Space::kHtml && at(id).tag == tag; }
  bool is_html(Id id, std::uint32_t groups) const {
    return at(id).space == Space::kHtml && is_any(at(id).tag, groups);
  }
  bool current_is(Tag tag) const { return is_html(current(), tag); }
  bool is_special(Id id) const;
  bool ends_scope(Id id, Scope scope) const;
  bool in_scope(Tag tag, Scope scope = Scope::kDefault);
  bool in_scope(std::initializer_list<Tag> tags, Scope scope = Scope::kDefault);
  bool node_in_scope(Id id);
  bool heading_in_scope();
  bool is_open(Tag tag) const { return open_count_[static_cast<std::size_t>(tag)] > 0; }
  void push(Id id);
  void pop();
  void remove_from_stack(Id id);
  std::size_t stack_index(Id id);
  void pop_until(Tag tag);
  void pop_until_any(std::initializer_list<Tag> tags);
  void clear_to(std::initializer_list<Tag> tags);
  void imply_ends(Tag except = Tag::kOther);
  void imply_ends_deep();
  void close_p();
  void close_p_in_button_scope() {
    if (in_scope(Tag::kP, Scope::kButton)) close_p();
  }
  void close_cell();
  void reset_mode();

  // ---- formatting elements
  void add_formatting(Id id);
  void add_marker() { formatting_.push_back(kNoNode); }
  void clear_to_marker();
  void reconstruct();
  std::size_t formatting_index(Id id) const;
  std::size_t last_formatting(Tag tag) const;
  void adopt(const TagToken& token);
  bool adopt_once(const TagToken& token);

  // ---- tokens in the modes; false = the mode has changed, the token is to be looked at again
  bool characters_in_mode(std::string_view& text);
  void body_characters(std::string_view text);
  void flush_table_text();
  bool start_in_mode(const TagToken& t);
  bool end_in_mode(const TagToken& t);
  bool start_in_head(const TagToken& t);
  bool end_in_head(const TagToken& t);
  bool start_in_body(const TagToken& t);
  bool start_block_in_body(const TagToken& t);
  bool end_in_body(const TagToken& t);
  void end_other_in_body(Tag tag);
  bool start_in_table(const TagToken& t);
  bool end_in_table(const TagToken& t);
  bool start_in_table_part(const TagToken& t);
  bool end_in_table_part(const TagToken& t);
  bool start_in_template(const TagToken& t);
  void end_template();
  void raw_element(const TagToken& t, ContentModel model);
  bool start_foreign(const TagToken& t);
  bool end_foreign(const TagToken& t);
  bool takes_html_rules(const TagToken* start, bool is_text) const;

  void spend(std::size_t steps);

  Html5Tokenizer tokenizer_;
  std::vector<Node> nodes_;
  std::string chars_;
  std::vector<Id> open_;
  std::vector<std::uint32_t> open_count_;  // by known tag, HTML elements only
  std::vector<Id> formatting_;             // kNoNode = a marker
  std::vector<Mode> template_modes_;
  Mode mode_ = Mode::kInitial, original_mode_ = Mode::kInitial;
  Id head_ = kNoNode, form_ = kNoNode;
  std::string table_text_;
  bool frameset_ok_ = true;
  bool foster_ = false;
  bool skip_newline_ = false;
  std::size_t steps_ = 0, most_steps_;
};

}  // namespace ophost::html
