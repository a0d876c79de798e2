// The dotted paths of some columns as a tree of member names, for the scanner of extract.cpp. Private to
// host/batch. One worker.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/batch/batch.hpp"

namespace ophost {

// Node 0 is the record itself. Recipes name a handful of paths: children are searched one by one.
class PathTree {
 public:
  struct Node {
    std::vector<std::pair<std::string, int>> children;
    std::vector<int> columns;  // that read this value
  };

  PathTree() : nodes_(1) {}

  void add(std::string_view path, int column) {
    int node = 0;
    bool literal = false;
    while (true) {
      std::size_t dot = literal ? std::string_view::npos : path.find('.');
      std::string_view name = path.substr(0, dot);
      int next = child(node, name);
      if (next < 0) {
        next = static_cast<int>(nodes_.size());
        nodes_.emplace_back();
        nodes_[static_cast<std::size_t>(node)].children.emplace_back(name, next);
      }
      node = next;
      if (dot == std::string_view::npos) break;
      literal = has_literal_keys(name);
      path.remove_prefix(dot + 1);
    }
    nodes_[static_cast<std::size_t>(node)].columns.push_back(column);
  }

  // -1 when no path goes there.
  int child(int node, std::string_view name) const {
    for (const auto& c : (*this)[node].children)
      if (c.first == name) return c.second;
    return -1;
  }

  const Node& operator[](int node) const { return nodes_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<Node> nodes_;
};

}  // namespace ophost
