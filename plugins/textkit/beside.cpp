// Opening libraries beside the plugin. Owner: plugins/textkit. Any thread.
#include "plugins/textkit/beside.hpp"

#include <dlfcn.h>

#include <string>

#include "ophost/ophost.hpp"

namespace ophost::textkit {
namespace {

// The folder of the shared library or program this code is part of; empty when unknown.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr)
    return "";
  const std::string file = info.dli_fname;
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash);
}

}  // namespace

const void* symbol_beside(const char* file, const char* symbol, const char* package) {
  const std::string folder = own_folder();
  const std::string beside = folder + "/" + file;
  void* library = folder.empty() ? nullptr : dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  // Kept: a file that is there but cannot be loaded says more than one that is nowhere else.
  const char* said = library == nullptr && !folder.empty() ? dlerror() : nullptr;
  const std::string reason = said == nullptr ? "" : said;
  if (library == nullptr) library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw ConfigError("the library " + std::string(file) + " could not be loaded; looked for " +
                      beside + " and on the loader's search path" +
                      (reason.empty() ? "" : " (" + reason + ")") +
                      ". It is built and installed with ophost when " + package + " is there.");
  }
  const void* address = dlsym(library, symbol);
  if (address == nullptr) {
    throw ConfigError("the library " + std::string(file) + " has no symbol '" + symbol +
                      "': it belongs to another version of ophost");
  }
  return address;
}

}  // namespace ophost::textkit
