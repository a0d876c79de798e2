// What people write for a stretch of time.
#include "host/base/duration.hpp"

#include <gtest/gtest.h>

namespace ophost {

TEST(Duration, IsReadAsWritten) {
  for (auto [text, seconds] : {std::pair("90", 90.0), {"30s", 30.0}, {"90m", 5400.0}, {"4h", 14400.0}, {"2h30m", 9000.0},
                               {"1d", 86400.0}, {"1.5h", 5400.0}, {"0.5s", 0.5}, {"1h0m1s", 3601.0}, {"10min", 600.0}}) {
    auto d = parse_duration(text);
    ASSERT_TRUE(d.ok()) << text;
    EXPECT_DOUBLE_EQ(*d, seconds) << text;
  }
}

TEST(Duration, NothingElseIs) {
  for (const char* text : {"", "h", "-1h", "0", "0s", "4 h", "4x", "30m2h", "1h1h", "2h30", "inf", "nan", "1e400s", "4hh", "99999999999"})
    EXPECT_FALSE(parse_duration(text).ok()) << text;
}

}  // namespace ophost
