// The top level of a recipe: known keys in their types, blocks flattened to dotted keys, the
// command line on top. One thread per load.
#include <algorithm>
#include <cmath>

#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

// First parts of dotted keys: checkpoint, partition, ...
bool is_block(const std::string& name) {
  for (const auto& key : recipe_keys())
    if (key.name.size() > name.size() && key.name[name.size()] == '.' &&
        key.name.compare(0, name.size(), name) == 0)
      return true;
  return false;
}

std::vector<std::string> key_names(const std::string& block) {
  std::vector<std::string> names;
  for (const auto& key : recipe_keys()) {
    std::size_t dot = key.name.find('.');
    if (block.empty()) {
      std::string first = key.name.substr(0, dot);
      if (names.empty() || names.back() != first) names.push_back(first);
    } else if (dot == block.size() && key.name.compare(0, dot, block) == 0) {
      names.push_back(key.name.substr(dot + 1));
    }
  }
  return names;
}

bool retype(
    YamlNode& node) {  // "4" in quotes counts as 4 where a number is wanted, as jsonargparse has it
  if (!node.is_string()) return true;
  YamlNode typed;
  if (!type_plain_scalar(node.text, typed)) return false;
  typed.line = node.line;
  typed.column = node.column;
  typed.option = node.option;
  typed.loose = node.loose;
  node = typed;
  return true;
}

bool to_integer(YamlNode& node) {
  if (node.is(Kind::kFloat) && std::floor(node.number) == node.number &&
      std::fabs(node.number) < 9e18) {
    node.kind = Kind::kInt;
    node.integer = static_cast<std::int64_t>(node.number);
    node.fits = true;
  }
  return node.is(Kind::kInt) && node.fits;
}

bool is_number(const YamlNode& node) {
  return node.is(Kind::kInt) || node.is(Kind::kFloat);
}

bool is_scalar(const YamlNode& node) {
  return !node.is_list() && !node.is_map();
}

// Lists on the command line may be written a,b,c.
void split_list(YamlNode& node) {
  if (!is_scalar(node) || node.is_null() || node.option.empty()) return;
  YamlNode list;
  list.kind = Kind::kList;
  list.line = node.line;
  list.option = node.option;
  for (const auto& part : split(node.text, ',')) {
    YamlNode item;
    if (!type_plain_scalar(std::string(trim(part)), item))
      item = yaml_string(std::string(trim(part)));
    item.option = node.option;
    item.loose = true;
    list.items.push_back(std::move(item));
  }
  node = std::move(list);
}

void to_text(YamlNode& node) {
  node.kind = Kind::kString;
  node.keys.clear();
  node.items.clear();
}

bool fits_type(const RecipeKey& key, YamlNode& node) {
  switch (key.type) {
    case KeyType::kBool:
      if (!node.option.empty() && node.text.empty()) {  // a bare --debug
        node.kind = Kind::kBool;
        node.boolean = true;
      }
      return retype(node) && node.is(Kind::kBool);
    case KeyType::kInt:
      return retype(node) && to_integer(node);
    case KeyType::kPositive:
      return retype(node) && to_integer(node) && node.integer >= 1;
    case KeyType::kNonNegative:
      return retype(node) && to_integer(node) && node.integer >= 0;
    case KeyType::kFloat:
      return retype(node) && is_number(node);
    case KeyType::kUnit:
      return retype(node) && is_number(node) && node.number >= 0 && node.number <= 1;
    case KeyType::kName:
      if (is_number(node)) to_text(node);
      [[fallthrough]];
    case KeyType::kString:
      if (node.loose || !node.option.empty()) to_text(node);
      return node.is_string();
    case KeyType::kStrings:
      if (is_scalar(node) && (node.loose || !node.option.empty())) to_text(node);
      if (node.is_string()) return true;
      if (!node.is_list()) return false;
      for (auto& item : node.items) {
        if (is_scalar(item) && (item.loose || is_number(item))) to_text(item);
        if (!item.is_string()) return false;
      }
      return true;
    case KeyType::kFloats:
      split_list(node);
      return node.is_list() && std::all_of(node.items.begin(), node.items.end(), is_number);
    case KeyType::kObject:
      return node.is_map();
    case KeyType::kList:
      split_list(node);
      return node.is_list();
    case KeyType::kListOrObject:
      return node.is_list() || node.is_map();
    case KeyType::kPositiveOrAuto:
      if (is_scalar(node) && node.text == "auto") return true;
      return retype(node) && to_integer(node) && node.integer >= 1;
  }
  return false;
}

