// What must never happen to a store: lost, torn or stale checkpoints, wrong data, two masters in
// one process.
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "host/base/text.hpp"
#include "host/store/layout.hpp"
#include "host/store/store_test_util.hpp"

namespace ophost {
namespace {

using namespace store_test;

// Every place in the file where `mark` stands.
std::vector<std::size_t> places(const std::string& file, const std::string& mark) {
  std::vector<std::size_t> out;
  for (std::size_t at = file.find(mark); at != std::string::npos; at = file.find(mark, at + 1))
    out.push_back(at);
  return out;
}

void write_raw(const std::string& path, const std::string& bytes) {
  auto fd = open_write(path);
  ASSERT_TRUE(fd.ok());
  ASSERT_OK(write_all(fd->get(), bytes, path));
}

// Memory that parent and child both see.
std::atomic<int>* shared_counters(std::size_t n) {
  void* p = ::mmap(nullptr, n * sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (p) std::atomic<int>[n]();
}

TEST(StoreFear, LostOrTornCommitAfterKill) {
  TempDir dir;
  std::atomic<int>* acknowledged = shared_counters(1);
  std::mt19937 random(7);
  constexpr int kKills = 25;
  StoreOptions options;
  options.memory_bytes = 256u << 10;  // commits of several transactions are torn too
  for (int kill = 0; kill < kKills; ++kill) {
    int first = acknowledged->load();
    pid_t child = spawn([&] {
      auto store = Store::open(dir / "store", options);
      if (!store.ok()) return 1;
      for (int i = first;; ++i) {
        bool large = i % 5 == 4;
        if (!put(**store, i, large ? 300000 : 20000, large ? 4 : 2, "job", "", large).ok())
          return 2;
        acknowledged->store(i + 1);
      }
    });
    // Every other child is killed at any time, while opening too; the others once they have
    // committed.
    while (kill % 2 == 0 && acknowledged->load() == first) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 40));
    ::kill(child, SIGKILL);
    ASSERT_EQ(wait_for(child), -SIGKILL);
    auto store = must_open(dir / "store", options);
    for (int i = 0; i < acknowledged->load(); ++i)
      ASSERT_TRUE(store->find(fingerprint(i)).ok() && store->find(fingerprint(i))->has_value())
          << "lost " << i;
    ASSERT_OK(store->for_each(
        false, [&](const BlobInfo& info) { return store->verify(info.fingerprint); }));
    ASSERT_TRUE(store->problems()->empty());
  }
  ASSERT_GT(acknowledged->load(), 0);
  auto store = must_open(dir / "store", options);
  for (int i = 0; i < acknowledged->load(); ++i) {
    bool large = i % 5 == 4;
    ASSERT_TRUE(holds(*store, i, large ? 300000 : 20000, large ? 4 : 2, large)) << i;
  }
}

TEST(StoreFear, SeveralBlobsOfOneCommitAppearTogetherOrNotAtAll) {
  TempDir dir;
  std::mt19937 random(3);
  std::atomic<int>* committed = shared_counters(1);
  for (int kill = 0; kill < 15; ++kill) {
    pid_t child = spawn([&] {
      auto store = Store::open(dir / "store");
      if (!store.ok()) return 1;
      for (int i = kill * 10000;; i += 2) {
        std::vector<PendingBlob> blobs(2);
        for (int k = 0; k < 2; ++k) {
          blobs[k].fingerprint = fingerprint(i + k);
          blobs[k].manifest = "{\"pair\":\"" + fingerprint(i + 1 - k).hex() + "\"}";
          blobs[k].frames = std::move(*(*store)->new_blob());
          if (!blobs[k].frames->append(content(i + k, 50000)).ok()) return 2;
        }
        if (!(*store)->commit(std::move(blobs), "job").ok()) return 3;
        committed->store(kill + 1);
      }
    });
    while (committed->load() != kill + 1) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
    ::kill(child, SIGKILL);
    wait_for(child);
  }
  auto store = must_open(dir / "store");
  int seen = 0;
  ASSERT_OK(store->for_each(false, [&](const BlobInfo& info) -> Status {
    auto pair = Fingerprint::from_hex(info.manifest.substr(9, 32));
    EXPECT_TRUE(pair && store->find(*pair)->has_value());
    ++seen;
    return store->verify(info.fingerprint);
  }));
  EXPECT_GT(seen, 0);
}

TEST(StoreFear, AFlippedBitInAFrameIsNamedAndNeverGivesWrongData) {
  TempDir dir;
  const int kBlobs = 6;
  {
    auto store = must_open(dir / "store");
    for (int i = 0; i < kBlobs; ++i) ASSERT_OK(put(*store, i, 30000, 2));
  }
  std::string good = *read_file(dir / "store/data.mdb");
  auto frames = places(good, "OPHF");
  ASSERT_GE(frames.size(), 2u * kBlobs);
  std::mt19937 random(11);
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    std::string bad = good;
    std::size_t at = frames[random() % frames.size()];
    std::uint64_t stored = store_layout::get_u64(good.data() + at + 16);
    bad[at + random() % (store_layout::kFrameHeaderBytes + stored)] ^=
        static_cast<char>(1u << random() % 8);
    write_raw(dir / "store/data.mdb", bad);
    auto store = must_open(dir / "store");
    int broken = 0;
    for (int i = 0; i < kBlobs; ++i) {
      Status verified = store->verify(fingerprint(i));
      auto bytes = get(*store, i);
      ASSERT_EQ(verified.ok(), bytes.ok());
      EXPECT_EQ(store->verify(fingerprint(i), false).ok(), bytes.ok());
      if (bytes.ok()) {
        ASSERT_TRUE(*bytes == whole(i, 30000, 2));
        continue;
      }
      ++broken;
      EXPECT_EQ(verified.code(), Code::kStore);
      EXPECT_NE(verified.message().find(fingerprint(i).hex()), std::string::npos)
          << verified.message();
      EXPECT_NE(verified.message().find("treated as missing"), std::string::npos)
          << verified.message();
      EXPECT_NE(verified.message().find("frame"), std::string::npos) << verified.message();
      ASSERT_OK(put(*store, i, 30000, 2));  // computed anew: the damaged one is replaced
      EXPECT_TRUE(holds(*store, i, 30000, 2));
    }
    EXPECT_LE(broken, 1);
    found += broken;
  }
  EXPECT_GT(found, 40);  // the rest hit frames on freed pages
}

