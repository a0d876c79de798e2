// ophost-dump's command line. See dump.hpp.
#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <filesystem>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace po = boost::program_options;

namespace {

struct Command {
  const char* name;
  const char* arguments;
  const char* summary;
  const char* options;  // those it takes beside --store, --json and --help, separated by spaces
  std::size_t fewest, most;
  const char* example;
};

constexpr std::size_t kMany = 1000000;
constexpr Command kCommands[] = {
    {"ls", "[FINGERPRINT...]", "what the store holds, a line per checkpoint", "job op partition", 0,
     kMany, "ophost-dump ls --store outputs/store --op text_length_filter"},
    {"show", "FINGERPRINT",
     "one checkpoint: manifest, plugins, ingredients, chain of bases, frames", "", 1, 1,
     "ophost-dump show 3fa9"},
    {"cat", "[--raw] FINGERPRINT",
     "the records as they were after a checkpoint's operator, statistics included, as JSON lines "
     "(the input must still be there: a checkpoint stores what changed); --raw: the bytes of its "
     "frames",
     "raw", 1, 1, "ophost-dump cat 3fa9 | head -n 3"},
    {"verify", "[--deep] [FINGERPRINT...]",
     "reads every byte and compares checksums; --deep decompresses too. Exit code 5 when something "
     "is damaged",
     "job op partition deep", 0, kMany, "ophost-dump verify --deep"},
    {"stat", "", "numbers: checkpoints, bytes, free pages, jobs", "", 0, 0,
     "ophost-dump stat --json"},
    {"diff", "FINGERPRINT FINGERPRINT",
     "which ingredient differs first: a parameter, a plugin, the input", "", 2, 2,
     "ophost-dump diff 3fa9 77c0"},
    {"jobs", "", "jobs and how much they refer to", "", 0, 0, "ophost-dump jobs"},
    {"gc", "[--dry-run] [--job JOB]",
     "erases what no job refers to (and forgets JOB first); gives the space back when half of the "
     "file is free",
     "job dry-run", 0, 0, "ophost-dump gc --job nightly-3 --dry-run"},
    {"repair", "", "erases what verify --deep finds damaged, so that a run computes it anew", "", 0,
     0, "ophost-dump repair"},
    {"compact", "", "rewrites data.mdb without free pages (no other process may use the store)", "",
     0, 0, "ophost-dump compact"},
    {"backup", "DIRECTORY", "a compact copy that can be opened as a store, also while jobs write",
     "", 1, 1, "ophost-dump backup /mnt/backup/store-1"},
};

const Command* find_command(const std::string& name) {
  for (const Command& c : kCommands)
    if (name == c.name) return &c;
  return nullptr;
}

po::options_description described() {
  po::options_description d("Options");
  d.add_options()("store", po::value<std::string>(),
                  "the store, or the work directory that holds it (default: $OPHOST_STORE, "
                  "./outputs/store, or the "
                  "only ./outputs/*/store)")("job", po::value<std::string>(),
                                             "only what this job refers to")(
      "op", po::value<std::string>(), "only this operator: its name or its index in the recipe")(
      "partition", po::value<std::int64_t>(), "only this partition")("deep", po::bool_switch(),
                                                                     "decompress too")(
      "raw", po::bool_switch(), "frames as they are, not records")("dry-run", po::bool_switch(),
                                                                   "say what would be erased")(
      "json", po::bool_switch(), "print JSON")("help,h", po::bool_switch(), "this text")(
      "version", po::bool_switch(), "print the version");
  return d;
}

}  // namespace

