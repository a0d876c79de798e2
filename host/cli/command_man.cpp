// ophost man: the manual's pages, from the tables that --help prints.
#include <algorithm>
#include <cctype>
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/help_page.hpp"
#include "host/cli/options.hpp"
#include "host/recipe/keys.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Prints a page of the manual as roff: that of ophost, or that of one of its commands. With --output, writes all pages\n"
    "to DIR/man1, where man looks for them when DIR is in its path.";
constexpr char kExamples[] =
    "  ophost man run | man -l -\n"
    "  ophost man --output ~/.local/share/man\n";

constexpr char kExit[] =
    ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nthe job failed\n.TP\n2\na mistake in the command line or the recipe\n"
    ".TP\n3\na plugin cannot be used\n.TP\n4\nthe input cannot be read\n.TP\n5\nthe store cannot be used\n"
    ".TP\n75\nstopped; the same command with the same --job_id goes on\n";

// Text for roff: what it would take for a command or an escape is written so that it is none.
std::string roff(const std::string& text) {
  std::string out;
  bool line_begin = true;
  for (char c : text) {
    if (line_begin && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    line_begin = c == '\n';
  }
  return out;
}

std::string head(const std::string& name, const std::string& summary) {
  std::string upper;
  for (char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".TH " + roff(upper) + " 1 \"\" \"ophost " OPHOST_VERSION "\" \"ophost\"\n.SH NAME\n" + roff(name) + " \\- " + roff(summary) + "\n";
}

std::string option_items(const std::vector<HelpOption>& options) {
  std::string out;
  for (const HelpOption& o : options) {
    out += ".TP\n\\fB" + roff("--" + o.name) + "\\fR";
    if (!o.value.empty()) out += " \\fI" + roff(o.value) + "\\fR";
    out += "\n" + roff(o.text);
    if (!o.fallback.empty()) out += " (default: " + roff(o.fallback) + ")";
    out += "\n";
  }
  return out;
}

std::string key_items() {
  std::string out =
      ".SH RECIPE KEYS\nEvery key of a recipe is an option too, and so is every parameter of an operator "
      "(\\fB\\-\\-OPERATOR.PARAMETER\\fR; \\fBophost ops OPERATOR\\fR has them). Keys of Data\\-Juicer that have no effect here are "
      "left out.\n";
  for (const RecipeKey& key : recipe_keys()) {
    if (key.use != KeyUse::kUsed) continue;
    out += ".TP\n\\fB" + roff("--" + key.name) + "\\fR\n" + roff(key.note) + ". " + roff(type_text(key));
    out += key.default_json == "null" ? "\n" : "; default: " + roff(key.default_json) + "\n";
  }
  return out;
}

std::string examples(const std::string& text) {
  return text.empty() ? "" : ".SH EXAMPLES\n.nf\n" + roff(text) + ".fi\n";
}

Result<std::string> command_page(const Command& command) {
  OPH_ASSIGN(HelpPage page, help_page(command));
  return head("ophost-" + std::string(command.name), command.summary) + ".SH SYNOPSIS\n" + roff(page.usage) + "\n.SH DESCRIPTION\n" +
         roff(page.about) + "\n.SH OPTIONS\n" + option_items(page.options) + (page.recipe ? key_items() : "") + examples(page.examples) +
         kExit + ".SH SEE ALSO\n.BR ophost (1)\n";
}

std::string main_page() {
  std::string out = head("ophost", "a native host for data-processing operators");
  out += ".SH SYNOPSIS\n\\fBophost\\fR \\fICOMMAND\\fR [options]\n.SH DESCRIPTION\n"
         "Runs recipes of Data\\-Juicer over text with operators from plugins, keeps every finished piece of work under a fingerprint "
         "of all that it depends on, and never computes it twice. A run may be killed at any time; the same command goes on.\n"
         ".SH COMMANDS\n";
  for (const Command& c : commands()) out += ".TP\n\\fB" + roff(c.name) + "\\fR\n" + roff(c.summary) + "\n";
  out += ".SH ENVIRONMENT\n.TP\n\\fBOPHOST_PLUGIN_PATH\\fR\nfolders and files of plugins, colon separated\n"
         ".TP\n\\fBOPHOST_RESOURCE_PATH\\fR\nwhere operators find word lists and models, colon separated\n";
  out += std::string(kExit) + ".SH SEE ALSO\n";
  std::string others;
  for (const Command& c : commands()) others += (others.empty() ? "" : ",\n") + (".BR " + roff(std::string("ophost-") + c.name) + " (1)");
  return out + others + "\n";
}

Status write_all_pages(const std::string& folder) {
  const std::string man1 = folder + "/man1";
  OPH_TRY(make_directories(man1));
  OPH_TRY(write_file_atomic(man1 + "/ophost.1", main_page()));
  for (const Command& c : commands()) {
    OPH_ASSIGN(std::string page, command_page(c));
    OPH_TRY(write_file_atomic(man1 + "/ophost-" + c.name + ".1", page));
  }
  return {};
}

}  // namespace

int command_man(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("output", po::value<std::string>()->value_name("DIR"), "write all pages below this folder")("help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost man [COMMAND] [options]", kAbout, options, kExamples);
  if (parsed->values.count("output")) {
    if (!parsed->positional.empty()) return report(Status::usage("--output writes all pages; name no command."));
    return report(write_all_pages(parsed->values["output"].as<std::string>()));
  }
  if (parsed->positional.size() > 1) return report(Status::usage("name one command, not '" + join(parsed->positional, "', '") + "'."));
  if (parsed->positional.empty()) {
    std::cout << main_page();
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& c : commands()) {
    names.push_back(c.name);
    if (parsed->positional[0] != c.name) continue;
    auto page = command_page(c);
    if (!page.ok()) return report(page.status());
    std::cout << *page;
    return 0;
  }
  return report(Status::usage("there is no command '" + parsed->positional[0] + "'." + did_you_mean(parsed->positional[0], names)));
}

}  // namespace ophost
