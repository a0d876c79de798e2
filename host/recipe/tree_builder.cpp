// The tree builder: environment variables, tags, anchors, merge keys, duplicate keys, bounds. One
// thread.
#include "host/recipe/tree_builder.hpp"

#include <cctype>
#include <set>

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kMaxBytes = 16u << 20;
constexpr std::size_t kMaxNodes = 200'000;
constexpr std::size_t kMaxDepth = 200;

std::size_t size_of(const YamlNode& node) {
  std::size_t n = 1 + node.keys.size();
  for (const auto& item : node.items) n += size_of(item);
  return n;
}

std::size_t depth_of(const YamlNode& node) {
  std::size_t deepest = 0;
  for (const auto& item : node.items) deepest = std::max(deepest, depth_of(item));
  return deepest + 1;
}

// Length of the UTF-8 sequence at s[i], 0 when it is none.
std::size_t utf8_length(std::string_view s, std::size_t i) {
  auto byte = [&](std::size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  auto tail = [&](std::size_t k) { return (byte(k) & 0xC0) == 0x80; };
  unsigned b = byte(i);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(i + 1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(i + 1) || !tail(i + 2)) return 0;
    if (b == 0xE0 && byte(i + 1) < 0xA0) return 0;
    if (b == 0xED && byte(i + 1) > 0x9F) return 0;
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3)) return 0;
    if (b == 0xF0 && byte(i + 1) < 0x90) return 0;
    if (b == 0xF4 && byte(i + 1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

std::string hex_byte(unsigned char b) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  return std::string("0x") + kHex[b >> 4] + kHex[b & 15];
}

bool name_char(char c, bool first) {
  return c == '_' || std::isalpha(static_cast<unsigned char>(c)) ||
         (!first && std::isdigit(static_cast<unsigned char>(c)));
}

// Python's repr would tell 1 and "1" apart as keys; so do we.
std::string identity(const YamlNode& key) {
  return std::to_string(static_cast<int>(key.kind)) + key.key_text();
}

// `present`: the identities of the keys that `into` has.
void merge(YamlNode& into, const YamlNode& from, std::set<std::string>& present) {
  for (std::size_t i = 0; i < from.keys.size(); ++i) {
    if (!present.insert(identity(from.keys[i])).second) continue;
    into.keys.push_back(from.keys[i]);
    into.items.push_back(from.items[i]);
  }
}

bool is_merge_key(const YamlNode& key) {
  return key.is_string() && key.plain && key.text == "<<";
}

}  // namespace

