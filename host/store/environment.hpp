// One LMDB environment: opening it safely, transactions, growth of the map, compaction, and every
// LMDB error as a sentence. The only header that shows LMDB's types; used by host/store's own
// sources alone.
//
// Threads: all functions from many threads. A transaction lives inside one call of read() or
// write() and must not start another one (the map could not grow).
#pragma once

#include <lmdb.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "host/base/files.hpp"
#include "host/base/status.hpp"

namespace ophost {

enum class Db { kMeta, kManifests, kFrames, kJobs, kRefs };
constexpr std::size_t kDbs = 5;
constexpr const char* kDbNames[kDbs] = {"meta", "manifests", "frames", "jobs", "refs"};
constexpr std::string_view kFormatKey = "format";  // in meta

class Environment;

// A transaction in progress. Values point into the map: valid until the transaction ends or writes.
class Transaction {
 public:
  Result<std::optional<std::string_view>> get(Db db, std::string_view key);
  Status put(Db db, std::string_view key, std::string_view value);
  Result<char*> reserve(Db db, std::string_view key,
                        std::size_t size);          // MDB_RESERVE: fill it at once
  Result<bool> erase(Db db, std::string_view key);  // false: was not there
  // Visits keys from `from` on, in order, until `visit` says stop (false) or the end.
  using Visit = std::function<Result<bool>(std::string_view key, std::string_view value)>;
  Status scan(Db db, std::string_view from, const Visit& visit);
  Result<std::uint64_t> entries(Db db);
  // Pages on LMDB's free list as this transaction sees it.
  Result<std::uint64_t> free_pages();
  MDB_txn* raw() const { return txn_; }

 private:
  friend class Environment;
  Transaction(Environment& environment, MDB_txn* txn) : environment_(environment), txn_(txn) {}
  Status check(int rc, const char* doing);
  // Before a value is replaced or erased: LMDB would free as many pages as a damaged header says.
  Status check_old_value(Db db, std::string_view key);

  Environment& environment_;
  MDB_txn* txn_;
  int failed_ = 0;  // the last LMDB error, for write() to know a full map
};

// Many hold it shared (transactions), one alone (growing or replacing the map); waiting for it
// alone stops newcomers.
class Gate {
 public:
  void lock_shared() {
    std::lock_guard<std::mutex> turn(turn_);
    gate_.lock_shared();
  }
  void unlock_shared() { gate_.unlock_shared(); }
  void lock() {
    std::lock_guard<std::mutex> turn(turn_);
    gate_.lock();
  }
  void unlock() { gate_.unlock(); }

 private:
  std::mutex turn_;
  std::shared_mutex gate_;
};

class Environment {
 public:
  // `map_bytes` 0: the largest map the process can have.
  static Result<std::unique_ptr<Environment>> open(const std::string& directory, bool read_only,
                                                   std::uint64_t map_bytes);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  using Body = std::function<Status(Transaction&)>;
  Status read(const Body& body);
  // Commits when `body` returns ok. `body` is run again after the map has grown: it must be
  // repeatable.
  Status write(const Body& body);

  // A compacted, durable copy of the data at `path` (a file that does not exist yet).
  Status copy_to(const std::string& path);
  // Replaces the data by a compacted copy; false when another process has the store open.
  Result<bool> compact();

  // Takes the map's pages out of this process's memory. They stay in the system's cache and come back when touched, but
  // a run over a large store is not seen to need all of it.
  void release_pages() const;
  const std::string& directory() const { return directory_; }
  std::string data_path() const { return directory_ + "/data.mdb"; }
  bool read_only() const { return read_only_; }
  std::uint64_t file_bytes() const;
  std::uint64_t page_size() const { return page_bytes_; }
  // What LMDB's or the system's error `rc` means here and what to do about it. `doing`: "writing a
  // frame".
  Status explain(int rc, const std::string& doing) const;

 private:
  friend class Transaction;
  Environment(std::string directory, bool read_only, std::uint64_t map_bytes);
  Status start();     // everything of open() that can fail
  Status create_data();  // data.mdb with its databases, at once; fine when another process is first
  Status write_empty(const std::string& folder) const;  // <folder>/data.mdb, durable
  Status open_map();  // creates env_, with the largest map that can be had, and opens the databases
  Status try_map(std::uint64_t map_bytes, int& rc);
  Status audit();
  Status open_databases();
  Status check_format(MDB_txn* txn);
  void close_map();
  // mdb_txn_begin() while opening, when no other thread has the environment yet.
  int begin_opening(unsigned flags, MDB_txn** txn);
  std::uint64_t larger_map() const;
  Status grow(std::uint64_t seen_map_bytes);
  Status copy_locked(const std::string& path);
  Status begin(unsigned flags, MDB_txn** txn, std::shared_lock<Gate>& hold);
  std::string where() const { return "the store '" + directory_ + "'"; }

  std::string directory_;
  bool read_only_;
  std::uint64_t map_bytes_;  // wanted first; then the one in use
  bool registered_ = false;
  std::pair<std::uint64_t, std::uint64_t> identity_;  // device and inode of the directory
  Fd lock_;  // store.lock: shared while open, alone to compact
  Gate gate_;
  std::atomic<std::uint64_t> reads_{0};
  MDB_env* env_ = nullptr;
  std::uint64_t page_bytes_ = 0;  // never changes once open
  MDB_dbi dbis_[kDbs] = {};
};

// "NFS" and the like when files of that statfs() type cross a network, or "" (for the message, and
// for tests).
std::string network_file_system(long type);
// The same for FUSE file systems by their name in /proc/self/mountinfo ("fuse.sshfs").
bool is_network_fuse(std::string_view type);

}  // namespace ophost