bool same_as_default(const RecipeKey& key, const YamlNode& node) {
  Json doc;
  std::vector<std::string> errors;
  std::string mine = canonical_json(to_json(node, doc.GetAllocator(), errors));
  Result<Json> fallback = parse_json(key.default_json, key.name);
  if (!fallback.ok()) return false;
  if (fallback->IsNumber() && is_number(node)) return fallback->GetDouble() == node.number;
  return canonical_json(*fallback) == mine;
}

void take(const std::string& name, const YamlNode& value, KeyValues& values, Report& report) {
  const RecipeKey* key = find_recipe_key(name);
  YamlNode node = value;
  if (!coerce_key(*key, node, report)) return;
  if (node.is_null()) {
    values.erase(name);
    return;
  }
  if (key->use == KeyUse::kRejected) {
    if (!same_as_default(*key, node))
      report.error(node, "'" + name + "' is not supported: " + key->note + ".");
    return;
  }
  values[name] = std::move(node);
}

void take_block(const std::string& block, const YamlNode& value, KeyValues& values,
                Report& report) {
  for (std::size_t i = 0; i < value.keys.size() && !report.full(); ++i) {
    std::string name = block + "." + value.keys[i].key_text();
    if (find_recipe_key(name) == nullptr)
      report.error(value.keys[i], "'" + name + "' is unknown." +
                                      did_you_mean(value.keys[i].key_text(), key_names(block)) +
                                      " '" + block + "' has " + join(key_names(block), ", ") + ".");
    else
      take(name, value.items[i], values, report);
  }
}

// Names in `process`.
std::vector<std::string> used_operators(const YamlNode* process) {
  std::vector<std::string> names;
  if (process == nullptr || !process->is_list()) return names;
  for (const auto& entry : process->items) {
    if (entry.is_string()) names.push_back(entry.text);
    if (entry.is_map() && !entry.keys.empty()) names.push_back(entry.keys[0].key_text());
  }
  return names;
}

// The operator's own name for a name or alias; unknown ones stay as they are.
std::string canonical(const OpCatalog& catalog, const std::string& name) {
  const OpSchema* schema = catalog.find ? catalog.find(name) : nullptr;
  return schema == nullptr ? name : schema->name;
}

void came_from(const std::string& option, YamlNode& node) {
  node.line = 0;
  node.option = option;
  for (auto& key : node.keys) came_from(option, key);
  for (auto& item : node.items) came_from(option, item);
}

bool contains(const std::vector<std::string>& list, const std::string& s) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

}  // namespace

bool coerce_key(const RecipeKey& key, YamlNode& node, Report& report) {
  if (node.is_null() && (node.option.empty() || key.type != KeyType::kBool || !node.text.empty()) &&
      !(key.type == KeyType::kString && !node.option.empty()))
    return true;  // null = not set
  YamlNode before = node;
  if (!fits_type(key, node)) {
    report.error(
        before, "'" + key.name + "' must be " + type_text(key) + ", not " + describe(before) + ".");
    return false;
  }
  if (!key.choices.empty() && !contains(key.choices, node.text)) {
    report.error(node, "'" + key.name + "' must be " + type_text(key) + ", not " + describe(node) +
                           "." + did_you_mean(node.text, key.choices));
    return false;
  }
  if (key.use == KeyUse::kIgnored && !same_as_default(key, node))
    report.warn(node, "'" + key.name + "' is accepted and ignored: " + key.note + ".");
  return true;
}