std::string check_text(std::string_view bytes, Place& place) {
  place = {};
  if (bytes.size() > kMaxBytes) return "a recipe is at most 16 MiB.";
  place = {1, 1};
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF")
    return "the file is UTF-16; save it as UTF-8.";
  for (std::size_t i = 0; i < bytes.size();) {
    unsigned char b = static_cast<unsigned char>(bytes[i]);
    std::size_t n = utf8_length(bytes, i);
    if (n == 0) return "byte " + hex_byte(b) + " is not UTF-8; save the file as UTF-8.";
    if ((b < 0x20 && b != '\t' && b != '\n' && b != '\r') || b == 0x7F)
      return "control character " + hex_byte(b) +
             " is not allowed; write it as an escape in double quotes.";
    i += n;
    if (b == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return "";
}

void TreeBuilder::count(std::size_t nodes, Place place) {
  nodes_ += nodes;
  if (nodes_ > kMaxNodes)
    throw TreeError{place,
                    "the recipe has more than 200,000 values (are aliases expanding each other?)."};
}

std::string TreeBuilder::expand(const std::string& value, Place place, bool& changed) const {
  std::string out;
  std::size_t i = 0;
  for (;;) {
    std::size_t at = value.find("${", i);
    if (at == std::string::npos) break;
    if (at > i && value[at - 1] == '$') {  // "$${" stands for "${"
      out.append(value, i, at - 1 - i);
      out += "${";
      i = at + 2;
      changed = true;
      continue;
    }
    std::size_t n = at + 2;
    while (n < value.size() && name_char(value[n], n == at + 2)) ++n;
    std::size_t close = value.find('}', n);
    bool fallback = value.compare(n, 2, ":-") == 0;
    if (n == at + 2 || close == std::string::npos || (!fallback && close != n)) {
      out.append(value, i, at + 2 - i);  // not a variable: stays as it is
      i = at + 2;
      continue;
    }
    std::string name = value.substr(at + 2, n - at - 2);
    const char* found = env_(name.c_str());
    out.append(value, i, at - i);
    if (found != nullptr && (*found != '\0' || !fallback)) {
      out += found;
    } else if (fallback) {
      out.append(value, n + 2, close - n - 2);
    } else {
      throw TreeError{place, "environment variable " + name + " is not set (${" + name +
                                 "}); set it, or write ${" + name + ":-default}."};
    }
    changed = true;
    i = close + 1;
  }
  out.append(value, i, std::string::npos);
  return out;
}

void TreeBuilder::scalar(Place place, const std::string& tag, const std::string& value,
                         std::size_t anchor) {
  bool is_key = !stack_.empty() && stack_.back().node.is_map() && !stack_.back().key;
  bool expanded = false;
  std::string text = value;
  if (env_ != nullptr && !is_key && value.find("${") != std::string::npos)
    text = expand(value, place, expanded);
  YamlNode node;
  bool digits = true;
  if (tag == "?") {
    digits = type_plain_scalar(text, node);
  } else if (tag == "!" || tag == "tag:yaml.org,2002:str") {
    node = yaml_string(text);
  } else {
    static const std::map<std::string, Kind> kTags = {{"tag:yaml.org,2002:int", Kind::kInt},
                                                      {"tag:yaml.org,2002:float", Kind::kFloat},
                                                      {"tag:yaml.org,2002:bool", Kind::kBool},
                                                      {"tag:yaml.org,2002:null", Kind::kNull}};
    auto wanted = kTags.find(tag);
    if (wanted == kTags.end())
      throw TreeError{place, "the tag '" + tag + "' is not supported; remove it."};
    digits = type_plain_scalar(text, node);
    if (wanted->second == Kind::kFloat && node.is(Kind::kInt)) node.kind = Kind::kFloat;
    if (wanted->second == Kind::kNull) node.kind = Kind::kNull;
    if (node.kind != wanted->second)
      throw TreeError{place, "'" + text + "' does not fit its tag '" + tag + "'."};
  }
  if (!digits)
    throw TreeError{place,
                    "'" + text + "' looks like a number but holds no digits; put it in quotes."};
  node.loose = expanded;
  node.line = place.line;
  node.column = place.column;
  count(1, place);
  add(std::move(node), anchor);
}

void TreeBuilder::typed(Place place, YamlNode node) {
  bool is_key = !stack_.empty() && stack_.back().node.is_map() && !stack_.back().key;
  if (env_ != nullptr && !is_key && node.is_string() && node.text.find("${") != std::string::npos)
    node.text = expand(node.text, place, node.loose);
  node.line = place.line;
  node.column = place.column;
  count(1, place);
  add(std::move(node), 0);
}

void TreeBuilder::alias(Place place, std::size_t anchor) {
  auto found = anchors_.find(anchor);
  if (found == anchors_.end())
    throw TreeError{place,
                    "an alias stands inside the value it names; a recipe cannot contain itself."};
  count(size_of(found->second), place);
  if (stack_.size() + depth_of(found->second) > kMaxDepth)
    throw TreeError{place, "values are nested deeper than 200 levels."};
  add(found->second, 0);
}

void TreeBuilder::start(Kind kind, Place place, const std::string& tag, std::size_t anchor) {
  bool list = kind == Kind::kList;
  if (tag != "?" && tag != "!" && !tag.empty() &&
      tag != (list ? "tag:yaml.org,2002:seq" : "tag:yaml.org,2002:map"))
    throw TreeError{place, "the tag '" + tag + "' is not supported; remove it."};
  if (stack_.size() >= kMaxDepth)
    throw TreeError{place, "values are nested deeper than 200 levels."};
  if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().key)
    throw TreeError{place, std::string("a key must be a single value, not ") +
                               (list ? "a list." : "a mapping.")};
  count(1, place);
  if (!seen_) first_ = place;
  seen_ = true;
  Frame frame;
  frame.node.kind = kind;
  frame.node.line = place.line;
  frame.node.column = place.column;
  frame.anchor = anchor;
  stack_.push_back(std::move(frame));
}

void TreeBuilder::finish() {
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  YamlNode& map = frame.node;
  for (std::size_t i = 0; map.is_map() && i < map.keys.size(); ++i) {
    if (!is_merge_key(map.keys[i])) continue;
    YamlNode merged = std::move(map.items[i]);
    Place place{map.keys[i].line, map.keys[i].column};
    map.keys.erase(map.keys.begin() + static_cast<std::ptrdiff_t>(i));
    map.items.erase(map.items.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<YamlNode> sources;
    if (merged.is_list())
      sources = std::move(merged.items);
    else
      sources.push_back(std::move(merged));
    std::set<std::string> present;
    for (const auto& key : map.keys) present.insert(identity(key));
    for (const auto& source : sources) {
      if (!source.is_map())
        throw TreeError{
            place, "'<<' merges a mapping or a list of mappings, not " + describe(source) + "."};
      merge(map, source, present);
    }
    break;  // a second '<<' was refused as a duplicate key
  }
  add(std::move(frame.node), frame.anchor);
}

void TreeBuilder::add(YamlNode node, std::size_t anchor) {
  if (!seen_) first_ = {node.line, node.column};
  seen_ = true;
  if (anchor != 0) anchors_[anchor] = node;
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = stack_.back();
  if (frame.node.is_list()) {
    frame.node.items.push_back(std::move(node));
    return;
  }
  Place place{node.line, node.column};
  if (frame.key) {
    frame.node.keys.push_back(std::move(*frame.key));
    frame.node.items.push_back(std::move(node));
    frame.key.reset();
    return;
  }
  if (node.is_list() || node.is_map())
    throw TreeError{place, "a key must be a single value, not " + describe(node) + "."};
  auto [known, fresh] = frame.places.emplace(identity(node), place);
  if (!fresh)
    throw TreeError{place, "the key '" + node.key_text() +
                               "' stands twice in this mapping: first in line " +
                               std::to_string(known->second.line) + ", again in line " +
                               std::to_string(place.line) + ". Remove one of them."};
  frame.key = std::move(node);
}

}  // namespace ophost
