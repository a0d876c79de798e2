#include "host/plugin/registry.hpp"

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <cstring>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/plugin/elf_probe.hpp"
#include "host/plugin/load_guard.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

std::vector<std::string> strings(const char* const* list) {
  std::vector<std::string> out;
  for (; list && *list; ++list) out.emplace_back(*list);
  return out;
}

std::string text(const char* s) { return s ? s : ""; }

// What the dynamic linker said, out of the words that Boost wraps around it.
std::string linker_message(std::string what) {
  static constexpr std::string_view kBefore = "dlerror system message: ";
  if (std::size_t at = what.find(kBefore); at != std::string::npos) {
    what.erase(0, at + kBefore.size());
    what.erase(std::min(what.rfind(')'), what.size()));
  }
  return what;
}

// How much of a plugin's struct is read: no more than it has or we know, and no half pointer.
std::size_t readable(std::uint32_t struct_size, std::size_t known) {
  return std::min<std::size_t>(struct_size, known) / sizeof(void*) * sizeof(void*);
}

bool aggregates(const oph_aggregate_api& t) {
  return t.struct_size >= offsetof(oph_aggregate_api, finish) + sizeof(void*) && t.state_new && t.state_free && t.update &&
         t.merge && t.save && t.load && t.finish;
}

// Whether the table of the operator's kind is there, as long as it must be, with every function that is not optional.
bool has_functions(const oph_op_desc& d) {
  if (!d.vtable) return false;
  std::uint32_t size = 0;
  std::memcpy(&size, d.vtable, sizeof size);
  switch (d.kind) {
    case OPH_KIND_MAP:
    case OPH_KIND_FLATMAP:
    case OPH_KIND_DERIVE: {
      const auto* t = static_cast<const oph_map_api*>(d.vtable);
      return size >= offsetof(oph_map_api, process) + sizeof(void*) && t->process;
    }
    case OPH_KIND_FILTER: {
      const auto* t = static_cast<const oph_filter_api*>(d.vtable);
      return size >= offsetof(oph_filter_api, keep) + sizeof(void*) && t->keep;
    }
    case OPH_KIND_DEDUP: {
      const auto* t = static_cast<const oph_dedup_api*>(d.vtable);
      return size >= offsetof(oph_dedup_api, keys) + sizeof(void*) && t->keys;
    }
    case OPH_KIND_SELECT: {
      const auto* t = static_cast<const oph_select_api*>(d.vtable);
      return size >= offsetof(oph_select_api, apply) + sizeof(void*) && t->summary && aggregates(*t->summary);
    }
    case OPH_KIND_AGGREGATE: return aggregates(*static_cast<const oph_aggregate_api*>(d.vtable));
    case OPH_KIND_GROUP: {
      const auto* t = static_cast<const oph_group_api*>(d.vtable);
      return size >= offsetof(oph_group_api, emit) + sizeof(void*) && t->keys && t->emit;
    }
    case OPH_KIND_OBSERVER: return size >= offsetof(oph_observer_api, on_events) + sizeof(void*);
  }
  return false;  // a kind that is not known
}

bool complete(const oph_op_desc& d) {
  return d.name && *d.name && d.params_schema && d.common &&
         d.common->struct_size >= offsetof(oph_common_api, destroy) + sizeof(void*) && d.common->create &&
         d.common->destroy && has_functions(d);
}

}  // namespace

const char* kind_name(std::int32_t kind) {
  switch (kind) {
    case OPH_KIND_MAP: return "mapper";
    case OPH_KIND_FLATMAP: return "flat mapper";
    case OPH_KIND_FILTER: return "filter";
    case OPH_KIND_DERIVE: return "derived column";
    case OPH_KIND_DEDUP: return "deduplicator";
    case OPH_KIND_SELECT: return "selector";
    case OPH_KIND_AGGREGATE: return "aggregator";
    case OPH_KIND_GROUP: return "grouper";
    case OPH_KIND_OBSERVER: return "observer";
  }
  return "unknown kind";
}

std::string install_plugin_folder() {
  boost::system::error_code ec;
  std::string bin = parent_path(boost::dll::program_location(ec).string());
  if (ec) return "";
  for (const char* lib : {"/../lib/ophost/plugins", "/../lib/x86_64-linux-gnu/ophost/plugins",
                          "/../lib/aarch64-linux-gnu/ophost/plugins", "/../lib64/ophost/plugins"})
    if (is_directory(bin + lib)) return absolute_path(bin + lib);
  return absolute_path(bin + "/../lib/ophost/plugins");
}

