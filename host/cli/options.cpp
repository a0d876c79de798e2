#include "host/cli/options.hpp"

#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "host/base/duration.hpp"
#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/help_page.hpp"
#include "host/events/events.hpp"

namespace ophost {

Result<ParsedOptions> parse_options(const std::vector<std::string>& args, const po::options_description& options,
                                    bool recipe_keys) {
  ParsedOptions out;
  for (const auto& o : options.options()) out.known.push_back(o->long_name());
  try {
    // No guessing of shortened names: a recipe key must never be taken for an option.
    namespace style = po::command_line_style;
    // No option has a short form: a word with one dash is a value, such as -2.
    constexpr int kStyle = style::allow_long | style::long_allow_adjacent | style::long_allow_next;
    // Our own options may be spelled with '_' too, as Data-Juicer spells its own.
    std::vector<std::string> words = args;
    for (std::string& w : words) {
      if (!w.starts_with("--")) continue;
      std::string name = w.substr(2, w.find('=') == std::string::npos ? std::string::npos : w.find('=') - 2);
      std::string dashed = name;
      for (char& c : dashed)
        if (c == '_') c = '-';
      if (dashed != name && options.find_nothrow(dashed, false) && !options.find_nothrow(name, false))
        w.replace(2, name.size(), dashed);
    }
    auto parsed = po::command_line_parser(words).options(options).style(kStyle).allow_unregistered().run();
    po::store(parsed, out.values);
    po::notify(out.values);
    for (const auto& o : parsed.options) {
      if (!o.unregistered) {
        if (o.string_key.empty())
          for (const std::string& v : o.value) out.positional.push_back(v);
        continue;
      }
      const std::string& token = o.original_tokens.front();
      if (!token.starts_with("--")) {
        return Status::usage("unknown option '" + token + "'. See --help.");
      }
      std::string key = token.substr(2);
      if (std::size_t eq = key.find('='); eq != std::string::npos) {
        out.overrides.emplace_back(key.substr(0, eq), key.substr(eq + 1));
      } else {
        out.overrides.emplace_back(key, "");
        // The value, when there is one, follows as a positional word or as the rest of this option.
        if (o.original_tokens.size() > 1) out.overrides.back().second = o.original_tokens[1];
        else out.overrides.back().second = "\x01";  // filled in below from the words themselves
      }
    }
    // Program_options leaves `--key value` of an unknown key as key and positional; pair them up again.
    for (auto& [key, value] : out.overrides) {
      if (value != "\x01") continue;
      value = "true";
      for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == "--" + key && !words[i + 1].starts_with("--")) {
          value = words[i + 1];
          for (auto p = out.positional.begin(); p != out.positional.end(); ++p)
            if (*p == value) {
              out.positional.erase(p);
              break;
            }
          break;
        }
    }
  } catch (const po::error& e) {
    return Status::usage(std::string(e.what()) + ". See --help.");
  }
  out.help = out.values.count("help") > 0;
  if (!recipe_keys && !out.overrides.empty() && !out.help)
    return Status::usage("unknown option '--" + out.overrides.front().first + "'." +
                         did_you_mean(out.overrides.front().first, out.known) + " See --help.");
  return out;
}

void add_plugin_options(po::options_description& options) {
  options.add_options()("plugin-path", po::value<std::vector<std::string>>()->value_name("PATH")->composing(),
                        "a plugin or a folder of plugins; may be given several times. "
                        "Also OPHOST_PLUGIN_PATH, colon separated; the bundled plugins are always found")(
      "trust-plugins", "load also plugins that other users can change or own");
}

PluginSearch plugin_search(const po::variables_map& values) {
  PluginSearch search;
  if (values.count("plugin-path")) search.paths = values["plugin-path"].as<std::vector<std::string>>();
  search.trust = values.count("trust-plugins") > 0;
  search.install_folder = install_plugin_folder();
  return search;
}