TEST(StoreFear, AFlippedBitInAManifestIsNamed) {
  TempDir dir;
  {
    auto store = must_open(dir / "store");
    ASSERT_OK(put(*store, 1, 1000));
    ASSERT_OK(put(*store, 2, 1000, 1, "job", ",\"filler\":\"" + std::string(5000, 'x') + "\""));
  }
  std::string good = *read_file(dir / "store/data.mdb");
  for (int i : {1, 2}) {
    std::string bad = good;
    std::string mark("OPHM\0\1\0\0", 8);
    mark += fingerprint(i).view();
    auto at = places(good, mark);
    ASSERT_FALSE(at.empty());
    for (std::size_t p : at) bad[p + 60] ^= 4;
    write_raw(dir / "store/data.mdb", bad);
    auto store = must_open(dir / "store");
    auto info = store->find(fingerprint(i));
    ASSERT_FALSE(info.ok());
    EXPECT_NE(info.status().message().find(fingerprint(i).hex()), std::string::npos);
    auto problems = store->problems();
    ASSERT_TRUE(problems.ok());
    // LMDB leaves stale bytes in its pages: the mark may stand there too, before something else
    // that lives.
    std::string sentences = join(*problems, "\n");
    EXPECT_NE(sentences.find(fingerprint(i).hex()), std::string::npos) << sentences;
    EXPECT_TRUE(store->verify(fingerprint(3 - i)).ok());
    ASSERT_EQ(store->repair()->size(), problems->size());
    EXPECT_TRUE(store->problems()->empty());
    EXPECT_FALSE(store->find(fingerprint(i))->has_value());
    EXPECT_EQ(store->stat()->frames, 1u);
  }
}

