// A circuit breaker per operator: one that takes its worker down at every call, without a single one that came back, is not
// asked again at once. Names, states and defaults are pyspark-pipeline-framework's. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "host/recipe/recipe.hpp"

namespace ophost {

class CircuitBreaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };
  // `now` gives seconds of a clock that only goes forward; `changed` is called (with the lock held) after a change of state.
  CircuitBreaker(const CircuitBreakerConfig& config, std::function<double()> now, std::function<void(State)> changed)
      : config_(config), now_(std::move(now)), changed_(std::move(changed)) {}

  // May a call begin? Half open, only half_open_max_calls may be under way. Every call that may is followed by one of the
  // three below.
  bool allow();
  void success();
  void failure();
  void undecided();  // it was cut off for a reason of its own
  // How often it opened since the last success.
  int openings() const;

 private:
  void become(State state);
  const CircuitBreakerConfig config_;
  const std::function<double()> now_;
  const std::function<void(State)> changed_;
  mutable std::mutex mutex_;
  State state_ = State::kClosed;
  int failures_ = 0, successes_ = 0, under_way_ = 0, openings_ = 0;
  double opened_at_ = 0;
};

}  // namespace ophost
