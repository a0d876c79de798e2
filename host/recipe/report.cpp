// The collected errors and warnings. One thread.
#include <algorithm>

#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

int order_of(const YamlNode& node) {
  return node.option.empty() ? node.line : 1 << 30;
}

}  // namespace

std::string Report::at(const YamlNode& node) const {
  if (!node.option.empty()) return node.option + ": ";
  if (file_.empty()) return "";
  return node.line > 0 ? file_ + ":" + std::to_string(node.line) + ": " : file_ + ": ";
}

void Report::error(const YamlNode& node, const std::string& sentence) {
  if (!full()) errors_.emplace_back(order_of(node), at(node) + sentence);
}

void Report::warn(const YamlNode& node, const std::string& sentence) {
  if (warnings_.size() < kMost) warnings_.emplace_back(order_of(node), at(node) + sentence);
}

std::vector<std::string> Report::in_order(std::vector<Placed> sentences) {
  std::stable_sort(sentences.begin(), sentences.end(),
                   [](const Placed& a, const Placed& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  for (auto& [line, sentence] : sentences)
    if (std::find(lines.begin(), lines.end(), sentence) == lines.end())
      lines.push_back(std::move(sentence));
  return lines;
}

Status Report::status() const {
  if (errors_.empty()) return {};
  std::vector<std::string> lines = in_order(errors_);
  if (full())
    lines.push_back("There may be more; these are the first " + std::to_string(kMost) + ".");
  return Status::usage(join(lines, "\n"));
}

}  // namespace ophost