Result<std::unique_ptr<Registry>> Registry::load(const PluginSearch& search) {
  auto registry = std::make_unique<Registry>();
  registry->search_ = search;
  std::vector<std::string> paths = search.paths;
  if (const char* env = std::getenv("OPHOST_PLUGIN_PATH"); env && *env && search.use_environment)
    for (const std::string& p : split(env, ':'))
      if (!p.empty()) paths.push_back(p);
  std::vector<std::string> errors;
  auto note = [&](const Status& s) {
    if (!s.ok()) errors.push_back(s.message());
  };
  for (const std::string& given : paths) {
    std::string path = absolute_path(given);
    registry->searched_.push_back(path);
    if (!exists(path)) {
      errors.push_back("the plugin path '" + given + "' does not exist");
    } else if (!is_directory(path)) {
      note(registry->load_file(path, true));
    } else if (auto files = list_files(path); files.ok()) {
      for (const std::string& f : *files)
        if (f.ends_with(".so")) note(registry->load_file(f, false));
    } else {
      errors.push_back(files.status().message());
    }
  }
  if (!search.install_folder.empty()) {
    registry->searched_.push_back(search.install_folder);
    if (is_directory(search.install_folder)) {
      OPH_ASSIGN(auto files, list_files(search.install_folder));
      for (const std::string& f : files)
        if (f.ends_with(".so")) note(registry->load_file(f, false));
    }
  }
  if (!errors.empty()) return Status::plugin(join(errors, "\n"));
  return registry;
}

// What is wrong with a file that no linker should see; "" when it may.
std::string no_plugin(const std::string& file, std::string_view bytes, ElfProbe kind) {
  const std::string name = "'" + file + "' ";
  switch (kind) {
    case ElfProbe::kNotElf:
      return name + (bytes.empty() ? "is empty" : "is not an ELF file") +
             ", so it is no ophost plugin. Name the .so that the build made.";
    case ElfProbe::kOtherMachine:
      return name + "was built for another kind of processor than this ophost. Build the plugin on or for this machine.";
    case ElfProbe::kNotShared:
      return name + "is not a shared library, so it is no ophost plugin. Build it with ophost_add_plugin() of the SDK's CMake package.";
    case ElfProbe::kCutShort:
      return "the plugin " + name + "is cut short: it ends before what its headers say. Copy or build it again.";
    case ElfProbe::kWithout:
      return name + "is not an ophost plugin: it does not export '" OPH_ENTRY_SYMBOL
                    "'. Build it with ophost_add_plugin() of the SDK's CMake package.";
    case ElfProbe::kExports: break;
  }
  return "";
}