TEST(StoreFear, AReaderSeesOnlyWholeBlobsWhileAnotherProcessWrites) {
  TempDir dir;
  must_open(dir / "store");
  std::atomic<int>* committed = shared_counters(1);
  StoreOptions small_map;  // the reader's map is too small for what the writer adds
  small_map.map_bytes = 1u << 20;
  small_map.read_only = true;
  auto reader = must_open(dir / "store", small_map);
  pid_t writer = spawn([&] {
    auto store =
        Store::open(dir / "store");  // its own registry: fork() happened with the parent's inside
    return store.ok() ? 0 : 9;
  });
  EXPECT_EQ(wait_for(writer),
            9);  // a forked process must not use LMDB of its parent, and is told so
  reader.reset();
  writer = spawn([&] {
    auto store = Store::open(dir / "store");
    if (!store.ok()) return 1;
    for (int i = 0; i < 40; ++i) {
      if (!put(**store, i, 200000, 1, "job", "", true).ok()) return 2;
      committed->store(i + 1);
    }
    return 0;
  });
  reader = must_open(dir / "store", small_map);
  for (int seen = 0; seen < 40;) {
    seen = committed->load();
    for (int i = 0; i < seen; ++i) ASSERT_TRUE(holds(*reader, i, 200000, 1, true));
  }
  EXPECT_EQ(wait_for(writer), 0);
}

TEST(StoreFear, TwoWritingProcessesLoseNothing) {
  TempDir dir;
  pid_t writers[2];
  for (int w = 0; w < 2; ++w)
    writers[w] = spawn([&, w] {
      StoreOptions options;
      options.map_bytes = w == 0 ? 0 : 1u << 20;
      options.memory_bytes = 100000;
      auto store = Store::open(dir / "store", options);
      if (!store.ok()) return 1;
      // Half of what they write is the same.
      for (int i = 0; i < 30; ++i)
        if (!put(**store, i % 2 == 0 ? i : i + 1000 * w, 60000, 3, "job" + std::to_string(w), "",
                 true)
                 .ok())
          return 2;
      return 0;
    });
  for (pid_t w : writers) EXPECT_EQ(wait_for(w), 0);
  auto store = must_open(dir / "store");
  EXPECT_EQ(store->stat()->blobs, 15u + 15 * 2);
  for (int w = 0; w < 2; ++w) {
    EXPECT_EQ(store->references("job" + std::to_string(w))->size(), 30u);
    for (int i = 0; i < 30; ++i) {
      int n = i % 2 == 0 ? i : i + 1000 * w;
      ASSERT_TRUE(holds(*store, n, 60000, 3, true));
    }
  }
}

TEST(StoreFear, AKilledWriterDoesNotHoldTheLock) {
  TempDir dir;
  must_open(dir / "store");
  for (int round = 0; round < 10; ++round) {
    std::atomic<int>* started = shared_counters(1);
    pid_t child = spawn([&] {
      auto store = Store::open(dir / "store");
      if (!store.ok()) return 1;
      for (int i = 0;; ++i) {
        if (!put(**store, i % 50, 100000, 1, "job", "", true).ok()) return 2;
        if (!(*store)->erase({fingerprint(i % 50)}).ok()) return 3;
        started->store(1);
      }
    });
    while (started->load() == 0) std::this_thread::yield();
    ::kill(child, SIGKILL);
    wait_for(child);
    auto store = must_open(dir / "store");
    ASSERT_OK(put(*store, 100 + round, 1000));
  }
}

TEST(StoreFear, ThreadsReadAndWriteWhileTheMapGrowsAndIsReplaced) {
  TempDir dir;
  StoreOptions options;
  options.map_bytes = 1u << 20;
  auto store = must_open(dir / "store", options);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        int n = t * 100 + i;
        if (!put(*store, n, 150000, 2, "job", "", true).ok()) ++failures;
        auto bytes = get(*store, n);
        if (!bytes.ok() || *bytes != whole(n, 150000, 2, true)) ++failures;
      }
    });
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) {
      if (!store->stat().ok() || !store->problems().ok()) ++failures;
      auto compacted = store->compact();
      if (!compacted.ok() || !*compacted) ++failures;
      if (!put(*store, 1000 + i, 100, 1, "").ok() || !store->collect_garbage().ok()) ++failures;
    }
  });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(store->stat()->blobs, 60u);
}

TEST(StoreFear, CompactionIsRefusedWhileAnotherProcessHasItOpen) {
  TempDir dir;
  must_open(dir / "store");
  std::atomic<int>* step = shared_counters(1);
  pid_t other = spawn([&] {
    StoreOptions read_only;
    read_only.read_only = true;
    auto store = Store::open(dir / "store", read_only);
    step->store(store.ok() ? 1 : -1);
    while (step->load() == 1) std::this_thread::yield();
    return 0;
  });
  while (step->load() == 0) std::this_thread::yield();
  ASSERT_EQ(step->load(), 1);
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 1000));
  EXPECT_FALSE(*store->compact());
  step->store(2);
  EXPECT_EQ(wait_for(other), 0);
  EXPECT_TRUE(*store->compact());
  EXPECT_TRUE(holds(*store, 1, 1000));
}

