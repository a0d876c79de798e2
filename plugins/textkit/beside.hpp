// Libraries that are installed beside the plugins and opened only when a recipe needs them.
// Owner: plugins/textkit. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "ophost/ophost.hpp"

namespace ophost::textkit {

// The address of `symbol` in the shared library `file`, which lies in the folder of the plugin (or
// program) that this code was linked into, or else where the system's loader looks. The library is
// never unloaded. Throws ConfigError naming the file, where it was looked for, and `package`, what
// has to be there when ophost is built.
const void* symbol_beside(const char* file, const char* symbol, const char* package);

// The table of functions at `symbol`; refuses one of another version than `version`.
template <class Api>
const Api* api_beside(const char* file, const char* symbol, const char* package,
                      std::uint32_t version) {
  const auto* api = static_cast<const Api*>(symbol_beside(file, symbol, package));
  if (api->version != version) {
    throw ConfigError(std::string(file) + " has version " + std::to_string(api->version) +
                      " of its interface, but this plugin needs version " +
                      std::to_string(version));
  }
  return api;
}

}  // namespace ophost::textkit
