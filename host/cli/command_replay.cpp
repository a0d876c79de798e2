// ophost replay: tries again what a job put into quarantine, say with a mended plugin, and puts what becomes of it at its
// right place in the result.
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Tries again the records that a job's operators put into quarantine: with a mended plugin, with a missing resource in\n"
    "its place, or just once more. What becomes of them is merged into the result at their right place: the export is that\n"
    "of a run in which they had never failed. Everything else is taken from the store, also what an earlier version of a\n"
    "plugin made, as long as its semantics are the same (--match). Recipe and plugins are those of the job's last run.";
constexpr char kExamples[] =
    "  ophost replay --job monday\n"
    "  ophost replay --job monday --op my_mapper --plugin-path ./my_plugin-1.0.1.so\n"
    "  ophost replay --job outputs/run7/monday --op 3 --op 5 --json\n";

// The options that the job was last started with.
Result<po::variables_map> earlier_options(const std::string& folder) {
  OPH_ASSIGN(std::string text, read_file(folder + "/cli.json"));
  OPH_ASSIGN(Json doc, parse_json(text, "'" + folder + "/cli.json'"));
  std::vector<std::string> words;
  const JsonValue* argv = get_member(doc, "argv");
  if (argv && argv->IsArray())
    for (rapidjson::SizeType i = 2; i < argv->Size(); ++i)
      if ((*argv)[i].IsString()) words.emplace_back((*argv)[i].GetString());
  OPH_ASSIGN(ParsedOptions parsed, parse_options(words, recipe_options(true), true));
  return std::move(parsed.values);
}

std::size_t lines_in(const std::string& path) {
  auto text = read_file(path);
  return text.ok() ? static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n')) : 0;
}

Result<LoadedRecipe> load(ParsedOptions& parsed, const std::string& folder, const std::vector<std::string>& argv) {
  OPH_ASSIGN(std::string resolved, read_file(folder + "/recipe.resolved.json"));
  LoadedRecipe out;
  OPH_ASSIGN(out.recipe, recipe_from_resolved(resolved));
  const std::string job = file_name(absolute_path(folder));
  out.recipe.work_dir = parent_path(absolute_path(folder));
  out.recipe.job_id = out.recipe.resume = job;
  OPH_ASSIGN(po::variables_map before, earlier_options(folder));
  PluginSearch search = plugin_search(parsed.values);
  if (search.paths.empty()) {
    search.paths = plugin_search(before).paths;
    search.paths.insert(search.paths.end(), out.recipe.plugin_paths.begin(), out.recipe.plugin_paths.end());
  }
  OPH_ASSIGN(search.lock, plugins_lock(parsed.values, out.recipe.file));
  OPH_ASSIGN(out.registry, Registry::load(search));
  for (const OpConfig& op : out.recipe.process)
    if (!out.registry->find(op.name))
      return Status::plugin("no plugin offers the operator '" + op.name + "' of the job '" + job + "'. Name its plugin with --plugin-path.");
  // What was taken over is kept with the job as if it had been given, for the next replay.
  std::vector<std::string> words = argv;
  if (!parsed.values.count("plugin-path"))
    for (const std::string& p : plugin_search(before).paths) words.insert(words.end(), {"--plugin-path", absolute_path(p)});
  if (!parsed.values.count("resource-path") && before.count("resource-path"))
    for (const std::string& p : before["resource-path"].as<std::vector<std::string>>())
      words.insert(words.end(), {"--resource-path", absolute_path(p)});
  OPH_TRY(read_run_options(parsed.values, words, out));
  if (!parsed.values.count("resource-path") && before.count("resource-path")) {
    const auto& paths = before["resource-path"].as<std::vector<std::string>>();
    out.options.resource_paths.insert(out.options.resource_paths.begin(), paths.begin(), paths.end());
  }
  out.options.replay.emplace();
  if (parsed.values.count("op")) out.options.replay = parsed.values["op"].as<std::vector<std::string>>();
  return out;
}

}  // namespace

int command_replay(const std::vector<std::string>& args, const std::vector<std::string>& argv) {
  auto options = replay_options();
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost replay --job JOB [--op OP ...] [options]", kAbout, options, kExamples);
  if (parsed->values.count("job")) parsed->positional.insert(parsed->positional.begin(), parsed->values["job"].as<std::string>());
  auto folder = choose_job(*parsed, false);
  if (!folder.ok()) return report(folder.status());
  auto loaded = load(*parsed, *folder, argv);
  if (!loaded.ok()) return report(loaded.status());
  const std::string quarantine = *folder + "/quarantine/quarantine.jsonl";
  const std::size_t before = lines_in(quarantine);
  int code = run_loaded(*loaded);
  if (code == 0 && !loaded->json && !loaded->quiet)
    std::cout << "In quarantine before: " << human_count(before) << ", now: " << human_count(lines_in(quarantine)) << " records.\n";
  return code;
}

}  // namespace ophost
