// The table of all recipe keys: type, default, what becomes of each. One source for the checks,
// `ophost run --help` and docs/recipe.md. Constant data; any thread.
#pragma once

#include <string>
#include <vector>

namespace ophost {

enum class KeyType {
  kBool,
  kInt,
  kPositive,     // integer >= 1
  kNonNegative,  // integer >= 0
  kFloat,
  kUnit,  // number in [0, 1]
  kString,
  kName,     // string; a bare number is taken as written (project_name: 2024)
  kStrings,  // string or list of strings
  kFloats,   // list of numbers
  kObject,
  kList,
  kListOrObject,
  kPositiveOrAuto,  // integer >= 1 or auto
};

enum class KeyUse {
  kUsed,      // read
  kIgnored,   // accepted; a value other than the default is warned about, with the note
  kRejected,  // a value other than the default is an error, with the note
};

struct RecipeKey {
  std::string name;  // dotted
  KeyType type;
  std::string default_json;  // "null" = not set
  KeyUse use;
  std::string note;  // used: what it does; else: why not
  std::vector<std::string> choices;
};

// In the order of the documentation.
const std::vector<RecipeKey>& recipe_keys();
// NULL when unknown.
const RecipeKey* find_recipe_key(const std::string& name);
// "integer >= 1", "one of every_op, every_n_ops"
std::string type_text(const RecipeKey& key);
// The table in Markdown, as docs/recipe.md has it.
std::string recipe_keys_markdown();

}  // namespace ophost
