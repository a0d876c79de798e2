// What progress foretells does not hang on the clock: only on what was done, and how the rest is weighed.
#include <gtest/gtest.h>
#include <unistd.h>

#include "host/events/events.hpp"

namespace ophost {

TEST(Progress, WeighsWhatIsDone) {
  Progress p(Progress::Style::kOff, 0);
  p.restart("two passes", {{100, 9}, {100, 1}}, 2);
  EXPECT_EQ(p.snapshot().bytes_total, 200u);
  EXPECT_EQ(p.snapshot().share, 0);
  p.add(50, 5);
  EXPECT_DOUBLE_EQ(p.snapshot().share, 0.45);
  p.add(50, 5);
  EXPECT_DOUBLE_EQ(p.snapshot().share, 0.9);
  p.begin_stretch(1);
  EXPECT_DOUBLE_EQ(p.snapshot().share, 0.9);
  p.add(100, 3);
  ProgressSnapshot s = p.snapshot();
  EXPECT_DOUBLE_EQ(s.share, 1);
  EXPECT_EQ(s.records, 13u);
  EXPECT_EQ(s.eta_seconds, 0);
}

TEST(Progress, AQuickPassToComeTakesLittle) {
  Progress even(Progress::Style::kOff, 0), quick(Progress::Style::kOff, 0);
  even.restart("", {{100, 1}, {100, 1}}, 1);
  quick.restart("", {{100, 1e6}, {100, 1}}, 1);
  EXPECT_LT(even.snapshot().eta_seconds, 0);  // not known
  for (Progress* p : {&even, &quick}) {
    ::usleep(2000);
    p->add(50, 1);
  }
  // What remains of the first pass takes as long as its first half did; the second is foretold by weight.
  ProgressSnapshot s = quick.snapshot();
  EXPECT_GT(s.eta_seconds, 0);
  EXPECT_LT(s.eta_seconds, 1.01 * s.seconds);
  EXPECT_GT(even.snapshot().eta_seconds, 0);
}

TEST(Progress, WorkBeyondWhatWasCountedIsNoMoreThanAll) {
  Progress p(Progress::Style::kOff, 10);
  p.add(25, 1);
  EXPECT_EQ(p.snapshot().share, 1);
  EXPECT_EQ(p.snapshot().eta_seconds, 0);
  p.begin_stretch(7);  // there is none
  p.restart("again", 0);
  EXPECT_EQ(p.snapshot().share, 0);
  EXPECT_LT(p.snapshot().eta_seconds, 0);
}

}  // namespace ophost
