// Damage anywhere in data.mdb: found, named, recomputed or refused; never wrong data, never a
// crash.
#include <random>

#include "host/store/environment.hpp"
#include "host/store/store_test_util.hpp"

namespace ophost {
namespace {

using namespace store_test;

// Sanitizers take long to map and unmap the usual size a thousand times.
constexpr StoreOptions kSmallMap{.map_bytes = 64u << 20};
#if defined(__SANITIZE_THREAD__)
constexpr int kRounds = 100;
#else
constexpr int kRounds = 500;
#endif
constexpr int kBlobs = 40;
std::size_t size_of(int i) {
  return i % 8 == 0 ? 60000 : i % 3 == 0 ? 3000 : 200;
}

// A store with some of everything: several levels, values in leaves and in overflow pages, free
// pages, jobs.
std::string make_store(const std::string& directory) {
  auto store = must_open(directory, kSmallMap);
  EXPECT_TRUE(store->put_job("job", "{\"status\":\"" + std::string(3000, 'x') + "\"}").ok());
  for (int i = 0; i < kBlobs; ++i)
    EXPECT_TRUE(put(*store, i, size_of(i), 1 + i % 3, i % 2 ? "job" : "other",
                    i % 5 == 0 ? ",\"filler\":\"" + std::string(3000, 'y') + "\"" : "", i % 2 == 0)
                    .ok());
  for (int i = 100; i < 110; ++i) EXPECT_TRUE(put(*store, i, 9000, 1, "", "", true).ok());
  EXPECT_TRUE(
      store->erase({fingerprint(100), fingerprint(103), fingerprint(104), fingerprint(109)}).ok());
  store.reset();
  return *read_file(directory + "/data.mdb");
}

// Uses a store as runs do. Returns whether it could be opened. Whatever it gives must be right.
bool use(const std::string& directory, int& missing) {
  auto opened = Store::open(directory, kSmallMap);
  if (!opened.ok()) {
    EXPECT_EQ(opened.status().code(), Code::kStore);
    EXPECT_NE(opened.status().message().find("damaged"), std::string::npos)
        << opened.status().message();
    return false;
  }
  Store& store = **opened;
  auto right = [&](int i) {
    auto bytes = get(store, i);
    if (bytes.ok()) {
      EXPECT_TRUE(*bytes == whole(i, size_of(i), 1 + i % 3, i % 2 == 0))
          << "wrong data in blob " << i;
      auto info = store.find(fingerprint(i));
      EXPECT_EQ((*info)->manifest.find("{\"n\":" + std::to_string(i)), 0u);
      return true;
    }
    EXPECT_EQ(bytes.status().code(), Code::kStore);
    return false;
  };
  std::vector<int> lost;
  for (int i = 0; i < kBlobs; ++i)
    if (!right(i)) lost.push_back(i);
  auto job = store.get_job("job");
  if (job.ok() && *job) {
    EXPECT_EQ(**job, "{\"status\":\"" + std::string(3000, 'x') + "\"}");
  }
  (void)store.references("other").ok();
  (void)store.jobs().ok();
  (void)store.stat().ok();
  (void)store
      .for_each(true,
                [&](const BlobInfo& info) {
                  (void)store.verify(info.fingerprint).ok();
                  return Status();
                })
      .ok();
  auto problems = store.problems();
  EXPECT_TRUE(problems.ok());
  missing += static_cast<int>(lost.size());
  // Computes the lost ones anew and some more, and collects garbage: nothing that is kept may
  // suffer.
  for (int i : lost) (void)put(store, i, size_of(i), 1 + i % 3, "job", "", i % 2 == 0).ok();
  for (int i = 200; i < 203; ++i) (void)put(store, i, 20000, 1, "job", "", true).ok();
  (void)store.repair().ok();
  (void)store.collect_garbage().ok();
  for (int i = 0; i < kBlobs; ++i) right(i);
  return true;
}

TEST(StoreDamage, AFlippedBitAnywhereIsNeverWrongData) {
  TempDir dir(kInMemory);
  std::string good = make_store(dir / "store");
  std::mt19937 random(20240229);
  int refused = 0, missing = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string bad = good;
    std::size_t at = random() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1u << random() % 8));
    ASSERT_TRUE(write_file_atomic(dir / "store/data.mdb", bad).ok());
    refused += !use(dir / "store", missing);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round << ", byte " << at << " (page "
                                                << at / 4096 << ", offset " << at % 4096 << ")";
  }
  EXPECT_GT(missing, 0);
}

// The bytes that LMDB itself trusts: the heads of all pages and the whole of the small trees.
TEST(StoreDamage, AChangedByteInAPageHeadIsNeverWrongData) {
  TempDir dir(kInMemory);
  std::string good = make_store(dir / "store");
  std::mt19937 random(5);
  int refused = 0, missing = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string bad = good;
    std::size_t page = random() % (good.size() / 4096);
    std::size_t at = page * 4096 + random() % (page < 2 ? 152 : 40);
    bad[at] = static_cast<char>(random());
    ASSERT_TRUE(write_file_atomic(dir / "store/data.mdb", bad).ok());
    refused += !use(dir / "store", missing);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round << ", byte " << at << " (page "
                                                << at / 4096 << ", offset " << at % 4096 << ")";
  }
  EXPECT_GT(refused, kRounds / 50);  // most pages are free or hold frames
}

TEST(StoreDamage, AFileCutShortIsRefusedOrWhole) {
  TempDir dir(kInMemory);
  std::string good = make_store(dir / "store");
  std::mt19937 random(9);
  int refused = 0, missing = 0;
  for (int round = 0; round < 40; ++round) {
    std::size_t keep = round < 20 ? random() % good.size() : good.size() - 1 - random() % 8192;
    ASSERT_TRUE(write_file_atomic(dir / "store/data.mdb", good.substr(0, keep)).ok());
    if (keep == 0) continue;
    refused += !use(dir / "store", missing);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "cut to " << keep;
  }
  EXPECT_GT(refused, 20);
}

TEST(StoreDamage, AWholeStoreIsNeverRefused) {
  TempDir dir(kInMemory);
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    auto store = must_open(dir / "store", kSmallMap);  // audits what the round before left
    for (int k = 0; k < 8; ++k) {
      int i = static_cast<int>(random() % 300);
      Status done = random() % 3 == 0 ? store->erase({fingerprint(i)})
                                      : put(*store, i, 10 + random() % 20000, 1 + random() % 20,
                                            "job" + std::to_string(i % 7), "", random() % 2);
      ASSERT_OK(done);
    }
    if (random() % 4 == 0) {
      ASSERT_OK(store->remove_job("job" + std::to_string(random() % 7)));
      ASSERT_OK(store->collect_garbage().status());
    }
  }
}

}  // namespace
}  // namespace ophost
