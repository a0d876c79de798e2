// How often something that failed is tried again, and when an operator is left alone: pyspark-pipeline-framework's keys,
// presets and defaults, given per operator as `retry:` and `circuit_breaker:`. Values; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/base/json.hpp"

namespace ophost {

struct RetryConfig {
  int max_attempts = 3;  // the first included
  double initial_delay_seconds = 1.0, max_delay_seconds = 60.0, backoff_multiplier = 2.0;
  double jitter = 0.25;  // share of the delay by which it varies
  // Failures of a record that are tried again, by the names of the ABI's OPH_E_ codes: config, input, io, limit, unsupported,
  // internal; or Exception for all of them.
  std::vector<std::string> retry_on_exceptions = {"io"};

  bool retries(const std::string& failure) const;
  // Seconds before attempt `failed` + 1; `unit` gives a number in [-1, 1].
  double delay(int failed, const std::function<double()>& unit) const;
  std::string json() const;
};

struct CircuitBreakerConfig {
  int failure_threshold = 5, success_threshold = 2;
  double timeout_seconds = 60.0;
  int half_open_max_calls = 1;
  std::string json() const;
};

// From a mapping, or the name of a preset (NO_RETRY, DEFAULT, AGGRESSIVE, CONSERVATIVE; DEFAULT, SENSITIVE, RESILIENT).
// Returns what is wrong with it, as a sentence, or "".
std::string read_retry(const JsonValue& json, RetryConfig& out);
std::string read_circuit_breaker(const JsonValue& json, CircuitBreakerConfig& out);

}  // namespace ophost
