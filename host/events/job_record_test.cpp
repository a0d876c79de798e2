// Whether a job runs is not what it says but what its process does.
#include "host/events/job_record.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "host/base/files.hpp"

namespace ophost {
namespace {

class Record : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ophost-record-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_TRUE(write_file_atomic(folder_ + "/lock", "").ok());
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(folder_).ok()); }

  void summary(const std::string& status, const ProcessIdentity& who) {
    ASSERT_TRUE(write_file_atomic(folder_ + "/job_summary.json", JsonObject()
                                                                    .add("job_id", "j")
                                                                    .add("status", status)
                                                                    .add("start_time", 50.0)
                                                                    .add("run_start_time", 100.0)
                                                                    .add("duration", 7.0)  // of earlier runs
                                                                    .add("run_duration", 0.0)
                                                                    .add("run_attempt", 3)
                                                                    .add("pid", who.pid)
                                                                    .add("process_start_ticks", who.start_ticks)
                                                                    .add("boot_id", who.boot_id)
                                                                    .add("host", who.host)
                                                                    .add_raw("runs", "[]")
                                                                    .text())
                    .ok());
  }
  std::string state() {
    auto job = read_job(folder_);
    return job.ok() ? job->state : job.status().message();
  }
  std::string written() { return *read_file(folder_ + "/job_summary.json"); }

  std::string folder_;
};

TEST_F(Record, OfALivingProcessIsBelieved) {
  summary("running", this_process());
  EXPECT_EQ(state(), "running");
  const std::string before = written();
  settle_job(folder_);
  EXPECT_EQ(written(), before);
}

TEST_F(Record, OfADeadOneIsSettledOnce) {
  ProcessIdentity who = this_process();
  who.start_ticks += 1;
  summary("running", who);
  EXPECT_EQ(state(), "killed");
  settle_job(folder_);
  Json doc = std::move(*parse_json(written(), "summary"));
  EXPECT_EQ(get_string(doc, "status"), "killed");
  EXPECT_EQ(get_double(doc, "end_time"), 100.0);  // it left no event log: no sign of life after its start
  EXPECT_EQ(get_double(doc, "duration"), 7.0);
  ASSERT_EQ(doc["runs"].Size(), 1u);
  EXPECT_EQ(get_int(doc["runs"][0], "run"), 3);
  const std::string before = written();
  settle_job(folder_);
  EXPECT_EQ(written(), before);
}

TEST_F(Record, WithItsLockHeldIsLeftAlone) {
  ProcessIdentity who = this_process();
  who.boot_id = "another boot";
  summary("running", who);
  Fd lock(::open((folder_ + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(state(), "running");
  settle_job(folder_);
  EXPECT_EQ(get_string(*parse_json(written(), "s"), "status"), "running");
  lock.reset();
  EXPECT_EQ(state(), "killed");
}

TEST_F(Record, OfAnotherMachineIsLeftAlone) {
  ProcessIdentity who = this_process();
  who.host += "-not";
  summary("running", who);
  auto job = read_job(folder_);
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->state, "running");
  EXPECT_NE(job->note.find(who.host), std::string::npos);
}

TEST_F(Record, ThatSaidHowItEndedIsBelieved) {
  for (const char* status : {"completed", "failed", "stopped", "killed"}) {
    summary(status, this_process());
    EXPECT_EQ(state(), status);
  }
}

TEST_F(Record, ThatIsNoneIsNamed) {
  auto job = read_job(folder_);
  ASSERT_FALSE(job.ok());
  EXPECT_NE(job.status().message().find(folder_), std::string::npos);
  ASSERT_TRUE(write_file_atomic(folder_ + "/job_summary.json", "[1]").ok());
  EXPECT_FALSE(read_job(folder_).ok());
}

}  // namespace
}  // namespace ophost