void flatten_keys(const YamlNode& root, const OpCatalog& catalog, KeyValues& values,
                  Report& report) {
  for (std::size_t i = 0; i < root.keys.size() && !report.full(); ++i) {
    const YamlNode& key = root.keys[i];
    const YamlNode& value = root.items[i];
    std::string name = key.key_text();
    if (find_recipe_key(name) != nullptr) {
      if (values.count(name) != 0)
        report.error(key,
                     "'" + name + "' is set twice, dotted and as a block; remove one of them.");
      else
        take(name, value, values, report);
    } else if (is_block(name)) {
      if (value.is_map())
        take_block(name, value, values, report);
      else if (!value.is_null())
        report.error(value, "'" + name + "' must be a mapping with " + join(key_names(name), ", ") +
                                ", not " + describe(value) + ".");
    } else {
      std::string hint = did_you_mean(name, key_names(""));
      if (catalog.find && catalog.find(name) != nullptr)
        hint = " It is an operator: it belongs into the list under 'process'.";
      report.error(key, "'" + name + "' is not a key of a recipe." + hint);
    }
  }
}

void apply_overrides(const std::vector<std::pair<std::string, std::string>>& overrides,
                     EnvLookup env, const OpCatalog& catalog, KeyValues& values,
                     std::vector<OpOverride>& op_overrides, Report& report) {
  for (const auto& [name, text] : overrides) {
    if (report.full()) return;
    std::string option = "--" + name;
    YamlNode value = yaml_string(text);
    Result<YamlNode> parsed = parse_yaml(text, "", env);
    if (parsed.ok()) value = *parsed;
    if (!value.is_string()) value.text = text;
    value.loose = true;
    came_from(option, value);
    YamlNode key = yaml_string(name);
    key.option = option;

    std::string first = name.substr(0, name.find('.'));
    const RecipeKey* known = find_recipe_key(name);
    bool wants_text =
        known != nullptr && (known->type == KeyType::kString || known->type == KeyType::kName ||
                             known->type == KeyType::kStrings);
    if (!parsed.ok() && !wants_text && (text[0] == '[' || text[0] == '{')) {
      report.error(key, parsed.status().message());
      continue;
    }
    if (!parsed.ok() && text.find("${") != std::string::npos) {
      report.error(key, parsed.status().message());
      continue;
    }
    if (known != nullptr) {
      take(name, value, values, report);
    } else if (first == name && is_block(name) && value.is_map()) {
      take_block(name, value, values, report);
    } else if (const RecipeKey* parent = find_recipe_key(first);
               parent != nullptr && first != name &&
               (parent->type == KeyType::kObject || parent->type == KeyType::kListOrObject)) {
      YamlNode map =
          values.count(first) != 0 && values[first].is_map() ? values[first] : yaml_map();
      map.option = option;
      YamlNode member = yaml_string(name.substr(first.size() + 1));
      map.set(member, value);
      take(first, map, values, report);
    } else {
      auto found = values.find("process");
      std::vector<std::string> operators =
          used_operators(found == values.end() ? nullptr : &found->second);
      std::string op = first.substr(0, first.find('#'));
      OpOverride change{canonical(catalog, op), 0,
                        first == name ? "" : name.substr(first.size() + 1), value};
      bool used = std::any_of(operators.begin(), operators.end(), [&](const std::string& o) {
        return canonical(catalog, o) == change.name;
      });
      if (used && !change.param.empty()) {
        if (op.size() < first.size()) {
          YamlNode number;
          if (!type_plain_scalar(first.substr(op.size() + 1), number) || !to_integer(number) ||
              number.integer < 1) {
            report.error(
                key, "'" + first + "': behind '#' stands which occurrence is meant, from 1 on.");
            continue;
          }
          change.ordinal = static_cast<std::size_t>(number.integer);
        }
        op_overrides.push_back(std::move(change));
        continue;
      }
      std::vector<std::string> candidates = is_block(first) ? key_names(first) : key_names("");
      const bool inside = is_block(first) && first != name;
      if (inside)
        for (std::string& c : candidates) c.insert(0, first + ".");
      const std::string& word = inside ? name : op;
      if (!is_block(first)) candidates.insert(candidates.end(), operators.begin(), operators.end());
      report.error(
          key, "'" + name +
                   "' is neither a key of a recipe nor a parameter of an operator in 'process'." +
                   did_you_mean(word, candidates));
    }
  }
}

}  // namespace ophost
