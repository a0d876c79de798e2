// YAML (and JSON) as Data-Juicer's users mean it: yaml-cpp's parser, but scalars typed as PyYAML
// and jsonargparse type them (YAML 1.1: yes/no, 017, 1_000, 1:30, .inf; and 2e5 is a float), merge
// keys, duplicate keys refused, aliases bounded, every node with its line and column. Internal to
// the recipe room. Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/status.hpp"

namespace ophost {

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kFloat, kString, kList, kMap };
  Kind kind = Kind::kNull;
  bool boolean = false;
  bool plain = false;      // written without quotes
  bool loose = false;      // from the command line or the environment: a string key takes `text`
  bool fits = true;        // kInt: the value is `integer`; else only `number` and maybe `wide`
  bool wide_fits = false;  // kInt beyond int64 but within uint64: the value is `wide`
  std::int64_t integer = 0;
  std::uint64_t wide = 0;
  double number = 0;  // kFloat, and kInt rounded
  std::string
      text;  // kString: the value; other scalars: as written; overrides: the option's whole text
  std::vector<YamlNode> keys;   // kMap: keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // kList, kMap
  int line = 0, column = 0;     // 1-based; 0 = not from a file
  std::string option;           // "--np" when it came from the command line

  bool is(Kind k) const { return kind == k; }
  bool is_null() const { return kind == Kind::kNull; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_string() const { return kind == Kind::kString; }
  // The member's value, or NULL.
  const YamlNode* find(std::string_view key) const;
  // Sets or replaces a member of a map.
  void set(YamlNode key, YamlNode value);
  // The key as a JSON member name (Python's json.dumps: 1 -> "1", true -> "true").
  std::string key_text() const;
};

YamlNode yaml_string(std::string text);
YamlNode yaml_map();

// Types a plain scalar. False: it looks like a number but holds no digits (Python fails there as
// well).
bool type_plain_scalar(const std::string& text, YamlNode& node);

// How a person calls the value in a message: "the string 'abc'", "the integer 5", "a list".
std::string describe(const YamlNode& node);

// Environment for ${VAR} and ${VAR:-default} in string values; "$${" stands for "${".
using EnvLookup = const char* (*)(const char*);

// One document. `file` is for messages: "file:line:column: sentence" (kUsage). Bounds: 16 MiB,
// 200,000 nodes after aliases are expanded, 200 levels.
Result<YamlNode> parse_yaml(std::string_view bytes, const std::string& file, EnvLookup env);
// The same from JSON text.
Result<YamlNode> parse_json_recipe(std::string_view bytes, const std::string& file, EnvLookup env);

// Appends to `out`; integers beyond 64 bits are reported in `errors` as sentences without a place.
JsonValue to_json(const YamlNode& node, Json::AllocatorType& allocator,
                  std::vector<std::string>& errors);

}  // namespace ophost
