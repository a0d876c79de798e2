// Puts parse events together to a YamlNode tree; shared by the YAML and the JSON reader. Throws
// TreeError (caught in parse_yaml / parse_json_recipe). One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/yaml.hpp"

namespace ophost {

struct Place {
  int line = 0, column = 0;  // 1-based; 0 = unknown
};

struct TreeError {
  Place place;
  std::string sentence;
};

class TreeBuilder {
 public:
  explicit TreeBuilder(EnvLookup env) : env_(env) {}

  // `tag`: "?" plain, "!" quoted, else an explicit YAML tag. `anchor` 0 = none.
  void scalar(Place place, const std::string& tag, const std::string& value, std::size_t anchor);
  // A scalar that is typed already (JSON).
  void typed(Place place, YamlNode node);
  void alias(Place place, std::size_t anchor);
  void start(YamlNode::Kind kind, Place place, const std::string& tag, std::size_t anchor);
  void finish();

  bool empty() const { return !seen_; }
  Place first_place() const { return first_; }
  YamlNode take() { return std::move(root_); }

 private:
  struct Frame {
    YamlNode node;
    std::size_t anchor = 0;
    std::optional<YamlNode> key;          // maps: the key that waits for its value
    std::map<std::string, Place> places;  // maps: where each key stands
  };
  void add(YamlNode node, std::size_t anchor);
  void count(std::size_t nodes, Place place);
  std::string expand(const std::string& value, Place place, bool& changed) const;

  EnvLookup env_;
  std::vector<Frame> stack_;
  std::map<std::size_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
  bool seen_ = false;
  Place first_;
  YamlNode root_;
};

// "" or what is wrong with the bytes (too large, not UTF-8, control characters), and where.
std::string check_text(std::string_view bytes, Place& place);

}  // namespace ophost
