// Fears an operator that is called for ever although it never works, and one that is never called again although it does.
#include "host/run/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ophost {
namespace {

using State = CircuitBreaker::State;

struct CircuitBreakerTest : ::testing::Test {
  double now = 0;
  std::vector<State> seen;
  CircuitBreaker breaker{{.failure_threshold = 3, .success_threshold = 2, .timeout_seconds = 10, .half_open_max_calls = 1},
                         [this] { return now; }, [this](State s) { seen.push_back(s); }};
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(breaker.allow());
      breaker.failure();
    }
  }
};

TEST_F(CircuitBreakerTest, OpensAfterConsecutiveFailuresOnly) {
  fail(2);
  ASSERT_TRUE(breaker.allow());
  breaker.success();
  fail(2);
  EXPECT_TRUE(seen.empty());
  fail(1);
  EXPECT_EQ(seen, (std::vector<State>{State::kOpen}));
  EXPECT_FALSE(breaker.allow());
  now = 9.9;
  EXPECT_FALSE(breaker.allow());
}

TEST_F(CircuitBreakerTest, HalfOpenLetsOneThroughAndClosesAfterTwo) {
  fail(3);
  now = 10;
  ASSERT_TRUE(breaker.allow());
  EXPECT_FALSE(breaker.allow());
  breaker.success();
  ASSERT_TRUE(breaker.allow());
  breaker.success();
  EXPECT_EQ(seen, (std::vector<State>{State::kOpen, State::kHalfOpen, State::kClosed}));
  EXPECT_TRUE(breaker.allow());
  EXPECT_TRUE(breaker.allow());
}

TEST_F(CircuitBreakerTest, AFailureHalfOpenOpensItAgain) {
  for (int n = 1; n <= 3; ++n) {
    if (n == 1) fail(3);
    else fail(1);
    EXPECT_EQ(breaker.openings(), n);
    now += 10;
  }
  ASSERT_TRUE(breaker.allow());
  breaker.undecided();
  ASSERT_TRUE(breaker.allow());
  breaker.success();
  EXPECT_EQ(breaker.openings(), 0);
}

}  // namespace
}  // namespace ophost
