// Making a store: whenever the process is killed there is a whole one or none, and two that make it at once share it.
#include <signal.h>

#include <filesystem>
#include <random>
#include <thread>

#include "host/store/store_test_util.hpp"

namespace ophost::store_test {
namespace {

std::size_t in_the_making(const std::string& folder) {
  std::size_t n = 0;
  std::error_code ec;
  for (const auto& e : std::filesystem::directory_iterator(folder, ec))
    n += e.path().filename().string().starts_with("data.mdb.new.");
  return n;
}

TEST(StoreCreate, AKillLeavesAWholeStoreOrNone) {
  std::mt19937 random(20240607);
  int none = 0, whole = 0;
  for (int i = 0; i < 150; ++i) {
    TempDir dir(kInMemory);
    std::string path = dir / "store";
    pid_t child = spawn([&] { return Store::open(path).ok() ? 0 : 1; });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    StoreOptions only_read;
    only_read.read_only = true;
    auto seen = Store::open(path, only_read);
    bool there = exists(path + "/data.mdb");
    EXPECT_EQ(seen.ok(), there) << (seen.ok() ? "" : seen.status().message());
    (there ? whole : none) += 1;
    if (seen.ok()) {
      EXPECT_TRUE((*seen)->problems()->empty());
      seen->reset();
    }
    auto store = Store::open(path);
    ASSERT_TRUE(store.ok()) << store.status().message();
    EXPECT_TRUE(put(**store, 1, 1000).ok());
    if (!there) {
      EXPECT_EQ(in_the_making(path), 0u) << "what the killed process left is still there";
    }
  }
  EXPECT_GT(none + whole, 0);
}

TEST(StoreCreate, ProcessesThatMakeItAtOnceShareIt) {
  for (int i = 0; i < 20; ++i) {
    TempDir dir(kInMemory);
    std::string path = dir / "store";
    std::vector<pid_t> children;
    for (int k = 0; k < 6; ++k)
      children.push_back(spawn([&, k] {
        auto store = Store::open(path);
        if (!store.ok()) std::fprintf(stderr, "%s\n", store.status().message().c_str());
        return store.ok() && put(**store, k, 1000).ok() ? 0 : 1;
      }));
    for (pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    auto store = Store::open(path);
    ASSERT_TRUE(store.ok()) << store.status().message();
    for (int k = 0; k < 6; ++k) EXPECT_TRUE((*store)->verify(fingerprint(k)).ok()) << "what process " << k << " committed is gone";
    EXPECT_EQ(in_the_making(path), 0u);
  }
}

}  // namespace
}  // namespace ophost::store_test