namespace {

void add_resource_options(po::options_description& o) {
  o.add_options()("resource-path", po::value<std::vector<std::string>>()->value_name("DIR")->composing(),
                  "where operators find word lists and models; may be given several times");
  o.add_options()("locked", "fail when no plugins.lock says which plugins may be loaded")(
      "plugins-lock", po::value<std::string>()->value_name("FILE"),
      "the plugins.lock to obey (default: the one beside the recipe, if there is one; ophost plugins lock writes it)");
}

// How a job runs; what it computes does not depend on any of these.
void add_run_options(po::options_description& o) {
  o.add_options()("workers", po::value<std::size_t>()->value_name("N"),
                  "worker processes or threads (default: the recipe's np, else one per processor)")(
      "isolation", po::value<std::string>()->value_name("process|thread")->default_value("process"),
      "where operators run: in worker processes, so that one that crashes, hangs or takes all memory costs one record, "
      "or in threads of this process")(
      "op-timeout", po::value<double>()->value_name("S")->default_value(300, "300"),
      "seconds that one call of an operator may take before its worker is ended; 0 = no limit (processes only)")(
      "worker-memory", po::value<std::string>()->value_name("BYTES"),
      "memory that one worker process may take, such as 2G (default: 80% of the machine's; 0 = no limit)")(
      "deadline", po::value<std::string>()->value_name("TIME"),
      "stop cleanly before so much time is over, as SIGTERM does: 30s, 90m, 4h, 2h30m (exit code 75, resumable)")(
      "max-quarantined", po::value<std::string>()->value_name("N|P%"),
      "stop the job when more than N records, or P percent of them, cannot be processed (default: no bound)")(
      "progress", po::value<std::string>()->value_name("auto|bar|plain|off")->default_value("auto"),
      "how progress is shown on standard error")("quiet", "print nothing but errors");
}

void add_match_options(po::options_description& o, const char* match) {
  o.add_options()("match", po::value<std::string>()->value_name("strict|version|semantics")->default_value(match),
                  "how much of a plugin must be unchanged for its results to be reused: file, version and semantics; "
                  "version and semantics; semantics alone")(
      "trust-mtime", "take an unchanged size and modification time of an input file for unchanged content")(
      "json", "print facts as JSON on standard output")("help", "show this help");
}

}  // namespace

po::options_description recipe_options(bool run) {
  po::options_description o("Options");
  o.add_options()("config", po::value<std::string>()->value_name("RECIPE"),
                  "the recipe: Data-Juicer's YAML or JSON");
  add_plugin_options(o);
  add_resource_options(o);
  if (run) {
    o.add_options()("fresh", "compute everything anew, whatever the store holds");
    add_run_options(o);
  }
  add_match_options(o, "strict");
  return o;
}

void add_base_folder_options(po::options_description& options) {
  options.add_options()("base-dir", po::value<std::string>()->value_name("DIR"),
                        "where to look for jobs: the folder and what is up to three levels below it "
                        "(also --work-dir; default: the current folder)")(
      "work-dir", po::value<std::string>()->value_name("DIR"), "the same as --base-dir");
}

po::options_description replay_options() {
  po::options_description o("Options");
  o.add_options()("job", po::value<std::string>()->value_name("JOB"), "the job's id or its folder")(
      "op", po::value<std::vector<std::string>>()->value_name("OP")->composing(),
      "only what this operator put into quarantine: its name, name#2 for the second of that name, or its index in the "
      "recipe; may be given several times (default: every operator)");
  add_base_folder_options(o);
  add_plugin_options(o);
  add_resource_options(o);
  add_run_options(o);
  add_match_options(o, "semantics");
  return o;
}

Result<std::optional<PluginLock>> plugins_lock(const po::variables_map& v, const std::string& recipe) {
  const std::string beside = recipe.empty() ? kPluginsLock : parent_path(recipe) + "/" + kPluginsLock;
  const std::string path = v.count("plugins-lock") ? v["plugins-lock"].as<std::string>() : beside;
  if (!exists(path) && !v.count("plugins-lock")) {
    if (!v.count("locked")) return std::optional<PluginLock>();
    return Status::plugin("there is no '" + path + "', and --locked asks for one. Write it with: ophost plugins lock --output '" +
                          path + "'");
  }
  OPH_ASSIGN(PluginLock lock, PluginLock::read(path));
  return std::optional<PluginLock>(std::move(lock));
}

