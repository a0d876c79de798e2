// The interval of Data-Juicer's filters, in all its corners.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ophost/ophost.hpp"

using ophost::Interval;
using ophost::Params;

namespace {

Interval range(const std::string& bounds, bool reversed = false, bool min_closed = true,
               bool max_closed = true) {
  const auto flag = [](bool b) { return b ? "true" : "false"; };
  return Interval(Params("{" + bounds + ",\"max_closed_interval\":" + flag(max_closed) +
                         ",\"min_closed_interval\":" + flag(min_closed) +
                         ",\"reversed_range\":" + flag(reversed) + "}"),
                  "min", "max");
}

TEST(Interval, ClosedByDefault) {
  const Interval i = range(R"("max":5,"min":2)");
  EXPECT_FALSE(i.keep(std::int64_t{1}));
  EXPECT_TRUE(i.keep(std::int64_t{2}));
  EXPECT_TRUE(i.keep(std::int64_t{5}));
  EXPECT_FALSE(i.keep(std::int64_t{6}));
  EXPECT_FALSE(i.keep(1.9999999));
  EXPECT_TRUE(i.keep(2.0));
  EXPECT_FALSE(i.keep(5.0000001));
}

TEST(Interval, OpenSides) {
  EXPECT_FALSE(range(R"("max":5,"min":2)", false, false).keep(2.0));
  EXPECT_TRUE(range(R"("max":5,"min":2)", false, false).keep(5.0));
  EXPECT_FALSE(range(R"("max":5,"min":2)", false, true, false).keep(5.0));
}

// reversed_range flips both closed flags and then negates: boundary values are kept in both forms.
TEST(Interval, ReversedKeepsTheBoundaries) {
  const Interval i = range(R"("max":5,"min":2)", true);
  EXPECT_TRUE(i.keep(std::int64_t{1}));
  EXPECT_TRUE(i.keep(std::int64_t{2}));
  EXPECT_FALSE(i.keep(std::int64_t{3}));
  EXPECT_TRUE(i.keep(std::int64_t{5}));
  EXPECT_FALSE(range(R"("max":5,"min":2)", true, false).keep(2.0)) << "open and reversed drops it";
}

TEST(Interval, NullIsNoBound) {
  EXPECT_TRUE(range(R"("max":null,"min":2)").keep(1e300));
  EXPECT_TRUE(range(R"("max":null,"min":null)").keep(-1e300));
  EXPECT_FALSE(range(R"("max":null,"min":null)", true).keep(0.0)) << "everything is inside";
}

TEST(Interval, NanIsOutside) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(range(R"("max":5,"min":2)").keep(nan));
  EXPECT_TRUE(range(R"("max":5,"min":2)", true).keep(nan));
}

TEST(Interval, MinAboveMaxKeepsNothing) {
  EXPECT_FALSE(range(R"("max":2,"min":5)").keep(3.0));
  EXPECT_TRUE(range(R"("max":2,"min":5)", true).keep(3.0));
}

TEST(Interval, ComparesWholeNumbersAndFractionsExactly) {
  const std::int64_t big = 9007199254740993;  // 2^53 + 1: as a double it would be 2^53
  EXPECT_FALSE(range(R"("max":9007199254740992,"min":0)").keep(big));
  EXPECT_FALSE(range(R"("max":9007199254740992.0,"min":0)").keep(big));
  EXPECT_TRUE(
      range(R"("max":9223372036854775807,"min":0)").keep(std::numeric_limits<std::int64_t>::max()));
  EXPECT_FALSE(range(R"("max":9223372036854775807,"min":0)").keep(9223372036854775808.0));
  EXPECT_TRUE(range(R"("max":2.5,"min":1.5)").keep(std::int64_t{2}));
  EXPECT_FALSE(range(R"("max":2.5,"min":1.5)").keep(std::int64_t{1}));
  EXPECT_FALSE(range(R"("max":2.5,"min":-1.5)").keep(std::int64_t{-2}));
  EXPECT_TRUE(range(R"("max":1e300,"min":-1e300)").keep(std::numeric_limits<std::int64_t>::min()));
}

}  // namespace
