/* ophost/params.hpp: an operator's parameters as the host hands them over.
 *
 * The host has checked them against the operator's schema and filled the defaults in, so a getter
 * that throws points at a schema that does not describe what the constructor asks for, or at a
 * value no schema can refuse. Lives in a constructor; immutable; any thread. */
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ophost/json.hpp"

namespace ophost {

class Params {
 public:
  /** Parses one JSON object. Throws ConfigError when it is none. */
  explicit Params(std::string_view object) : text_(object) {
    json::for_each_member(text_, [&](const std::string& key, std::string_view raw) {
      values_.emplace_back(key, std::string(raw));
    });
  }

  bool has(std::string_view name) const { return find(name) != nullptr; }
  bool is_null(std::string_view name) const { return json(name) == "null"; }

  /** The raw JSON text of a parameter. */
  std::string_view json(std::string_view name) const {
    const std::string* raw = find(name);
    if (raw == nullptr) {
      throw ConfigError("parameter '" + std::string(name) +
                        "' is missing: the operator's schema should give it a default");
    }
    return *raw;
  }

  /** A whole number; 2.0 counts as one. */
  std::int64_t get_int(std::string_view name) const { return to_int(name, json(name)); }
  /** A number, whole or not. */
  double get_double(std::string_view name) const {
    const std::string_view raw = json(name);
    double v = 0;
    const auto end = std::from_chars(raw.data(), raw.data() + raw.size(), v);
    if (!is_number(raw) || end.ec != std::errc()) refuse(name, "a number", raw);
    return v;
  }
  bool get_bool(std::string_view name) const {
    const std::string_view raw = json(name);
    if (raw != "true" && raw != "false") refuse(name, "true or false", raw);
    return raw == "true";
  }
  std::string get_string(std::string_view name) const { return to_string(name, json(name)); }

  /** A list of strings; a single string counts as a list of one. */
  std::vector<std::string> get_strings(std::string_view name) const {
    const std::string_view raw = json(name);
    if (raw[0] == '"') return {json::decode_string(raw)};
    std::vector<std::string> out;
    if (raw[0] != '[') refuse(name, "a list of strings", raw);
    json::for_each_element(raw, [&](std::string_view e) { out.push_back(to_string(name, e)); });
    return out;
  }
  /** A list of whole numbers; a single number counts as a list of one. */
  std::vector<std::int64_t> get_ints(std::string_view name) const {
    const std::string_view raw = json(name);
    if (is_number(raw)) return {to_int(name, raw)};
    std::vector<std::int64_t> out;
    if (raw[0] != '[') refuse(name, "a list of whole numbers", raw);
    json::for_each_element(raw, [&](std::string_view e) { out.push_back(to_int(name, e)); });
    return out;
  }

  /** Names and raw JSON texts, in the order given. */
  const std::vector<std::pair<std::string, std::string>>& all() const { return values_; }

 private:
  const std::string* find(std::string_view name) const {
    for (const auto& [key, raw] : values_) {
      if (key == name) return &raw;
    }
    return nullptr;
  }
  static bool is_number(std::string_view raw) {
    return raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9');
  }
  [[noreturn]] static void refuse(std::string_view name, const char* expected,
                                  std::string_view raw) {
    throw ConfigError("parameter '" + std::string(name) + "': expected " + expected + ", got " +
                      std::string(raw));
  }
  static std::int64_t to_int(std::string_view name, std::string_view raw) {
    std::int64_t v = 0;
    const char* end = raw.data() + raw.size();
    const auto whole = std::from_chars(raw.data(), end, v);
    if (whole.ec == std::errc() && whole.ptr == end) return v;
    double d = 0;
    const auto real = std::from_chars(raw.data(), end, d);
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (!is_number(raw) || real.ec != std::errc() || real.ptr != end || d != std::floor(d) ||
        d < -kLimit || d >= kLimit) {
      refuse(name, "a whole number that fits 64 bits", raw);
    }
    return static_cast<std::int64_t>(d);
  }
  static std::string to_string(std::string_view name, std::string_view raw) {
    if (raw[0] != '"') refuse(name, "a string", raw);
    return json::decode_string(raw);
  }

  std::string text_;
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace ophost
