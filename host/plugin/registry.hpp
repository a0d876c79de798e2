// Plugins: finding the shared libraries, loading them for good, and the table of operators they offer.
//
// A plugin is an ordinary .so that exports `oph_plugin_entry`. It is loaded from its absolute path with RTLD_NOW
// and RTLD_LOCAL and never unloaded. Load on one thread before workers start; afterwards a Registry is
// read-only and any thread may use it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"
#include "host/plugin/trust.hpp"
#include "ophost/abi.h"

namespace ophost {

struct Plugin {
  std::string file;     // absolute path
  std::string id;       // "org.ophost.text-filters"
  std::string version;  // SemVer
  std::uint32_t abi_major = 0, abi_minor = 0;
  Hash128 digest;       // of the file's bytes: changed code with an unchanged version is noticed
  std::string sha256;   // of the same bytes, for plugins.lock; only where PluginSearch asks for it
  oph_plugin entry{};   // copied, zero-extended
  bool opened = false;  // `open` was called
};

// One operator: its descriptor, copied and zero-extended, and where it came from.
struct Operator {
  std::string name;
  const Plugin* plugin = nullptr;
  oph_op_desc desc{};
  const oph_op_desc* original = nullptr;  // what `create` gets
  std::vector<std::string> reads, writes, derives, aliases;
  std::string schema, summary, cost, example;
};

const char* kind_name(std::int32_t kind);  // "mapper", "filter", "deduplicator", …

struct PluginSearch {
  std::vector<std::string> paths;  // --plugin-path: files or folders, first
  bool use_environment = true;     // OPHOST_PLUGIN_PATH, colon separated
  std::string install_folder;      // bundled plugins; "" = none
  bool sha256 = false;             // fill in Plugin::sha256, which costs more than everything else at start-up
  bool trust = false;              // --trust-plugins: also files that others can change
  std::optional<PluginLock> lock;  // load these files only, byte for byte
};

class Registry {
 public:
  // Loads everything that is found. Files named outright must be plugins; in folders only *.so are looked
  // at and those that do not export the entry symbol are passed by. Errors (code kPlugin) are sentences: not a
  // plugin, too new, missing symbol with its name, writable by others, two plugins offering one operator.
  static Result<std::unique_ptr<Registry>> load(const PluginSearch& search);

  // By name or alias; NULL when unknown.
  const Operator* find(const std::string& name) const;
  // The derived column of that declaration ("$words:bytes"); NULL when no plugin derives it.
  const Operator* find_column(const std::string& declared) const;
  std::vector<std::string> names() const;  // sorted, without aliases
  const std::vector<std::unique_ptr<Plugin>>& plugins() const { return plugins_; }
  const std::vector<std::string>& searched() const { return searched_; }

  Status load_file(const std::string& file, bool must_be_plugin);
  // Takes over what a loaded plugin exports; `bytes` is the content of its file. The tables must be readable as far as their
  // struct_size says; everything else is checked.
  Status adopt_entry(const oph_plugin* entry, const std::string& file, std::string_view bytes);

 private:
  Status adopt(std::unique_ptr<Plugin> plugin);
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::map<std::string, std::unique_ptr<Operator>> operators_;
  std::map<std::string, std::string> aliases_;
  std::vector<std::string> searched_;
  PluginSearch search_;
};

// The bundled plugins' folder as seen from the running binary: ../lib/ophost/plugins (also lib/<triplet>/).
std::string install_plugin_folder();

}  // namespace ophost