Status Registry::load_file(const std::string& given, bool must_be_plugin) {
  char* real = ::realpath(given.c_str(), nullptr);
  std::string file = real ? real : given;
  std::free(real);
  for (const auto& p : plugins_)
    if (p->file == file) return {};  // found twice through two paths
  OPH_ASSIGN(std::string bytes, read_file(file));
  ElfProbe kind = probe_elf(bytes, OPH_ENTRY_SYMBOL);
  if (std::string why = no_plugin(file, bytes, kind); !why.empty()) {
    // In a folder may lie what is none of ours, but half a plugin is a plugin that somebody will miss.
    if (!must_be_plugin && kind != ElfProbe::kCutShort) return {};
    return Status::plugin(why);
  }
  if (!search_.trust) OPH_TRY(check_owner_and_mode(file));
  if (search_.lock) OPH_TRY(search_.lock->check(file, bytes));

  const LoadGuard guard(file);
  const oph_plugin* entry = nullptr;
  try {
    auto library = std::make_shared<boost::dll::shared_library>(
        boost::dll::fs::path(file), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    entry = &library->get<const oph_plugin>(OPH_ENTRY_SYMBOL);
    // Never unloaded: threads, statics and handed-out pointers of the plugin may outlive any owner.
    static auto& kept = *new std::vector<std::shared_ptr<boost::dll::shared_library>>;
    kept.push_back(std::move(library));
  } catch (const std::exception& e) {
    return Status::plugin("cannot load the plugin '" + file + "': " + linker_message(e.what()));
  }
  return adopt_entry(entry, file, bytes);
}

Status Registry::adopt_entry(const oph_plugin* entry, const std::string& file, std::string_view bytes) {
  auto plugin = std::make_unique<Plugin>();
  plugin->file = file;
  plugin->digest = hash128(bytes);
  if (search_.sha256) plugin->sha256 = sha256_hex(bytes);
  if (entry->magic != OPH_MAGIC)
    return Status::plugin("'" + file + "' exports '" OPH_ENTRY_SYMBOL
                          "' but it does not begin with the magic \"OPH1\": it is not an ophost plugin.");
  std::string need = std::to_string(entry->abi_major) + "." + std::to_string(entry->abi_minor);
  std::string have = std::to_string(OPH_ABI_MAJOR) + "." + std::to_string(OPH_ABI_MINOR);
  if (entry->abi_major != OPH_ABI_MAJOR || entry->abi_minor > OPH_ABI_MINOR)
    return Status::plugin("the plugin '" + file + "' needs ABI " + need + ", but this ophost " OPHOST_VERSION
                          " offers ABI " + have +
                          (entry->abi_major > OPH_ABI_MAJOR || entry->abi_minor > OPH_ABI_MINOR
                               ? ". Use a newer ophost, or build the plugin with a lower OPH_TARGET_MINOR."
                               : ". Rebuild the plugin against this ophost's SDK."));
  if (entry->struct_size < offsetof(oph_plugin, ops) + sizeof(void*))
    return Status::plugin("the plugin '" + file + "' has a truncated entry table (struct_size " +
                          std::to_string(entry->struct_size) + "). Rebuild it against the SDK.");
  std::memcpy(&plugin->entry, entry, readable(entry->struct_size, sizeof(oph_plugin)));
  plugin->id = text(plugin->entry.id);
  plugin->version = text(plugin->entry.version);
  plugin->abi_major = entry->abi_major;
  plugin->abi_minor = entry->abi_minor;
  if (plugin->id.empty() || plugin->version.empty() || !plugin->entry.ops)
    return Status::plugin("the plugin '" + file + "' lacks its id, version or operators.");
  return adopt(std::move(plugin));
}

Status Registry::adopt(std::unique_ptr<Plugin> plugin) {
  std::vector<std::unique_ptr<Operator>> ops;
  for (std::uint32_t i = 0; i < plugin->entry.op_count; ++i) {
    const oph_op_desc* d = plugin->entry.ops[i];
    std::string where = "operator " + std::to_string(i) + " of the plugin '" + plugin->file + "'";
    if (!d) return Status::plugin(where + " has no descriptor.");
    auto op = std::make_unique<Operator>();
    std::memcpy(&op->desc, d, readable(d->struct_size, sizeof(oph_op_desc)));
    op->original = d;
    if (!complete(op->desc))
      return Status::plugin(where + " (" + text(op->desc.name) +
                            ") has an incomplete descriptor: name, kind, params_schema, create, destroy and "
                            "the table of its kind are needed.");
    op->name = op->desc.name;
    op->reads = strings(op->desc.reads);
    op->writes = strings(op->desc.writes);
    op->derives = strings(op->desc.derives);
    op->aliases = strings(op->desc.aliases);
    op->schema = op->desc.params_schema;
    op->summary = text(op->desc.summary);
    op->cost = text(op->desc.cost);
    op->example = text(op->desc.example);
    auto schema = parse_json(op->schema, "the parameter schema of " + where + " (" + op->name + ")");
    if (!schema.ok()) return Status::plugin(schema.status().message());
    if (!schema->IsObject())
      return Status::plugin("the parameter schema of " + where + " (" + op->name + ") is not a JSON object.");
    std::vector<std::string> taken = op->aliases;
    taken.push_back(op->name);
    for (const auto& other : ops)
      for (const std::string& name : taken)
        if (name == other->name || std::count(other->aliases.begin(), other->aliases.end(), name) > 0)
          return Status::plugin(where + " has the name or alias '" + name + "', which another operator of it has too.");
    for (const std::string& name : taken)
      if (const Operator* other = find(name))
        return Status::plugin("two plugins offer the operator '" + name + "': '" + other->plugin->file +
                              "' and '" + plugin->file + "'. Remove one of them from the plugin paths.");
    ops.push_back(std::move(op));
  }
  const Plugin* owner = plugin.get();
  plugins_.push_back(std::move(plugin));
  for (auto& op : ops) {
    op->plugin = owner;
    for (const std::string& a : op->aliases) aliases_[a] = op->name;
    std::string name = op->name;
    operators_[name] = std::move(op);
  }
  return {};
}

const Operator* Registry::find(const std::string& name) const {
  auto it = operators_.find(name);
  if (it != operators_.end()) return it->second.get();
  auto alias = aliases_.find(name);
  return alias == aliases_.end() ? nullptr : find(alias->second);
}

const Operator* Registry::find_column(const std::string& declared) const {
  for (const auto& [name, op] : operators_)
    if (op->desc.kind == OPH_KIND_DERIVE && op->writes.size() == 1 && op->writes[0] == declared) return op.get();
  return nullptr;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> out;
  for (const auto& [name, op] : operators_) out.push_back(name);
  return out;
}

}  // namespace ophost
