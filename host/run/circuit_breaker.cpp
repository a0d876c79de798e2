#include "host/run/circuit_breaker.hpp"

namespace ophost {

void CircuitBreaker::become(State state) {
  state_ = state;
  failures_ = successes_ = 0;
  if (state == State::kOpen) {
    opened_at_ = now_();
    ++openings_;
  }
  changed_(state);
}

bool CircuitBreaker::allow() {
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpen) {
    if (now_() - opened_at_ < config_.timeout_seconds) return false;
    become(State::kHalfOpen);
    under_way_ = 0;
  }
  if (state_ == State::kHalfOpen && under_way_ >= config_.half_open_max_calls) return false;
  ++under_way_;
  return true;
}

void CircuitBreaker::success() {
  std::lock_guard lock(mutex_);
  --under_way_;
  openings_ = 0;
  failures_ = 0;
  if (state_ == State::kHalfOpen && ++successes_ >= config_.success_threshold) become(State::kClosed);
}

void CircuitBreaker::failure() {
  std::lock_guard lock(mutex_);
  --under_way_;
  if (state_ == State::kOpen) return;
  if (state_ == State::kHalfOpen || ++failures_ >= config_.failure_threshold) become(State::kOpen);
}

void CircuitBreaker::undecided() {
  std::lock_guard lock(mutex_);
  --under_way_;
}

int CircuitBreaker::openings() const {
  std::lock_guard lock(mutex_);
  return openings_;
}

}  // namespace ophost
