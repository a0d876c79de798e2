// ophost ops and ophost plugins: what there is.
#include <algorithm>
#include <iostream>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace ophost {
namespace {

std::string list_json(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& s : items) {
    if (out.size() > 1) out += ',';
    append_json_string(out, s);
  }
  return out + "]";
}

std::string op_json(const Operator& op) {
  return JsonObject()
      .add("name", op.name)
      .add("kind", kind_name(op.desc.kind))
      .add("summary", op.summary)
      .add_raw("aliases", list_json(op.aliases))
      .add("semantics", std::uint64_t{op.desc.semantics})
      .add("plugin", op.plugin->id)
      .add("plugin_version", op.plugin->version)
      .add("file", op.plugin->file)
      .add_raw("reads", list_json(op.reads))
      .add_raw("writes", list_json(op.writes))
      .add("cost", op.cost)
      .add("example", op.example)
      .add_raw("params_schema", op.schema)
      .text();
}

std::string value_text(const JsonValue* v) { return v ? dump_json(*v) : "–"; }

std::string type_text(const JsonValue& property) {
  const JsonValue* t = get_member(property, "type");
  if (!t) return "any";
  if (t->IsString()) return t->GetString();
  std::vector<std::string> names;
  for (const auto& e : t->GetArray())
    if (e.IsString()) names.push_back(e.GetString());
  return join(names, " or ");
}

void print_op(const Operator& op) {
  std::cout << op.name << "  —  " << kind_name(op.desc.kind) << "\n\n  " << op.summary << "\n\n";
  auto schema = parse_json(op.schema, "the parameter schema of " + op.name);
  const JsonValue* properties = schema.ok() ? get_member(*schema, "properties") : nullptr;
  if (properties && properties->IsObject() && properties->MemberCount() > 0) {
    std::cout << "Parameters\n";
    for (const auto& p : properties->GetObject()) {
      std::cout << "  " << p.name.GetString() << "  (" << type_text(p.value)
                << ", default " << value_text(get_member(p.value, "default"));
      if (const JsonValue* e = get_member(p.value, "enum")) std::cout << ", one of " << dump_json(*e);
      if (const JsonValue* m = get_member(p.value, "minimum")) std::cout << ", at least " << dump_json(*m);
      if (const JsonValue* m = get_member(p.value, "maximum")) std::cout << ", at most " << dump_json(*m);
      std::cout << ")\n";
      std::string text = get_string(p.value, "description");
      if (!text.empty()) std::cout << "      " << text << "\n";
    }
  } else {
    std::cout << "Parameters: none of its own\n";
  }
  std::cout << "\nReads    " << join(op.reads, ", ") << "\nWrites   " << (op.writes.empty() ? "nothing" : join(op.writes, ", "))
            << "\nCost     " << (op.cost.empty() ? "not said" : op.cost) << "\nPlugin   " << op.plugin->id << " " << op.plugin->version
            << "  " << op.plugin->file << "\n";
  if (!op.aliases.empty()) std::cout << "Aliases  " << join(op.aliases, ", ") << "\n";
  if (!op.example.empty()) std::cout << "\nExample\n" << op.example << (op.example.ends_with("\n") ? "" : "\n");
}

}  // namespace

int command_ops(const std::vector<std::string>& args) {
  po::options_description options("Options");
  add_plugin_options(options);
  options.add_options()("json", "print as JSON")("help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost ops [NAME] [options]", "Lists the operators that the plugins offer, or prints the page of one.",
                      options, "  ophost ops\n  ophost ops text_length_filter\n  ophost ops --json\n");
  auto registry = Registry::load(plugin_search(parsed->values));
  if (!registry.ok()) return report(registry.status());
  bool json = parsed->values.count("json") > 0;
  if (!parsed->positional.empty()) {
    const std::string& name = parsed->positional.front();
    const Operator* op = (*registry)->find(name);
    if (!op)
      return report(Status::usage("there is no operator '" + name + "'." + did_you_mean(name, (*registry)->names()) +
                                  " ophost ops lists them."));
    if (json) std::cout << op_json(*op) << "\n";
    else print_op(*op);
    return 0;
  }
  if (json) {
    std::cout << "[";
    bool first = true;
    for (const std::string& name : (*registry)->names()) {
      std::cout << (first ? "" : ",\n ") << op_json(*(*registry)->find(name));
      first = false;
    }
    std::cout << "]\n";
    return 0;
  }
  std::size_t width = 0;
  for (const std::string& name : (*registry)->names()) width = std::max(width, name.size());
  for (const std::string& name : (*registry)->names()) {
    const Operator* op = (*registry)->find(name);
    std::string kind = kind_name(op->desc.kind);
    std::cout << name << std::string(width - name.size() + 2, ' ') << kind
              << std::string(kind.size() < 14 ? 14 - kind.size() : 1, ' ') << op->summary << "\n";
  }
  if ((*registry)->names().empty())
    std::cerr << "no plugins were found; looked in " << join((*registry)->searched(), ", ") << "\n";
  return 0;
}

int command_plugins(const std::vector<std::string>& args) {
  po::options_description options("Options");
  add_plugin_options(options);
  options.add_options()("json", "print as JSON")("help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost plugins [options]", "Lists the plugins that were found, their versions and operators.", options,
                      "  ophost plugins\n  ophost plugins --plugin-path ./my_plugins --json\n");
  auto registry = Registry::load(plugin_search(parsed->values));
  if (!registry.ok()) return report(registry.status());
  bool json = parsed->values.count("json") > 0, first = true;
  if (json) std::cout << "[";
  for (const auto& p : (*registry)->plugins()) {
    std::vector<std::string> ops;
    for (const std::string& name : (*registry)->names())
      if ((*registry)->find(name)->plugin == p.get()) ops.push_back(name);
    std::string abi = std::to_string(p->abi_major) + "." + std::to_string(p->abi_minor);
    if (json) {
      std::cout << (first ? "" : ",\n ")
                << JsonObject()
                       .add("id", p->id)
                       .add("version", p->version)
                       .add("abi", abi)
                       .add("file", p->file)
                       .add("digest", p->digest.hex())
                       .add_raw("operators", list_json(ops))
                       .text();
      first = false;
    } else {
      std::cout << p->id << " " << p->version << "  (ABI " << abi << ")\n  " << p->file << "\n  " << join(ops, ", ") << "\n";
    }
  }
  if (json) std::cout << "]\n";
  else if ((*registry)->plugins().empty())
    std::cerr << "no plugins were found; looked in " << join((*registry)->searched(), ", ") << "\n";
  return 0;
}

}  // namespace ophost
