// The tree that BeautifulSoup 4.15 makes with Python's html.parser, as far as tables need it: no
// HTML5 repair, an end tag closes everything up to its start, what was never closed stays open.
// Owner: plugins/html. Immutable once made, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/html/py_html_parser.hpp"

namespace ophost::html {

class Soup {
 public:
  using Id = std::uint32_t;  // of a node; nodes stand in the order of the document
  enum class Kind : std::uint8_t {
    kTag,
    kText,  // and CDATA sections count as the text of an element
    kCdata,
    kOtherText,  // inside script, style, template, rt or rp
    kComment,
    kDoctype,
    kDeclaration,
    kInstruction,
  };
  struct Node {
    Kind kind = Kind::kTag;
    std::string name;  // of a tag
    std::string text;
    Attributes attributes;
    Id parent = 0;
    Id end = 0;  // the node behind the last one inside this one
  };

  // Throws RecordError, see PyHtmlParser::run.
  explicit Soup(std::string_view html);

  // Tags of this name inside the node, in the order of the document.
  std::vector<Id> find_all(Id inside, std::string_view name) const;
  // Node 0 is the document.
  const Node& node(Id id) const { return nodes_[id]; }
  // The stripped texts inside a node put together.
  std::string text_of(Id id) const;
  // str(tag).
  std::string html_of(Id id) const;

 private:
  void append_open(const Node& tag, bool empty, std::string& out) const;

  std::vector<Node> nodes_;
};

}  // namespace ophost::html