TEST(StoreFear, ASecondOpenInOneProcessIsRefused) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_EQ(::symlink((dir / "store").c_str(), (dir / "other").c_str()), 0);
  for (const char* name : {"store", "other"}) {
    auto second = Store::open(dir / name);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.status().message().find("open already"), std::string::npos);
  }
  store.reset();
  EXPECT_TRUE(Store::open(dir / "store").ok());
}

// Puts `value` under "format" in the store's meta database, as another ophost would have.
void set_format(const std::string& directory, const std::string& value) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, directory.c_str(), 0, 0666), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  ASSERT_EQ(mdb_dbi_open(txn, "meta", MDB_CREATE, &dbi), 0);
  MDB_val k{6, const_cast<char*>("format")}, v{value.size(), const_cast<char*>(value.data())};
  ASSERT_EQ(mdb_put(txn, dbi, &k, &v, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

TEST(StoreFear, ANewerOrDamagedFormatIsRefused) {
  TempDir dir;
  must_open(dir / "store");
  set_format(dir / "store", store_layout::encode_format(kStoreFormat + 1));
  for (bool read_only : {false, true}) {
    StoreOptions options;
    options.read_only = read_only;
    auto store = Store::open(dir / "store", options);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), Code::kStore);
    EXPECT_NE(store.status().message().find("newer ophost"), std::string::npos)
        << store.status().message();
  }
  std::string mark = store_layout::encode_format(kStoreFormat);
  mark[7] ^= 2;
  set_format(dir / "store", mark);
  EXPECT_FALSE(Store::open(dir / "store").ok());
  set_format(dir / "store", store_layout::encode_format(kStoreFormat));
  EXPECT_TRUE(Store::open(dir / "store").ok());
}

TEST(StoreFear, SomebodyElsesEnvironmentIsLeftAlone) {
  TempDir dir;
  std::string path = dir / "store";
  ASSERT_OK(make_directories(path));
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, path.c_str(), 0, 0666), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  ASSERT_EQ(mdb_dbi_open(txn, "theirs", MDB_CREATE, &dbi), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
  std::string before = *read_file(path + "/data.mdb");
  auto store = Store::open(path);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find("not an ophost store"), std::string::npos)
      << store.status().message();
  EXPECT_TRUE(*read_file(path + "/data.mdb") == before);
}

TEST(StoreFear, AFileThatMayNotGrowFailsInASentenceAndLosesNothing) {
  TempDir dir;
  pid_t child = spawn([&] {
    auto store = Store::open(dir / "store");
    if (!store.ok() || !put(**store, 1, 100000, 1, "job", "", true).ok()) return 1;
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit {};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 1u << 20;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Status status = put(**store, 2, 3u << 20, 1, "job", "", true);
    if (status.ok() || status.code() != Code::kStore) return 2;
    if (status.message().find("committed is safe") == std::string::npos) return 3;
    if (!(*store)->verify(fingerprint(1)).ok() || (*store)->find(fingerprint(2))->has_value())
      return 4;
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!put(**store, 2, 3u << 20, 1, "job", "", true).ok())
      return 5;  // goes on once there is room
    return 0;
  });
  EXPECT_EQ(wait_for(child), 0);
  auto store = must_open(dir / "store");
  EXPECT_TRUE(holds(*store, 1, 100000, 1, true));
  EXPECT_TRUE(holds(*store, 2, 3u << 20, 1, true));
}

TEST(StoreFear, AFileThatIsNoLmdbIsRefused) {
  TempDir dir;
  ASSERT_OK(make_directories(dir / "store"));
  for (const std::string& bytes :
       {std::string("hello"), std::string(100000, 'x'), std::string(8192, '\0')}) {
    write_raw(dir / "store/data.mdb", bytes);
    auto store = Store::open(dir / "store");
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), Code::kStore);
    EXPECT_TRUE(*read_file(dir / "store/data.mdb") == bytes);
  }
}

}  // namespace
}  // namespace ophost
