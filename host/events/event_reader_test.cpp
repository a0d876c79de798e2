// Event logs that grow while they are read, that a kill tore, and that lie about.
#include "host/events/event_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ophost {
namespace {

class EventReader : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ophost-events-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(folder_).ok()); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::app | std::ios::binary) << text;
    return folder_ + "/" + name;
  }
  static std::vector<std::string> lines(EventFile& file) {
    std::vector<std::string> out;
    EXPECT_TRUE(file.read([&](std::string_view l) {
      out.emplace_back(l);
      return true;
    }).ok());
    return out;
  }

  std::string folder_;
};

TEST_F(EventReader, FilesComeInTheOrderOfTheRuns) {
  for (const char* name : {"events_20260102_030405_10.jsonl", "events_20260102_030406.jsonl", "events_20260102_030405.jsonl",
                           "events_20260102_030405_2.jsonl", "events_20251231_235959_1.jsonl", "notes.jsonl", "events_x.txt"})
    write(name, "");
  JobRecord job;
  job.folder = folder_;
  job.summary.SetObject();
  std::vector<std::string> names;
  for (const std::string& path : event_files(job)) names.push_back(file_name(path));
  EXPECT_EQ(names, (std::vector<std::string>{"events_20251231_235959_1.jsonl", "events_20260102_030405.jsonl",
                                             "events_20260102_030405_2.jsonl", "events_20260102_030405_10.jsonl",
                                             "events_20260102_030406.jsonl"}));
}

TEST_F(EventReader, GivesWholeLinesOnceAndThoseThatCameSince) {
  EventFile file(write("e", "one\ntwo\nthr"));
  EXPECT_EQ(lines(file), (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(lines(file).empty());
  const std::string longer(1 << 20, 'x');  // longer than what is read at once
  write("e", "ee\n" + longer + "\n");
  EXPECT_EQ(lines(file), (std::vector<std::string>{"three", longer}));
  std::size_t seen = 0;
  EventFile again(folder_ + "/e");
  ASSERT_TRUE(again.read([&](std::string_view) { return ++seen < 2; }).ok());
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(lines(again).front(), "three");
}

TEST_F(EventReader, FindsTheLastOfAType) {
  std::string path = write("e", R"({"event_type":"heartbeat","seq":1})" "\n" R"({"event_type":"op_start","seq":2})" "\n");
  EXPECT_EQ(get_int(*last_event(path, "heartbeat"), "seq"), 1);
  write("e", R"({"event_type":"heartbeat","seq":3})" "\n");
  for (int i = 0; i < 20000; ++i) write("e", R"({"event_type":"record_quarantined","message":"{\"event_type\":\"heartbeat\"}"})" "\n");
  write("e", R"({"event_type":"heartbeat","seq":4)");  // torn
  EXPECT_EQ(get_int(*last_event(path, "heartbeat"), "seq"), 3);
  EXPECT_FALSE(last_event(path, "job_start").has_value());
  EXPECT_FALSE(last_event(folder_ + "/none", "heartbeat").has_value());
}

TEST_F(EventReader, FiltersByWhatAnEventIsAbout) {
  Json e = std::move(*parse_json(R"({"event_type":"op_start","timestamp":100.5,"partition_id":0,"operation_name":"a_filter","operation_idx":2})", "e"));
  Json job = std::move(*parse_json(R"({"event_type":"job_start","timestamp":100.5})", "e"));
  EXPECT_TRUE(EventFilter().matches(e));
  EventFilter f;
  f.op = "2";
  EXPECT_TRUE(f.matches(e));
  EXPECT_FALSE(f.matches(job));
  f.op = "0";
  EXPECT_FALSE(f.matches(job));  // has no operator, not operator 0
  f = {};
  f.partition = 0;
  EXPECT_TRUE(f.matches(e));
  EXPECT_FALSE(f.matches(job));
  f = {};
  f.since = 101;
  EXPECT_FALSE(f.matches(e));
  f = {{"job_start", "op_start"}, 0, "a_filter", 100, 101};
  EXPECT_TRUE(f.matches(e));
}

}  // namespace
}  // namespace ophost