namespace {

std::string no_recipe(const std::string& file) {
  std::vector<std::string> names;
  std::error_code ec;
  for (std::filesystem::directory_iterator it(parent_path(file), ec), end; !ec && it != end; it.increment(ec))
    names.push_back(it->path().filename().string());
  return "there is no recipe '" + file + "'." + did_you_mean(file_name(file), names);
}

// "2G", "512M", "1.5 GiB", "1000000": bytes; powers of 1024.
std::optional<std::uint64_t> parse_bytes(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  std::string unit(trim(end));
  for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (unit.ends_with("IB")) unit.resize(unit.size() - 2);
  else if (unit.ends_with("B")) unit.pop_back();
  static constexpr std::string_view kUnits = "KMGT";
  double factor = 1;
  if (unit.size() == 1 && kUnits.find(unit[0]) != std::string_view::npos)
    for (std::size_t i = 0; i <= kUnits.find(unit[0]); ++i) factor *= 1024;
  else if (!unit.empty()) return std::nullopt;
  if (end == text.c_str() || !(number >= 0) || number * factor > 1e18) return std::nullopt;
  return static_cast<std::uint64_t>(number * factor);
}

// "20" or "0.1%".
Status read_budget(const std::string& text, JobOptions& o) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit(trim(end));
  const bool percent = unit == "%";
  if (end == text.c_str() || !(number >= 0) || (!percent && !unit.empty()) || (percent ? number > 100 : number != std::floor(number) || number > 9e15))
    return Status::usage("--max-quarantined is a number of records or a percentage such as 0.1%, not '" + text + "'");
  o.max_quarantined = percent ? UINT64_MAX : static_cast<std::uint64_t>(number);
  o.max_quarantined_share = percent ? number / 100 : 1;
  return {};
}

// Of the machine, or of the container that this process lives in.
std::uint64_t memory_there() {
  const std::uint64_t machine =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  auto limit = read_file("/sys/fs/cgroup/memory.max");  // "max", or bytes
  const std::uint64_t bytes = limit.ok() ? std::strtoull(limit->c_str(), nullptr, 10) : 0;
  return bytes > 0 ? std::min(bytes, machine) : machine;
}

Status read_isolation(const po::variables_map& v, JobOptions& o) {
  const std::string isolation = v["isolation"].as<std::string>();
  if (isolation != "process" && isolation != "thread")
    return Status::usage("--isolation is process or thread, not '" + isolation + "'");
  o.isolation = isolation == "thread" ? Isolation::kThread : Isolation::kProcess;
  o.limits.op_timeout = v["op-timeout"].as<double>();
  if (!(o.limits.op_timeout >= 0)) return Status::usage("--op-timeout is a number of seconds, 0 for no limit");
  // One worker that takes everything would take the supervisor and the others with it.
  o.limits.memory = memory_there() / 10 * 8;
  if (!v.count("worker-memory")) return {};
  const std::string given = v["worker-memory"].as<std::string>();
  auto bytes = parse_bytes(given);
  if (!bytes || (*bytes > 0 && *bytes < (64u << 20)))
    return Status::usage("--worker-memory is an amount such as 2G or 512M, at least 64M, or 0 for no limit; not '" + given + "'");
  o.limits.memory = *bytes;
  return {};
}

// A mistyped option of the command is taken for a key of the recipe; the recipe does not know our options.
Status hint_at_options(const Status& status, const ParsedOptions& parsed) {
  std::vector<std::string> lines = split(status.message(), '\n');
  for (const auto& [key, value] : parsed.overrides) {
    std::string option = nearest(key, parsed.known);
    if (option.empty()) continue;
    for (std::string& line : lines)
      if (line.find("'" + key + "'") != std::string::npos && line.find("Did you mean") == std::string::npos)
        line += " Did you mean the option '--" + option + "'?";
  }
  return Status(status.code(), join(lines, "\n"));
}

}  // namespace

Result<LoadedRecipe> load_for(const ParsedOptions& parsed, const std::vector<std::string>& argv) {
  const po::variables_map& v = parsed.values;
  LoadedRecipe out;
  std::string file = v.count("config") ? v["config"].as<std::string>() : "";
  if (file.empty() && !parsed.positional.empty()) file = parsed.positional.front();
  if (parsed.positional.size() > (v.count("config") ? 0u : 1u))
    return Status::usage("'" + parsed.positional.back() + "' is one word too many: name one recipe with --config.");
  if (file.empty() && parsed.overrides.empty())
    return Status::usage("name a recipe: --config recipe.yaml. See --help.");
  if (!file.empty() && !exists(file)) return Status::usage(no_recipe(file));
  PluginSearch search = plugin_search(v);
  OPH_ASSIGN(auto named, recipe_plugin_paths(file, parsed.overrides));
  search.paths.insert(search.paths.end(), named.begin(), named.end());
  OPH_ASSIGN(search.lock, plugins_lock(v, file));
  OPH_ASSIGN(out.registry, Registry::load(search));
  std::map<std::string, OpSchema> schemas;
  for (const std::string& name : out.registry->names()) {
    const Operator* op = out.registry->find(name);
    schemas[name] = {name, op->schema, op->aliases};
  }
  OpCatalog catalog;
  catalog.find = [&](const std::string& name) -> const OpSchema* {
    const Operator* op = out.registry->find(name);
    return op ? &schemas[op->name] : nullptr;
  };
  catalog.names = [&] { return out.registry->names(); };
  auto recipe = load_recipe(file, parsed.overrides, catalog);
  if (!recipe.ok()) return hint_at_options(recipe.status(), parsed);
  out.recipe = std::move(*recipe);

  OPH_TRY(read_run_options(v, argv, out));
  return out;
}

