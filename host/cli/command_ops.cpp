// ophost ops: the operators there are.
#include <algorithm>
#include <iostream>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/op_pages.hpp"
#include "host/cli/options.hpp"

namespace ophost {
namespace {

// What to say of a name that no plugin offers: the nearest name, or those that have the word in them.
std::string suggestion(const Registry& registry, const std::string& name) {
  std::vector<std::string> known = registry.names(), alike;
  for (const std::string& op : registry.names())
    for (const std::string& alias : registry.find(op)->aliases) known.push_back(alias);
  if (std::string best = did_you_mean(name, known); !best.empty()) return best;
  for (const std::string& op : known)
    if (name.size() > 2 && op.find(name) != std::string::npos) alike.push_back(op);
  return alike.empty() ? "" : " With that in their names there are " + join(alike, ", ") + ".";
}

}  // namespace

int command_ops(const std::vector<std::string>& args) {
  po::options_description options("Options");
  add_plugin_options(options);
  options.add_options()("json", "print as JSON")("markdown", "print pages in Markdown: of all operators, or of NAME")(
      "help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost ops [NAME] [options]", "Lists the operators that the plugins offer, or prints the page of one.",
                      options,
                      "  ophost ops\n  ophost ops text_length_filter\n  ophost ops --json\n"
                      "  ophost ops --markdown > operators.md\n");
  bool json = parsed->values.count("json") > 0, markdown = parsed->values.count("markdown") > 0;
  if (json && markdown) return report(Status::usage("--json and --markdown: give one of them."));
  if (parsed->positional.size() > 1)
    return report(Status::usage("one name at a time, not '" + join(parsed->positional, "', '") + "'; without a name all are listed."));
  auto registry = Registry::load(plugin_search(parsed->values));
  if (!registry.ok()) return report(registry.status());
  std::vector<const Operator*> ops;
  if (parsed->positional.empty()) {
    for (const std::string& name : (*registry)->names()) ops.push_back((*registry)->find(name));
  } else {
    const std::string& name = parsed->positional.front();
    const Operator* op = (*registry)->find(name);
    if (!op)
      return report(Status::usage("there is no operator '" + name + "'." + suggestion(**registry, name) + " ophost ops lists them."));
    if (json) std::cout << op_json(*op) << "\n";
    else if (markdown) std::cout << op_markdown_page(*op);
    else std::cout << op_page(*op);
    return 0;
  }
  if (markdown) {
    std::cout << op_markdown(ops);
    return 0;
  }
  if (json) {
    std::cout << "[";
    for (const Operator* op : ops) std::cout << (op == ops.front() ? "" : ",\n ") << op_json(*op);
    std::cout << "]\n";
    return 0;
  }
  std::size_t width = 0;
  for (const Operator* op : ops) width = std::max(width, op->name.size());
  for (const Operator* op : ops) {
    std::string kind = kind_name(op->desc.kind);
    std::cout << op->name << std::string(width - op->name.size() + 2, ' ') << kind
              << std::string(kind.size() < 14 ? 14 - kind.size() : 1, ' ') << op->summary << "\n";
  }
  if (ops.empty()) std::cerr << "no plugins were found; looked in " << join((*registry)->searched(), ", ") << "\n";
  return 0;
}

}  // namespace ophost
