// Tests of my_filter. run() repeats every run in other batch sizes and with rows dropped earlier,
// and throws when the operator does not keep what it promises.
#include <gtest/gtest.h>

#include "ophost/testing.hpp"

using ophost::testing::Harness;

TEST(MyFilter, CountsLines) {
  Harness filter(oph_plugin_entry, "my_filter", R"({"min_num": 2})");
  const auto result = filter.run({"", "one", "one\ntwo"});
  EXPECT_EQ(result.i64("num_lines"), (std::vector<std::optional<std::int64_t>>{0, 1, 2}));
  EXPECT_EQ(result.kept, (std::vector<bool>{false, false, true}));
}

TEST(MyFilter, CanBeReversed) {
  Harness filter(oph_plugin_entry, "my_filter", R"({"min_num": 2, "reversed_range": true})");
  EXPECT_EQ(filter.run({"one", "one\ntwo\nthree"}).kept, (std::vector<bool>{true, false}));
}