std::string help_text(const std::string& name) {
  std::string out;
  if (const Command* c = find_command(name)) {
    out = std::string("Usage: ophost-dump ") + c->name + " [--store DIR] " + c->arguments + "\n  " +
          c->summary + ".\n\nOptions: --store DIR";
    for (const std::string& o : split(c->options, ' '))
      if (!o.empty()) out += ", --" + o;
    out += std::string(name == "cat" ? "" : ", --json") + "\nExample: " + std::string(c->example) +
           "\n";
    return out;
  }
  out =
      "ophost-dump looks into a checkpoint store of ophost, also while jobs write to it.\n\n"
      "Usage: ophost-dump COMMAND [--store DIR] [options]\n\nCommands\n";
  std::vector<std::vector<std::string>> rows;
  for (const Command& c : kCommands) rows.push_back({"  " + std::string(c.name), c.summary});
  out += table(rows, {});
  out +=
      "\nA FINGERPRINT may be shortened as long as it is unique. Every command but cat takes "
      "--json.\n"
      "`ophost-dump COMMAND --help` shows a command's options.\n\nExamples\n";
  for (const Command& c : kCommands) out += "  " + std::string(c.example) + "\n";
  out += "\nExit codes: 0 done, 2 usage, 5 the store is damaged or cannot be used.\n";
  return out;
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options o;
  po::variables_map given;
  std::vector<std::string> words;
  std::vector<std::string> used;
  try {
    po::options_description hidden = described();
    hidden.add_options()("words", po::value<std::vector<std::string>>(&words));
    po::positional_options_description positional;
    positional.add("words", -1);
    int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    auto parsed = po::command_line_parser(arguments)
                      .options(hidden)
                      .positional(positional)
                      .style(style)
                      .run();
    for (const auto& option : parsed.options)
      if (option.position_key < 0) used.push_back(option.string_key);
    po::store(parsed, given);
    po::notify(given);
  } catch (const po::unknown_option& e) {
    std::vector<std::string> names;
    po::options_description known = described();
    for (const auto& d : known.options()) names.push_back("--" + d->long_name());
    return Status::usage("no option '" + e.get_option_name() + "'." +
                         did_you_mean(e.get_option_name(), names) + " See ophost-dump --help");
  } catch (const std::exception& e) {
    return Status::usage(std::string(e.what()) + ". See ophost-dump --help");
  }
  o.json = given["json"].as<bool>();
  o.deep = given["deep"].as<bool>();
  o.raw = given["raw"].as<bool>();
  o.dry_run = given["dry-run"].as<bool>();
  o.help = given["help"].as<bool>();
  o.version = given["version"].as<bool>();
  if (given.count("store")) o.store = given["store"].as<std::string>();
  if (given.count("job")) o.job = given["job"].as<std::string>();
  if (given.count("op")) o.op = given["op"].as<std::string>();
  if (given.count("partition")) o.partition = given["partition"].as<std::int64_t>();
  if (!words.empty()) {
    o.command = words.front();
    o.words.assign(words.begin() + 1, words.end());
  }
  if (o.version || (o.help && o.command.empty())) return o;
  if (o.command.empty()) return Status::usage("no command. See ophost-dump --help");
  const Command* command = find_command(o.command);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Command& c : kCommands) names.push_back(c.name);
    return Status::usage("no command '" + o.command + "'." + did_you_mean(o.command, names) +
                         " Commands: " + join(names, ", "));
  }
  if (o.help) return o;
  std::vector<std::string> takes = split(command->options, ' ');
  if (o.command == "cat" && o.json) return Status::usage("'cat' prints records as JSON lines without --json");
  for (const std::string& u : used)
    if (u != "store" && u != "json" && std::find(takes.begin(), takes.end(), u) == takes.end())
      return Status::usage("'" + o.command + "' takes no --" + u + ". See ophost-dump " +
                           o.command + " --help");
  if (o.words.size() < command->fewest || o.words.size() > command->most)
    return Status::usage("usage: ophost-dump " + o.command + " " + command->arguments);
  return o;
}

Result<std::string> find_store(const Options& options) {
  auto resolved = [](const std::string& path) {
    return !exists(path + "/data.mdb") && exists(path + "/store/data.mdb") ? path + "/store" : path;
  };
  if (!options.store.empty()) return resolved(options.store);
  if (const char* from_environment = std::getenv("OPHOST_STORE");
      from_environment && *from_environment)
    return resolved(from_environment);
  if (exists("outputs/store/data.mdb")) return std::string("outputs/store");
  std::vector<std::string> found;
  std::error_code ec;
  for (std::filesystem::directory_iterator it("outputs", ec), end; !ec && it != end;
       it.increment(ec))
    if (exists(it->path().string() + "/store/data.mdb"))
      found.push_back(it->path().string() + "/store");
  std::sort(found.begin(), found.end());
  if (found.size() == 1) return found.front();
  if (found.empty())
    return Status::usage(
        "no store found (looked for $OPHOST_STORE, ./outputs/store and ./outputs/*/store). "
        "Name it with --store, usually <work_dir>/store");
  return Status::usage("several stores here; choose one with --store: " + join(found, ", "));
}

}  // namespace ophost::dump
