// Writing a record back: its line's own bytes with only the changed values exchanged, so that an
// untouched record leaves byte for byte as it came. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ophost {

// One edit: the member at a dotted path gets `json` as its value (it is JSON text already), or is
// removed. A path whose parents are missing is created at the end of the deepest existing object; a
// duplicate key is edited at its last occurrence, and removed at every one. A parent that is no object (null, say)
// becomes one. The path "$record" replaces the whole record; other edits then apply to the new one. When one
// edit's path is the beginning of another's, the shorter wins.
struct Edit {
  std::string_view path;
  std::string_view json;
  bool remove = false;
  bool literal = false;  // the path is one key, even with dots in it
};

// To write a string as `json`: append_json_string (host/base/json.hpp).
// Appends the edited line to `out`, without a newline. `line` must be a valid JSON object (extract_columns
// checked it). New members are written as `, "key": value`, as Data-Juicer's exporter separates them.
void splice(std::string_view line, const std::vector<Edit>& edits, std::string& out);

}  // namespace ophost
