// What the operators of this plugin ask of chat messages and other loosely typed values, with
// Python's answers. Owner: plugins/agent. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ophost/batch.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost::agent {

using textkit::PyValue;

// The value of a json column; None when it is null or absent. Throws RecordError.
PyValue value_of(const Row& row, std::size_t column);

// dict.get(key): NULL when there is none. Throws PyTypeError when `dict` is no dict, naming `what`.
const PyValue* get(const PyValue& dict, std::string_view key, const char* what);
inline bool truthy(const PyValue* v) {
  return v != nullptr && textkit::py_truthy(*v);
}
// `a or b`: the first value that is true, else NULL.
inline const PyValue* first_true(const PyValue* a, const PyValue* b) {
  return truthy(a) ? a : truthy(b) ? b : nullptr;
}
// The items of a list; of anything else none.
const PyValue::List& items_of(const PyValue& v);

// str(value).strip()
std::string stripped_str(const PyValue& v);
std::string lower(std::string_view text);
// float(value). Throws PyTypeError (as for Python's TypeError and ValueError) naming `what`.
double to_float(const PyValue& v, const char* what);
// int(value): floats lose their fraction. Throws PyTypeError naming `what`.
std::int64_t to_int(const PyValue& v, const char* what);

// (message.get("role") or "").lower(); throws when the message is no object or its role no text.
std::string role_of(const PyValue& message);
// A message's content as plain text: strings, lists of blocks (text, thinking), nested values.
std::string content_text(const PyValue* content);
// The function a tool call names, or NULL.
const PyValue* tool_name(const PyValue& call);

// Appends ["a", "b"].
void append_json_list(std::string& out, const std::vector<std::string>& texts);

}  // namespace ophost::agent
