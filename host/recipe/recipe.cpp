// load_recipe() and its neighbours: reading the file, collecting the errors, naming the job.
// One thread per load.
#include "host/recipe/recipe.hpp"

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

Result<YamlNode> read_root(const std::string& file, std::string& original) {
  if (file.empty()) return yaml_map();
  Result<std::string> bytes = read_file(file);
  if (!bytes.ok()) return Status::usage("The recipe cannot be read: " + bytes.status().message());
  original = *bytes;
  bool json = file.size() > 5 && file.compare(file.size() - 5, 5, ".json") == 0;
  Result<YamlNode> root = json ? parse_json_recipe(original, file, environment)
                               : parse_yaml(original, file, environment);
  if (!root.ok()) return root.status();
  if (root->is_null()) return yaml_map();
  if (!root->is_map())
    return Status::usage(file + ":" + std::to_string(root->line) + ":" +
                         std::to_string(root->column) +
                         ": a recipe is a mapping of keys to values, not " + describe(*root) + ".");
  return root;
}

std::string job_id_problem(const std::string& id) {
  if (id.empty()) return "it is empty";
  if (id == "." || id == "..") return "it means another folder";
  if (id.size() > 200) return "it is longer than 200 bytes";
  for (char c : id)
    if (c == '/' || c == '{' || c == '}' || static_cast<unsigned char>(c) < 0x20)
      return "it holds '" + std::string(1, c) + "'";
  return "";
}

}  // namespace

Status resolve_job_id(Recipe& recipe, const std::string& job_id) {
  if (std::string problem = job_id_problem(job_id); !problem.empty())
    return Status::usage("The job id '" + job_id + "' cannot name a folder: " + problem + ".");
  recipe.job_id = job_id;
  // As Data-Juicer: a work_dir that ends in the job's name is the job's folder already.
  if (file_name(recipe.work_dir) == job_id) recipe.work_dir = parent_path(recipe.work_dir);
  for (std::string* path :
       {&recipe.export_path, &recipe.temp_dir, &recipe.event_log_dir, &recipe.checkpoint_dir})
    replace_all(*path, kJobId, job_id);
  for (auto& d : recipe.datasets) replace_all(d.path, kJobId, job_id);
  return {};
}

Result<std::vector<std::string>> recipe_plugin_paths(
    const std::string& file, const std::vector<std::pair<std::string, std::string>>& overrides) {
  Recipe recipe;
  OPH_ASSIGN(YamlNode root, read_root(file, recipe.original));
  YamlNode only = yaml_map();
  if (const YamlNode* paths = root.find("custom_operator_paths"))
    only.set(yaml_string("custom_operator_paths"), *paths);
  std::vector<std::pair<std::string, std::string>> relevant;
  for (const auto& o : overrides)
    if (o.first == "custom_operator_paths") relevant.push_back(o);
  Report report(file);
  fill_recipe(only, relevant, OpCatalog{}, recipe, report);
  return recipe.plugin_paths;
}

Result<Recipe> load_recipe(const std::string& file,
                           const std::vector<std::pair<std::string, std::string>>& overrides,
                           const OpCatalog& catalog) {
  Recipe recipe;
  recipe.file = file;
  recipe.overrides = overrides;
  OPH_ASSIGN(YamlNode root, read_root(file, recipe.original));
  Report report(file);
  fill_recipe(root, overrides, catalog, recipe, report);
  recipe.warnings = report.warnings();
  if (!report.ok()) return report.status();
  return recipe;
}

}  // namespace ophost
