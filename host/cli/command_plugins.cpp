// ophost plugins: the plugins there are, and the file that pins them.
#include <iostream>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/op_pages.hpp"
#include "host/cli/options.hpp"
#include "host/plugin/trust.hpp"

namespace ophost {
namespace {

int write_lock(const Registry& registry, const std::string& path) {
  std::vector<PluginPin> pins;
  for (const auto& p : registry.plugins()) {
    for (const PluginPin& other : pins)
      if (other.file == file_name(p->file))
        return report(Status::plugin("two plugins have the file name '" + other.file + "' ('" + p->file +
                                     "' is one of them); plugins.lock knows plugins by it. Rename one of them."));
    pins.push_back({file_name(p->file), p->sha256, p->id, p->version});
  }
  if (Status s = write_file_atomic(path, PluginLock::text(pins)); !s.ok()) return report(s);
  std::cout << pins.size() << (pins.size() == 1 ? " plugin" : " plugins") << " pinned in " << path << "\n";
  return 0;
}

}  // namespace

int command_plugins(const std::vector<std::string>& args) {
  po::options_description options("Options");
  add_plugin_options(options);
  options.add_options()("output", po::value<std::string>()->value_name("FILE")->default_value(kPluginsLock),
                        "where `lock` writes")("json", "print as JSON")("help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help)
    return print_help("ophost plugins [lock] [options]",
                      "Lists the plugins that were found, their versions and operators. With `lock`, writes their SHA-256 digests\n"
                      "to plugins.lock: a run of a recipe beside that file loads these plugins, byte for byte, or none.",
                      options,
                      "  ophost plugins\n  ophost plugins --plugin-path ./my_plugins --json\n"
                      "  ophost plugins lock --plugin-path ./my_plugins --output recipes/plugins.lock\n");
  const bool lock = !parsed->positional.empty();
  if (lock && (parsed->positional.size() > 1 || parsed->positional[0] != "lock"))
    return report(Status::usage("unknown word '" + parsed->positional.back() + "': the command is ophost plugins [lock]."));
  if (!lock && !parsed->values["output"].defaulted())
    return report(Status::usage("--output belongs to ophost plugins lock."));
  PluginSearch search = plugin_search(parsed->values);
  search.sha256 = true;
  auto registry = Registry::load(search);
  if (!registry.ok()) return report(registry.status());
  if (lock) return write_lock(**registry, parsed->values["output"].as<std::string>());
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
                       .add("sha256", p->sha256)
                       .add_raw("operators", json_string_array(ops))
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
