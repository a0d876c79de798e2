// BeautifulSoup's tree. See soup.hpp.
#include "plugins/html/soup.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "plugins/html/entities.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/pyregex.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::html {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNone = std::string_view::npos;

// Tags without contents.
constexpr std::array kVoid = {"area"sv,   "base"sv,     "basefont"sv, "bgsound"sv, "br"sv,
                              "col"sv,    "command"sv,  "embed"sv,    "frame"sv,   "hr"sv,
                              "image"sv,  "img"sv,      "input"sv,    "isindex"sv, "keygen"sv,
                              "link"sv,   "menuitem"sv, "meta"sv,     "nextid"sv,  "param"sv,
                              "source"sv, "spacer"sv,   "track"sv,    "wbr"sv};

template <class List>
bool is_in(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}
bool is_void(std::string_view name) {
  return std::binary_search(kVoid.begin(), kVoid.end(), name);
}
bool keeps_space(std::string_view name) {
  return name == "pre" || name == "textarea";
}
// Tags whose text is not that of the elements around them.
bool holds_other_text(std::string_view name) {
  constexpr std::array kNames = {"rt"sv, "rp"sv, "style"sv, "script"sv, "template"sv};
  return is_in(kNames, name);
}

// Attributes that are lists of words: the space between them becomes one U+0020.
bool is_list(std::string_view tag, std::string_view attribute) {
  struct Pair {
    std::string_view tag, attribute;
  };
  constexpr Pair kPairs[] = {
      {"a", "rel"},      {"a", "rev"},      {"link", "rel"},       {"link", "rev"},
      {"td", "headers"}, {"th", "headers"}, {"area", "rel"},       {"form", "accept-charset"},
      {"icon", "sizes"}, {"output", "for"}, {"object", "archive"}, {"iframe", "sandbox"}};
  if (attribute == "class" || attribute == "accesskey" || attribute == "dropzone") return true;
  return std::any_of(std::begin(kPairs), std::end(kPairs),
                     [&](const Pair& p) { return p.tag == tag && p.attribute == attribute; });
}

std::string join_words(std::string_view text) {
  std::string out;
  const char* p = text.data();
  const char* const end = p + text.size();
  bool gap = false;
  while (p != end) {
    const char* const at = p;
    if (textkit::has_class(textkit::next_char(p), textkit::kPySpace)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out.append(at, p);
  }
  return out;
}

std::string* find_attribute(Attributes& attributes, std::string_view name) {
  for (auto& [key, value] : attributes) {
    if (key == name) return &value;
  }
  return nullptr;
}

// What a <meta> says about the encoding becomes true of the text it is written out as, UTF-8.
void name_encoding(Attributes& attributes) {
  if (std::string* charset = find_attribute(attributes, "charset")) {
    *charset = "utf-8";
    return;
  }
  std::string* content = find_attribute(attributes, "content");
  const std::string* kind = find_attribute(attributes, "http-equiv");
  if (content == nullptr || kind == nullptr) return;
  std::string lower;
  textkit::lower(*kind, lower);
  if (lower != "content-type") return;
  textkit::PyRegex charset(R"(((^|;)\s*charset=)([^;]*))", textkit::RegexFlavor::kRe,
                           textkit::kRegexMultiline);
  std::string renamed;
  if (charset.sub(*content, charset.compile_template(R"(\1utf-8)"), renamed)) *content = renamed;
}

class Builder : public TokenSink {
 public:
  explicit Builder(std::vector<Soup::Node>& nodes) : nodes_(nodes) {
    nodes_.emplace_back();
    open_.push_back(0);
  }
  void finish() {
    end_data(Soup::Kind::kText);
    while (!open_.empty()) pop();
  }

  void start_tag(const std::string& name, Attributes attributes, bool self_closing) override {
    end_data(Soup::Kind::kText);
    Soup::Node tag;
    tag.name = name;
    for (auto& [key, value] : attributes) {
      if (std::string* earlier = find_attribute(tag.attributes, key)) {
        *earlier = std::move(value);
      } else {
        tag.attributes.emplace_back(std::move(key), std::move(value));
      }
    }
    for (auto& [key, value] : tag.attributes) {
      if (is_list(name, key)) value = join_words(value);
    }
    if (name == "meta") name_encoding(tag.attributes);
    std::sort(tag.attributes.begin(), tag.attributes.end());
    push(std::move(tag));
    if (self_closing) {
      close(name);
    } else if (is_void(name)) {
      close(name);
      ++closed_early_[name];
    }
  }
  void end_tag(const std::string& name) override {
    if (const auto early = closed_early_.find(name);
        early != closed_early_.end() && early->second > 0) {
      --early->second;  // the end of a <br> that was closed when it came
      return;
    }
    close(name);
  }
  void text(std::string_view text) override {
    data_ += text;
    has_data_ = true;
  }
  void number_reference(std::string_view digits) override {
    const bool hex = digits[0] == 'x' || digits[0] == 'X';
    char32_t c = 0;
    for (const char d : digits.substr(hex ? 1 : 0)) {
      const int value = d <= '9' ? d - '0' : (d | 32) - 'a' + 10;
      if (c < 0x110000) c = c * (hex ? 16 : 10) + static_cast<char32_t>(value);
    }
    if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
    textkit::append_char(data_, legacy_character(c));
    has_data_ = true;
  }
  void name_reference(std::string_view name) override {
    std::string_view found = entity(name);
    if (found.empty()) found = entity(std::string(name) + ";");
    if (found.empty()) {
      data_ += '&';
      found = name;
    }
    text(found);
  }
  void comment(std::string_view text) override { special(text, Soup::Kind::kComment); }
  void doctype(std::string_view text) override {
    special(text.substr(std::min(skip_chars(text, 8), text.size())), Soup::Kind::kDoctype);
  }
  void marked_section(std::string_view text) override {
    std::string begin(text.substr(0, 6));
    for (char& c : begin) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (begin == "CDATA[") return special(text.substr(6), Soup::Kind::kCdata);
    special(text, Soup::Kind::kDeclaration);
  }
  void instruction(std::string_view text) override { special(text, Soup::Kind::kInstruction); }

 private:
  // The bytes of the first `count` characters.
  static std::size_t skip_chars(std::string_view text, int count) {
    std::size_t at = 0;
    for (; count > 0 && at < text.size(); --count) at += textkit::char_bytes(text[at]);
    return at;
  }

  void special(std::string_view content, Soup::Kind kind) {
    end_data(Soup::Kind::kText);
    text(content);
    end_data(kind);
  }

  // Makes a node of the text since the last one.
  void end_data(Soup::Kind kind) {
    if (!has_data_) return;
    if (space_keepers_ == 0 && data_.find_first_not_of(" \n\t\f\r") == kNone) {
      data_ = data_.find('\n') != kNone ? "\n" : " ";  // also in the place of an empty text
    }
    Soup::Node node;
    node.kind = kind == Soup::Kind::kText && other_holders_ > 0 ? Soup::Kind::kOtherText : kind;
    node.text.swap(data_);
    node.parent = open_.back();
    nodes_.push_back(std::move(node));
    nodes_.back().end = static_cast<Soup::Id>(nodes_.size());
    has_data_ = false;
  }

  void push(Soup::Node tag) {
    tag.parent = open_.back();
    space_keepers_ += keeps_space(tag.name);
    other_holders_ += holds_other_text(tag.name);
    ++open_names_[tag.name];
    open_.push_back(static_cast<Soup::Id>(nodes_.size()));
    nodes_.push_back(std::move(tag));
  }
  void pop() {
    Soup::Node& tag = nodes_[open_.back()];
    tag.end = static_cast<Soup::Id>(nodes_.size());
    open_.pop_back();
    if (open_.empty()) return;  // the document
    space_keepers_ -= keeps_space(tag.name);
    other_holders_ -= holds_other_text(tag.name);
    --open_names_[tag.name];
  }
  void close(const std::string& name) {
    end_data(Soup::Kind::kText);
    const auto known = open_names_.find(name);
    if (known == open_names_.end() || known->second == 0) return;
    for (bool found = false; !found;) {
      found = nodes_[open_.back()].name == name;
      pop();
    }
  }

  std::vector<Soup::Node>& nodes_;
  std::vector<Soup::Id> open_;
  std::unordered_map<std::string, int> open_names_, closed_early_;
  int space_keepers_ = 0, other_holders_ = 0;
  std::string data_;
  bool has_data_ = false;  // there may be data of no characters
};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
}

}  // namespace

