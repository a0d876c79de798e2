// A process's number alone is not the process.
#include "host/base/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ophost {

TEST(Process, IsTheOneThatStartedThen) {
  ProcessIdentity me = this_process();
  EXPECT_EQ(me.pid, ::getpid());
  EXPECT_GT(me.start_ticks, 0u);
  EXPECT_EQ(process_state(me), ProcessState::kRunning);
  ProcessIdentity later = me;
  later.start_ticks += 1;  // another process that got the same number
  EXPECT_EQ(process_state(later), ProcessState::kGone);
  ProcessIdentity rebooted = me;
  rebooted.boot_id = "another boot";
  EXPECT_EQ(process_state(rebooted), ProcessState::kGone);
  ProcessIdentity elsewhere = me;
  elsewhere.host = me.host + "-not";
  EXPECT_EQ(process_state(elsewhere), ProcessState::kElsewhere);
}

TEST(Process, AZombieDoesNotRun) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  ProcessIdentity dead = process_of(child);
  EXPECT_GT(dead.start_ticks, 0u);  // it is still in the table
  EXPECT_EQ(process_state(dead), ProcessState::kGone);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace ophost
