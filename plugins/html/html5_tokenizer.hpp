// HTML5's tokenizer, for those who want the text of a document: comments and doctypes have no
// contents, attributes are only told apart. Owner: plugins/html. One text, one thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "plugins/html/html5_tags.hpp"

namespace ophost::html {

struct TagToken {
  Tag tag = Tag::kOther;
  bool self_closing = false;
  bool hidden_input = false;     // type="hidden"
  bool font_style = false;       // color, face or size
  bool html_annotation = false;  // encoding="text/html" or "application/xhtml+xml"
  std::string attributes;        // equal for tags with the same attributes
};

enum class ContentModel { kData, kRcdata, kRawtext, kScript, kPlaintext };

class Html5Sink {
 public:
  virtual ~Html5Sink() = default;
  // Characters, NUL included where the rules leave it to the tree; `text` dies with the call.
  virtual void characters(std::string_view text) = 0;
  virtual void start_tag(const TagToken& tag) = 0;
  virtual void end_tag(const TagToken& tag) = 0;
  virtual void comment() = 0;             // or a doctype
  virtual bool allows_cdata() const = 0;  // the current node is not of HTML
};

class Html5Tokenizer {
 public:
  // `text`: valid UTF-8 with line ends of \n alone.
  Html5Tokenizer(std::string_view text, Html5Sink& sink) : text_(text), sink_(sink) {}
  void run();
  // How to read what follows the start tag that the sink is being told of.
  void set_model(ContentModel model) { model_ = model; }

 private:
  void data();
  void raw_text();
  std::size_t find_raw_end() const;
  std::size_t find_script_end() const;
  bool is_end_of(std::size_t at, std::string_view name) const;
  void markup();       // at "<"
  void declaration();  // at "<!"
  void tag(bool start);
  // The attribute at at_; false when the text ends inside it.
  bool attribute(TagToken& token);
  void reference();  // at "&"
  void skip_past(std::string_view mark);
  void emit(std::size_t begin, std::size_t end) {
    if (begin < end) sink_.characters(text_.substr(begin, end - begin));
  }
  // The same with U+FFFD for NUL.
  void emit_raw(std::size_t begin, std::size_t end);
  char peek(std::size_t offset = 0) const {
    return at_ + offset < text_.size() ? text_[at_ + offset] : '\0';
  }
  bool at_end(std::size_t offset = 0) const { return at_ + offset >= text_.size(); }

  std::string_view text_;
  Html5Sink& sink_;
  std::size_t at_ = 0;
  ContentModel model_ = ContentModel::kData;
  std::string last_start_;  // the name of the last start tag
  std::unordered_map<std::string, Tag> others_;
};

}  // namespace ophost::html
