// Whose code runs here: the owner and mode of plugin files, and plugins.lock, which pins them by SHA-256. All of it is
// checked before a file is loaded, because loading runs its code. Pure functions but for the file system; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/status.hpp"

namespace ophost {

constexpr const char* kPluginsLock = "plugins.lock";  // the name that is looked for beside a recipe

// Refuses (code kPlugin) a file that its group or everybody can write, or that belongs to a user who is neither root nor we.
Status check_owner_and_mode(const std::string& file);

std::string sha256_hex(std::string_view bytes);

// One plugin as plugins.lock has it. Found by the name of its file: what it says of itself is known only when it was loaded.
struct PluginPin {
  std::string file;  // "text-filters.so"
  std::string sha256;
  std::string id, version;  // for people
};

class PluginLock {
 public:
  // `path` names the lock in messages.
  static Result<PluginLock> parse(std::string_view json, const std::string& path);
  static Result<PluginLock> read(const std::string& path);
  static std::string text(std::vector<PluginPin> pins);  // what a plugins.lock holds; sorted by file

  // Refuses (code kPlugin) a file that is not pinned, or whose bytes are others than those that were.
  Status check(const std::string& file, std::string_view bytes) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::map<std::string, PluginPin> pins_;
};

}  // namespace ophost
