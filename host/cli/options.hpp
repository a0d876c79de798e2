// What the commands' options have in common.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/status.hpp"
#include "host/plugin/registry.hpp"
#include "host/recipe/recipe.hpp"
#include "host/run/job.hpp"

namespace ophost {

namespace po = boost::program_options;

struct ParsedOptions {
  po::variables_map values;
  // Words of the form --key value or --key=value that are no option of the command: recipe keys.
  std::vector<std::pair<std::string, std::string>> overrides;
  std::vector<std::string> positional;
  std::vector<std::string> known;  // names of the command's own options
  bool help = false;
};

// `recipe_keys`: unknown --key value pairs are collected as overrides; otherwise they are an error with a suggestion.
Result<ParsedOptions> parse_options(const std::vector<std::string>& args, const po::options_description& options,
                                    bool recipe_keys);

// --plugin-path
void add_plugin_options(po::options_description& options);
PluginSearch plugin_search(const po::variables_map& values);

// Options of `run` and `plan`.
po::options_description recipe_options(bool run);

struct LoadedRecipe {
  std::unique_ptr<Registry> registry;
  Recipe recipe;
  JobOptions options;
  bool json = false, quiet = false;
};
// Plugins, recipe and job options in one: the front half of `run` and `plan`.
Result<LoadedRecipe> load_for(const ParsedOptions& parsed, const std::vector<std::string>& argv);

// Its second half: everything but registry and recipe, which are there.
Status read_run_options(const po::variables_map& values, const std::vector<std::string>& argv, LoadedRecipe& out);

// Options of `replay`.
po::options_description replay_options();
// --base-dir and its other name, --work-dir: for every command that looks for jobs.
void add_base_folder_options(po::options_description& options);
// Runs it with the signals and the printing of `run`; returns the exit code.
int run_loaded(LoadedRecipe& loaded);
// The lock that a recipe of this file is to run under, if any.
Result<std::optional<PluginLock>> plugins_lock(const po::variables_map& values, const std::string& recipe_file);

// Prints the status to standard error and returns its exit code.
int report(const Status& status);

// Prints usage, options and examples to standard output.
int print_help(const std::string& usage, const std::string& about, const po::options_description& options,
               const std::string& examples);

}  // namespace ophost
