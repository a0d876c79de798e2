// JSON for everything that is not a record: parameters, schemas, manifests, events, summaries.
// RapidJSON stands behind this header. A Json document owns its memory; not thread-safe.
#pragma once

#define RAPIDJSON_HAS_STDSTRING 1
#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

#include "host/base/status.hpp"

namespace ophost {

using Json = rapidjson::Document;
using JsonValue = rapidjson::Value;

// Parses one JSON text; NaN and Infinity are accepted as Python writes them. `what` names the source in the
// message ("manifest of 3fa9…").
Result<Json> parse_json(std::string_view text, const std::string& what);
// Compact text, keys as they stand. Doubles in the shortest form that reads back, always with a
// point or exponent (1.0, 1e-05), as Python writes them.
std::string dump_json(const JsonValue& value);
// Compact text with sorted keys: the canonical form that fingerprints hash.
std::string canonical_json(const JsonValue& value);
std::string pretty_json(const JsonValue& value);  // two spaces, for files people read; no NaN or Infinity
// Appends `s` as a JSON string with its quotes, escaping as Python's json.dumps(ensure_ascii=False).
void append_json_string(std::string& out, std::string_view s);
std::string json_string_array(const std::vector<std::string>& items);  // an array of them
std::string json_number_array(const std::vector<std::size_t>& items);
// An array of what `write` makes of every item: JSON text each.
template <class List, class Write>
std::string json_array(const List& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out + "]";
}
// Appends a double as Python's repr: 0.1, 1.0, 1e-05, NaN, Infinity.
void append_python_float(std::string& out, double v);

// Members with a fallback; the value must be of that type to count.
std::string get_string(const JsonValue& object, const char* key, std::string fallback = "");
std::int64_t get_int(const JsonValue& object, const char* key, std::int64_t fallback = 0);
std::uint64_t get_uint(const JsonValue& object, const char* key);  // 0 when it is absent or no such number
double get_double(const JsonValue& object, const char* key, double fallback = 0);
bool get_bool(const JsonValue& object, const char* key, bool fallback = false);
const JsonValue* get_member(const JsonValue& object, const char* key);  // NULL when absent

// A status, for another process to read.
std::string to_json(const Status& status);
Status status_from(const JsonValue& json);

// Builds objects tersely: JsonObject().add("a", 1).add("b", "x").text().
class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view value);
  JsonObject& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  JsonObject& add(std::string_view key, const std::string& value) { return add(key, std::string_view(value)); }
  JsonObject& add(std::string_view key, bool value);
  JsonObject& add(std::string_view key, double value);
  JsonObject& add(std::string_view key, std::int64_t value);
  JsonObject& add(std::string_view key, std::uint64_t value);
  JsonObject& add(std::string_view key, int value) { return add(key, std::int64_t{value}); }
  JsonObject& add_raw(std::string_view key, std::string_view json);  // `json` is JSON text already
  std::string text() const { return body_ + "}"; }

 private:
  void key(std::string_view key);
  std::string body_ = "{";
};

}  // namespace ophost