Status read_run_options(const po::variables_map& v, const std::vector<std::string>& argv, LoadedRecipe& out) {
  JobOptions& o = out.options;
  o.argv = argv;
  if (v.count("workers")) o.workers = v["workers"].as<std::size_t>();
  if (v.count("workers") && (o.workers == 0 || o.workers > 1024))
    return Status::usage("--workers must be between 1 and 1024");
  if (v.count("isolation")) OPH_TRY(read_isolation(v, o));
  o.trust_plugins = v.count("trust-plugins") > 0;
  o.fresh = v.count("fresh") > 0;
  if (v.count("deadline")) {
    o.deadline.text = v["deadline"].as<std::string>();
    auto seconds = parse_duration(o.deadline.text);
    if (!seconds.ok()) return seconds.status().within("--deadline");
    o.deadline.seconds = *seconds;
    o.deadline.at_ns = monotonic_ns() + static_cast<std::int64_t>(*seconds * 1e9);
  }
  o.trust_mtime = v.count("trust-mtime") > 0;
  if (out.recipe.max_quarantined) o.max_quarantined = *out.recipe.max_quarantined;
  if (v.count("max-quarantined")) OPH_TRY(read_budget(v["max-quarantined"].as<std::string>(), o));
  if (v.count("resource-path")) o.resource_paths = v["resource-path"].as<std::vector<std::string>>();
  if (const char* env = std::getenv("OPHOST_RESOURCE_PATH"); env && *env)
    for (const std::string& p : split(env, ':')) o.resource_paths.push_back(p);
  if (const char* env = std::getenv("DATA_JUICER_EXTERNAL_MODELS_HOME"); env && *env) o.resource_paths.push_back(env);
  std::string match = v["match"].as<std::string>();
  if (match == "version") o.match = Match::kVersion;
  else if (match == "semantics") o.match = Match::kSemantics;
  else if (match != "strict") return Status::usage("--match is strict, version or semantics, not '" + match + "'");
  out.json = v.count("json") > 0;
  out.quiet = v.count("quiet") > 0;
  if (v.count("progress")) {
    std::string p = v["progress"].as<std::string>();
    if (p == "auto") o.progress = Progress::Style::kAuto;
    else if (p == "bar") o.progress = Progress::Style::kBar;
    else if (p == "plain") o.progress = Progress::Style::kPlain;
    else if (p == "off") o.progress = Progress::Style::kOff;
    else return Status::usage("--progress is auto, bar, plain or off, not '" + p + "'");
  }
  if (out.quiet) o.progress = Progress::Style::kOff;
  return {};
}

int report(const Status& status) {
  if (status.ok()) return 0;
  std::string text = status.message();
  // Several errors come as several lines; each is said to be one.
  for (const std::string& line : split(text, '\n'))
    if (!line.empty()) std::fprintf(stderr, "%s: %s\n", status.code() == Code::kStopped ? "stopped" : "error", line.c_str());
  return status.exit_code();
}

int print_help(const std::string& usage, const std::string& about, const po::options_description& options,
               const std::string& examples) {
  if (HelpPage* page = page_in_making()) {
    page->usage = usage;
    page->about = about;
    page->examples = examples;
    for (const auto& o : options.options()) {
      HelpOption out{o->long_name(), o->semantic()->max_tokens() ? o->semantic()->name() : "", "", o->description(), {}};
      if (std::size_t at = out.value.find(" (="); at != std::string::npos) {
        out.fallback = out.value.substr(at + 3, out.value.size() - at - 4);
        out.value.resize(at);
      }
      if (out.value.find('|') != std::string::npos) out.choices = split(out.value, '|');
      page->options.push_back(std::move(out));
    }
    return 0;
  }
  std::cout << "Usage: " << usage << "\n\n" << about << "\n\n" << options << "\nExamples:\n" << examples;
  return 0;
}

}  // namespace ophost