Soup::Soup(std::string_view html) {
  Builder builder(nodes_);
  PyHtmlParser(html, builder).run();
  builder.finish();
}

std::vector<Soup::Id> Soup::find_all(Id inside, std::string_view name) const {
  std::vector<Id> found;
  for (Id id = inside + 1; id < nodes_[inside].end; ++id) {
    if (nodes_[id].kind == Kind::kTag && nodes_[id].name == name) found.push_back(id);
  }
  return found;
}

std::string Soup::text_of(Id id) const {
  std::string out;
  for (Id at = id + 1; at < nodes_[id].end; ++at) {
    const Node& n = nodes_[at];
    if (n.kind == Kind::kText || n.kind == Kind::kCdata) out += textkit::strip(n.text);
  }
  return out;
}

void Soup::append_open(const Node& tag, bool empty, std::string& out) const {
  out.append("<").append(tag.name);
  for (const auto& [key, value] : tag.attributes) {
    std::string text;
    append_escaped(text, value);
    char quote = '"';
    if (text.find('"') != kNone) {
      if (text.find('\'') == kNone) {
        quote = '\'';
      } else {
        for (std::size_t at = 0; (at = text.find('"', at)) != kNone; at += 6) {
          text.replace(at, 1, "&quot;");
        }
      }
    }
    out.append(" ").append(key).append("=").append(1, quote).append(text).append(1, quote);
  }
  out += empty ? "/>" : ">";
}

std::string Soup::html_of(Id id) const {
  std::string out;
  std::vector<Id> open;
  const auto close_until = [&](Id at) {
    while (!open.empty() && nodes_[open.back()].end <= at) {
      out.append("</").append(nodes_[open.back()].name).append(">");
      open.pop_back();
    }
  };
  for (Id at = id; at < nodes_[id].end; ++at) {
    close_until(at);
    const Node& n = nodes_[at];
    switch (n.kind) {
      case Kind::kTag: {
        const bool empty = n.end == at + 1 && is_void(n.name);
        append_open(n, empty, out);
        if (!empty) open.push_back(at);
        break;
      }
      case Kind::kText:
      case Kind::kOtherText: {
        const std::string& parent = nodes_[n.parent].name;
        if (parent == "script" || parent == "style") {
          out += n.text;
        } else {
          append_escaped(out, n.text);
        }
        break;
      }
      case Kind::kCdata:
        out.append("<![CDATA[").append(n.text).append("]]>");
        break;
      case Kind::kComment:
        out.append("<!--").append(n.text).append("-->");
        break;
      case Kind::kDoctype:
        out.append("<!DOCTYPE ").append(n.text).append(">\n");
        break;
      case Kind::kDeclaration:
        out.append("<?").append(n.text).append("?>");
        break;
      case Kind::kInstruction:
        out.append("<?").append(n.text).append(">");
        break;
    }
  }
  close_until(nodes_[id].end);
  return out;
}

}  // namespace ophost::html
