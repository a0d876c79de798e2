#include "host/recipe/resilience.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "host/base/text.hpp"

namespace ophost {
namespace {

const std::string kRetry = "retry", kBreaker = "circuit_breaker";
constexpr const char* kEvery = "Exception";  // Python's name for whatever may go wrong
const std::vector<std::string> kFailures = {"config", "input", "io", "limit", "unsupported", "internal", kEvery};

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return s;
}

// A number that may stand for `key`, written into one of two fields.
struct Field {
  const char* key;
  int* whole;
  double* real;
  double least;
};

std::string read_fields(const std::string& name, const JsonValue& json, const std::vector<Field>& fields,
                        const std::vector<std::string>& others) {
  std::vector<std::string> known = others;
  for (const Field& f : fields) known.emplace_back(f.key);
  for (const auto& m : json.GetObject()) {
    const std::string key = m.name.GetString();
    auto it = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return key == f.key; });
    if (it == fields.end()) {
      if (std::count(others.begin(), others.end(), key)) continue;
      return "'" + name + "' has no key '" + key + "'; known are " + join(known, ", ") + "." + did_you_mean(key, known);
    }
    const bool whole_number = m.value.IsInt();
    if (it->whole ? !whole_number : !m.value.IsNumber())
      return "'" + name + "." + key + "' must be " + (it->whole ? "an integer" : "a number") + ".";
    const double v = m.value.GetDouble();
    if (!(v >= it->least) || v > 1e9) return "'" + name + "." + key + "' must be at least " + std::to_string(static_cast<int>(it->least)) + ".";
    if (it->whole) *it->whole = m.value.GetInt();
    else *it->real = v;
  }
  return "";
}

template <class Config>
std::string from_preset(const std::string& name, const JsonValue& json, const std::map<std::string, Config>& presets, Config& out) {
  auto it = presets.find(upper(json.GetString()));
  if (it == presets.end()) {
    std::vector<std::string> names;
    for (const auto& [preset, value] : presets) names.push_back(preset);
    return "'" + name + "' must be a mapping or one of " + join(names, ", ") + ", not '" + json.GetString() + "'.";
  }
  out = it->second;
  return "";
}

}  // namespace

bool RetryConfig::retries(const std::string& failure) const {
  if (max_attempts < 2) return false;
  const auto& on = retry_on_exceptions;
  return std::count(on.begin(), on.end(), failure) || std::count(on.begin(), on.end(), kEvery);
}

double RetryConfig::delay(int failed, const std::function<double()>& unit) const {
  double d = std::min(max_delay_seconds, initial_delay_seconds * std::pow(backoff_multiplier, failed - 1));
  return std::max(0.0, d * (1 + jitter * unit()));
}

std::string RetryConfig::json() const {
  return JsonObject()
      .add("max_attempts", max_attempts)
      .add("initial_delay_seconds", initial_delay_seconds)
      .add("max_delay_seconds", max_delay_seconds)
      .add("backoff_multiplier", backoff_multiplier)
      .add("jitter", jitter)
      .add_raw("retry_on_exceptions", json_string_array(retry_on_exceptions))
      .text();
}

std::string CircuitBreakerConfig::json() const {
  return JsonObject()
      .add("failure_threshold", failure_threshold)
      .add("success_threshold", success_threshold)
      .add("timeout_seconds", timeout_seconds)
      .add("half_open_max_calls", half_open_max_calls)
      .text();
}

std::string read_retry(const JsonValue& json, RetryConfig& out) {
  static const std::map<std::string, RetryConfig> presets = {{"NO_RETRY", {.max_attempts = 1}},
                                                             {"DEFAULT", {}},
                                                             {"AGGRESSIVE", {5, 0.5, 60.0, 1.5, 0.25, {"io"}}},
                                                             {"CONSERVATIVE", {.max_attempts = 2, .initial_delay_seconds = 5, .max_delay_seconds = 30}}};
  if (json.IsString()) return from_preset(kRetry, json, presets, out);
  if (!json.IsObject()) return "'" + kRetry + "' must be a mapping or the name of a preset.";
  if (const JsonValue* list = get_member(json, "retry_on_exceptions")) {
    if (!list->IsArray()) return "'" + kRetry + ".retry_on_exceptions' must be a list.";
    out.retry_on_exceptions.clear();
    for (const auto& item : list->GetArray()) {
      if (!item.IsString() || !std::count(kFailures.begin(), kFailures.end(), item.GetString()))
        return "'" + kRetry + ".retry_on_exceptions' may name " + join(kFailures, ", ") + ".";
      out.retry_on_exceptions.emplace_back(item.GetString());
    }
  }
  return read_fields(kRetry, json,
                     {{"max_attempts", &out.max_attempts, nullptr, 1},
                      {"initial_delay_seconds", nullptr, &out.initial_delay_seconds, 0},
                      {"max_delay_seconds", nullptr, &out.max_delay_seconds, 0},
                      {"backoff_multiplier", nullptr, &out.backoff_multiplier, 1},
                      {"jitter", nullptr, &out.jitter, 0}},
                     {"retry_on_exceptions"});
}

std::string read_circuit_breaker(const JsonValue& json, CircuitBreakerConfig& out) {
  static const std::map<std::string, CircuitBreakerConfig> presets = {
      {"DEFAULT", {}}, {"SENSITIVE", {3, 2, 120, 1}}, {"RESILIENT", {10, 2, 30, 1}}};
  if (json.IsString()) return from_preset(kBreaker, json, presets, out);
  if (!json.IsObject()) return "'" + kBreaker + "' must be a mapping or the name of a preset.";
  return read_fields(kBreaker, json,
                     {{"failure_threshold", &out.failure_threshold, nullptr, 1},
                      {"success_threshold", &out.success_threshold, nullptr, 1},
                      {"timeout_seconds", nullptr, &out.timeout_seconds, 0},
                      {"half_open_max_calls", &out.half_open_max_calls, nullptr, 1}},
                     {});
}

}  // namespace ophost
