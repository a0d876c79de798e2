// dataset_path ("w1 p1 w2 p2", quoted as in a shell) and dataset.configs to weighted paths. One
// thread per load.
#include <algorithm>
#include <cmath>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

// Words as a POSIX shell splits them; false when a quote is not closed.
bool shell_split(const std::string& s, std::vector<std::string>& words) {
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    char c = s[i];
    if (quote == '\'') {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\\' && i + 1 < s.size() &&
               (quote == 0 || s[i + 1] == '"' || s[i + 1] == '\\')) {
      word += s[++i];
      in_word = true;
    } else if (quote == '"') {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (in_word) words.push_back(word);
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return quote == 0;
}

bool number_of(const std::string& text, double& value) {
  YamlNode node;
  if (text.empty() || !type_plain_scalar(text, node)) return false;
  if (!node.is(Kind::kInt) && !node.is(Kind::kFloat)) return false;
  value = node.number;
  return true;
}

class Datasets {
 public:
  Datasets(Recipe& recipe, Report& report) : recipe_(recipe), report_(report) {}

  void add(const YamlNode& at, const std::string& path, double weight) {
    if (path.empty()) return report_.error(at, "a dataset path is empty.");
    if (path.find("://") != std::string::npos)
      return report_.error(
          at, "'" + path + "' is remote; ophost reads local files. Copy the data here first.");
    if (std::isnan(weight) || std::isinf(weight) || weight > 1e6)
      return report_.error(at,
                           "the weight of '" + path + "' must be a number from 0 to 1,000,000.");
    recipe_.datasets.push_back({path, std::max(weight, 0.0), 0});
  }

  // One string: a path, or weights and paths in turn.
  void add_text(const YamlNode& at, const std::string& text) {
    if (exists(text)) return add(at, text, 1.0);  // a name with blanks in it
    std::vector<std::string> words;
    if (!shell_split(text, words))
      return report_.error(at, "a quote in '" + text + "' is not closed.");
    double weight = 1.0;
    bool waiting = false;
    for (const auto& word : words) {
      double value = 0;
      if (number_of(word, value)) {
        if (waiting)
          report_.error(at,
                        "two weights in a row in '" + text + "'; write 'weight path weight path'.");
        weight = value;
        waiting = true;
        continue;
      }
      add(at, word, weight);
      weight = 1.0;
      waiting = false;
    }
    if (waiting) report_.error(at, "'" + text + "' ends with a weight that has no path behind it.");
  }

  void add_block(const YamlNode& block) {
    const YamlNode* configs = block.is_map() ? block.find("configs") : &block;
    if (configs == nullptr || !configs->is_list() || configs->items.empty())
      return report_.error(block, "'dataset' needs 'configs': a list of {type: local, path: ...}.");
    std::vector<std::string> known = {"configs", "max_sample_num"};
    for (const auto& key : block.keys)
      if (std::find(known.begin(), known.end(), key.key_text()) == known.end())
        report_.error(key, "'dataset." + key.key_text() + "' is unknown." +
                               did_you_mean(key.key_text(), known));
    for (const auto& config : configs->items) add_config(config);
    if (const YamlNode* budget = block.find("max_sample_num");
        budget != nullptr && !budget->is_null()) {
      if (!budget->is(Kind::kInt) || !budget->fits || budget->integer < 1)
        return report_.error(*budget, "'dataset.max_sample_num' must be an integer >= 1, not " +
                                          describe(*budget) + ".");
      share(*budget, static_cast<std::uint64_t>(budget->integer));
    }
  }

 private:
  void add_config(const YamlNode& config) {
    if (!config.is_map())
      return report_.error(
          config, "an entry of 'dataset.configs' must be a mapping, not " + describe(config) + ".");
    std::vector<std::string> known = {"type", "source", "path", "weight", "format"};
    for (const auto& key : config.keys)
      if (std::find(known.begin(), known.end(), key.key_text()) == known.end())
        report_.error(key, "'" + key.key_text() + "' is unknown in 'dataset.configs'." +
                               did_you_mean(key.key_text(), known));
    const YamlNode* type = config.find("type");
    if (type != nullptr && !type->is_null() && type->text != "local")
      return report_.error(
          *type, "datasets of type " + describe(*type) + " are not supported; only 'local'.");
    const YamlNode* format = config.find("format");
    if (format != nullptr && !format->is_null() && format->text != "json" &&
        format->text != "jsonl")
      report_.error(*format, "the format must be json or jsonl, not " + describe(*format) + ".");
    double weight = 1.0;
    if (const YamlNode* w = config.find("weight"); w != nullptr && !w->is_null()) {
      if (!w->is(Kind::kInt) && !w->is(Kind::kFloat))
        return report_.error(*w, "a weight must be a number, not " + describe(*w) + ".");
      weight = w->number;
    }
    const YamlNode* path = config.find("path");
    if (path == nullptr)
      return report_.error(config, "an entry of 'dataset.configs' needs 'path'.");
    if (path->is_string()) return add(*path, path->text, weight);
    if (!path->is_list())
      return report_.error(*path, "'path' must be a string, not " + describe(*path) + ".");
    for (const auto& item : path->items) {
      if (item.is_string())
        add(item, item.text, weight);
      else
        report_.error(item, "'path' must be a list of strings; " + describe(item) + " is none.");
    }
  }

  // Weights are relative under a budget: each entry gets ceil(budget * w / sum), the last ones what
  // is left.
  void share(const YamlNode& at, std::uint64_t budget) {
    double sum = 0;
    for (const auto& d : recipe_.datasets) sum += d.weight;
    if (sum <= 0)
      return report_.error(at, "'dataset.max_sample_num' needs a dataset whose weight is above 0.");
    std::uint64_t left = budget;
    std::vector<DatasetEntry> kept;
    for (auto& d : recipe_.datasets) {
      double part = std::ceil(static_cast<double>(budget) * (d.weight / sum));
      std::uint64_t n = part >= static_cast<double>(left) ? left : static_cast<std::uint64_t>(part);
      left -= n;
      if (n > 0) kept.push_back({d.path, 1.0, n});
    }
    recipe_.datasets = std::move(kept);
  }

  Recipe& recipe_;
  Report& report_;
};

}  // namespace

void read_datasets(const KeyValues& values, Recipe& recipe, Report& report) {
  Datasets datasets(recipe, report);
  auto path = values.find("dataset_path");
  auto block = values.find("dataset");
  bool have_path =
      path != values.end() &&
      (path->second.is_list() ? !path->second.items.empty() : !trim(path->second.text).empty());
  if (have_path) {
    if (block != values.end() && !(block->second.is_list() && block->second.items.empty()))
      report.warn(block->second, "'dataset' is ignored because 'dataset_path' is set.");
    if (path->second.is_list()) {
      for (const auto& item : path->second.items) datasets.add_text(item, item.text);
    } else {
      datasets.add_text(path->second, path->second.text);
    }
  } else if (block != values.end() && !(block->second.is_list() && block->second.items.empty())) {
    datasets.add_block(block->second);
  }
  for (const auto& d : recipe.datasets)
    if (d.weight != 1.0) {
      report.warn(path != values.end() ? path->second : block->second,
                  "the weights are fractions of the records that are taken (Data-Juicer 1.6.1 "
                  "takes all records "
                  "unless dataset.max_sample_num is set).");
      break;
    }
}

}  // namespace ophost
