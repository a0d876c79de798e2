// Libraries that are installed beside the plugins and opened only when a recipe needs them.
// Owner: plugins/textkit. Any thread.
#pragma once

namespace ophost::textkit {

// The address of `symbol` in the shared library `file`, which lies in the folder of the plugin (or
// program) that this code was linked into, or else where the system's loader looks. The library is
// never unloaded. Throws ConfigError naming the file, where it was looked for, and `package`, what
// has to be there when ophost is built.
const void* symbol_beside(const char* file, const char* symbol, const char* package);

}  // namespace ophost::textkit
