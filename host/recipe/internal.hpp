// What the files of the recipe room share: collected errors, coercion of top-level keys, operator
// parameters. Internal to the room. One thread per load.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/recipe/keys.hpp"
#include "host/recipe/recipe.hpp"
#include "host/recipe/yaml.hpp"

namespace ophost {

// Errors and warnings with the place they concern; they come out in the order of the file, options
// last.
class Report {
 public:
  // Sentences kept; a recipe with more errors than this is not read further.
  static constexpr std::size_t kMost = 200;

  explicit Report(std::string file) : file_(std::move(file)) {}
  // "recipe.yaml:12: ", "--np: " or "recipe.yaml: "
  std::string at(const YamlNode& node) const;
  void error(const YamlNode& node, const std::string& sentence);
  void warn(const YamlNode& node, const std::string& sentence);
  bool ok() const { return errors_.empty(); }
  Status status() const;
  bool full() const { return errors_.size() >= kMost; }
  std::vector<std::string> warnings() const { return in_order(warnings_); }

 private:
  using Placed = std::pair<int, std::string>;  // line, sentence with its place
  static std::vector<std::string> in_order(std::vector<Placed> sentences);

  std::string file_;
  std::vector<Placed> errors_, warnings_;
};

// --name[#ordinal].path value
struct OpOverride {
  std::string name;
  std::size_t ordinal = 0;  // 0 = every entry
  std::string param;
  YamlNode value;
};

// The flattened top level: dotted key -> value of the right type (nulls and rejected values are
// left out).
using KeyValues = std::map<std::string, YamlNode>;

// Brings `node` into the key's type; false with an error in `report` when it cannot.
bool coerce_key(const RecipeKey& key, YamlNode& node, Report& report);
// Root mapping -> flattened keys.
void flatten_keys(const YamlNode& root, const OpCatalog& catalog, KeyValues& values,
                  Report& report);
// Command line: replaces values; what concerns operators goes to `op_overrides`.
void apply_overrides(const std::vector<std::pair<std::string, std::string>>& overrides,
                     EnvLookup env, const OpCatalog& catalog, KeyValues& values,
                     std::vector<OpOverride>& op_overrides, Report& report);

const char* environment(const char* name);
void replace_all(std::string& text, const std::string& from, const std::string& to);
constexpr const char* kJobId = "{job_id}";

// Everything below in its order: the whole of load_recipe() behind the reading of the file.
void fill_recipe(const YamlNode& root,
                 const std::vector<std::pair<std::string, std::string>>& overrides,
                 const OpCatalog& catalog, Recipe& recipe, Report& report);

// dataset_path, dataset -> recipe.datasets.
void read_datasets(const KeyValues& values, Recipe& recipe, Report& report);

// process -> recipe.process (text keys and on_error of the recipe are set already).
void read_process(const KeyValues& values, const std::vector<OpOverride>& op_overrides,
                  const OpCatalog& catalog, Recipe& recipe, Report& report);
// checkpoint.op_names -> recipe.manual_ops.
void read_manual_ops(const YamlNode& names, Recipe& recipe, Report& report);

struct ParamProblem {
  std::string param;
  std::string sentence;
  bool unknown = false;
};
// check_params() with the problems by parameter.
std::string fill_params(const OpSchema& schema, const JsonValue& given,
                        std::vector<ParamProblem>& problems);
// Whether the schema declares `param`, and whether it takes strings but neither numbers nor
// booleans.
bool declares(const Json& schema, const std::string& param);
bool takes_only_strings(const Json& schema, const std::string& param);

// Parameters of every Data-Juicer operator that the host handles or passes over.
struct CommonParam {
  const char* name;
  const char* type;  // "string", "boolean", "integer" or "" (any)
  const char* note;  // NULL: used by the host; else why it has no effect
  bool leaks;        // whether a later entry of the same operator inherits it
};
const std::vector<CommonParam>& common_params();
const CommonParam* find_common_param(const std::string& name);

}  // namespace ophost
