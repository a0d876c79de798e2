// LMDB environments: transactions, growth, errors. See environment.hpp; opening is in
// environment_open.cpp.
#include "host/store/environment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/store/page_audit.hpp"

namespace ophost {

namespace {
MDB_val val(std::string_view s) {
  return {s.size(), const_cast<char*>(s.data())};
}
std::string_view view(const MDB_val& v) {
  return {static_cast<const char*>(v.mv_data), v.mv_size};
}
MDB_dbi index(Db db) {
  return static_cast<MDB_dbi>(db);
}
}  // namespace

// --- Transaction
// --------------------------------------------------------------------------------------------

Status Transaction::check(int rc, const char* doing) {
  if (rc == MDB_SUCCESS) return {};
  failed_ = rc;
  return environment_.explain(rc, doing);
}

Result<std::optional<std::string_view>> Transaction::get(Db db, std::string_view key) {
  MDB_val k = val(key), v;
  int rc = mdb_get(txn_, environment_.dbis_[index(db)], &k, &v);
  if (rc == MDB_NOTFOUND) return std::optional<std::string_view>();
  OPH_TRY(check(rc, "reading"));
  return std::optional<std::string_view>(view(v));
}

Status Transaction::check_old_value(Db db, std::string_view key) {
  OPH_ASSIGN(auto old, get(db, key));
  std::size_t page = environment_.page_bytes_;
  if (!old || !lies_in_overflow(key.size(), old->size(), page) ||
      overflow_header_holds(old->data(), old->size(), page))
    return {};
  return check(MDB_CORRUPTED, "freeing a value's pages");
}

Status Transaction::put(Db db, std::string_view key, std::string_view value) {
  OPH_TRY(check_old_value(db, key));
  MDB_val k = val(key), v = val(value);
  return check(mdb_put(txn_, environment_.dbis_[index(db)], &k, &v, 0), "writing");
}

Result<char*> Transaction::reserve(Db db, std::string_view key, std::size_t size) {
  OPH_TRY(check_old_value(db, key));
  MDB_val k = val(key), v{size, nullptr};
  OPH_TRY(check(mdb_put(txn_, environment_.dbis_[index(db)], &k, &v, MDB_RESERVE), "writing"));
  return static_cast<char*>(v.mv_data);
}

Result<bool> Transaction::erase(Db db, std::string_view key) {
  OPH_TRY(check_old_value(db, key));
  MDB_val k = val(key);
  int rc = mdb_del(txn_, environment_.dbis_[index(db)], &k, nullptr);
  if (rc == MDB_NOTFOUND) return false;
  OPH_TRY(check(rc, "erasing"));
  return true;
}

Status Transaction::scan(Db db, std::string_view from, const Visit& visit) {
  MDB_cursor* raw = nullptr;
  OPH_TRY(check(mdb_cursor_open(txn_, environment_.dbis_[index(db)], &raw), "reading"));
  std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> cursor(raw, mdb_cursor_close);
  MDB_val k = val(from), v;
  // LMDB has no empty keys: an empty `from` is the beginning.
  int rc = mdb_cursor_get(raw, &k, &v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (rc == MDB_SUCCESS) {
    OPH_ASSIGN(bool more, visit(view(k), view(v)));
    if (!more) return {};
    rc = mdb_cursor_get(raw, &k, &v, MDB_NEXT);
  }
  return rc == MDB_NOTFOUND ? Status() : check(rc, "reading");
}

Result<std::uint64_t> Transaction::entries(Db db) {
  MDB_stat stat{};
  OPH_TRY(check(mdb_stat(txn_, environment_.dbis_[index(db)], &stat), "reading"));
  return static_cast<std::uint64_t>(stat.ms_entries);
}

Result<std::uint64_t> Transaction::free_pages() {
  // Database 0 is LMDB's free list: transaction id → count, then that many page numbers.
  MDB_cursor* raw = nullptr;
  OPH_TRY(check(mdb_cursor_open(txn_, 0, &raw), "reading the free list"));
  std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> cursor(raw, mdb_cursor_close);
  std::uint64_t pages = 0;
  MDB_val k, v;
  int rc;
  while ((rc = mdb_cursor_get(raw, &k, &v, MDB_NEXT)) == MDB_SUCCESS) {
    std::size_t count = 0;
    if (v.mv_size >= sizeof count) std::memcpy(&count, v.mv_data, sizeof count);
    pages += count;
  }
  if (rc != MDB_NOTFOUND) OPH_TRY(check(rc, "reading the free list"));
  return pages;
}

// --- transactions of the environment
// -------------------------------------------------------------------------

Status Environment::begin(unsigned flags, MDB_txn** txn, std::shared_lock<Gate>& hold) {
  for (bool checked_readers = false;;) {
    hold = std::shared_lock<Gate>(gate_);
    std::uint64_t seen = map_bytes_;
    int rc = env_ == nullptr ? MDB_PANIC : mdb_txn_begin(env_, nullptr, flags, txn);
    if (rc == MDB_SUCCESS) return {};
    if (rc == MDB_READERS_FULL && !checked_readers) {
      int dead = 0;  // slots of processes that were killed
      mdb_reader_check(env_, &dead);
      checked_readers = true;
      continue;
    }
    hold.unlock();
    if (rc != MDB_MAP_RESIZED) return explain(rc, "beginning a transaction");
    OPH_TRY(grow(seen));  // another process made the file larger than our map
  }
}

Status Environment::read(const Body& body) {
  std::shared_lock<Gate> hold;
  MDB_txn* raw = nullptr;
  OPH_TRY(begin(MDB_RDONLY, &raw, hold));
  Transaction txn(*this, raw);
  Status status = body(txn);
  mdb_txn_abort(raw);
  // Reads are of a frame or a manifest each; some of them together are worth a look at the memory.
  if (reads_.fetch_add(1, std::memory_order_relaxed) % 16 == 15) release_pages();
  return status;
}

Status Environment::write(const Body& body) {
  if (read_only_) return Status::store(where() + " was opened for reading only");
  for (;;) {
    std::shared_lock<Gate> hold;
    MDB_txn* raw = nullptr;
    OPH_TRY(begin(0, &raw, hold));
    std::uint64_t seen = map_bytes_;
    Transaction txn(*this, raw);
    Status status = body(txn);
    if (status.ok()) {
      int rc = mdb_txn_commit(raw);
      if (rc == MDB_SUCCESS) {
        release_pages();
        return {};
      }
      status = txn.check(rc, "committing");
    } else {
      mdb_txn_abort(raw);
    }
    if (txn.failed_ != MDB_MAP_FULL) return status;
    hold.unlock();
    OPH_TRY(grow(seen));
  }
}

std::uint64_t Environment::larger_map() const {
  constexpr std::uint64_t kStep = 1u << 16;  // a multiple of every page size
  return (std::max(map_bytes_, file_bytes()) * 2 + kStep - 1) & ~(kStep - 1);
}

Status Environment::grow(std::uint64_t seen) {
  std::unique_lock<Gate> alone(gate_);
  if (map_bytes_ != seen || env_ == nullptr) return {};  // another thread was first
  int dead = 0;
  mdb_reader_check(env_, &dead);  // a killed reader keeps freed pages from being used again
  map_bytes_ = larger_map();
  if (mdb_env_set_mapsize(env_, map_bytes_) == MDB_SUCCESS) return {};
  // LMDB has unmapped already: only a new environment helps, with the largest map that can be had.
  close_map();
  OPH_TRY(open_map());
  if (map_bytes_ <= seen) return explain(MDB_MAP_FULL, "growing the map");
  return {};
}

// --- copies
// ---------------------------------------------------------------------------------------------------

Status Environment::copy_to(const std::string& path) {
  std::shared_lock<Gate> hold(gate_);
  return copy_locked(path);
}

Status Environment::copy_locked(const std::string& path) {
  if (env_ == nullptr) return explain(MDB_PANIC, "copying");
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd.valid()) return Status::os(Code::kStore, "cannot create '" + path + "'", errno);
  int rc = mdb_env_copyfd2(env_, fd.get(), MDB_CP_COMPACT);
  if (rc == MDB_SUCCESS && ::fsync(fd.get()) != 0) rc = errno;
  if (rc == MDB_SUCCESS) return {};
  ::unlink(path.c_str());
  return explain(rc, "copying to '" + path + "'");
}

Result<bool> Environment::compact() {
  if (read_only_) return Status::store(where() + " was opened for reading only");
  std::unique_lock<Gate> alone(gate_);
  if (env_ == nullptr) return explain(MDB_PANIC, "compacting");
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  // Changing our shared lock keeps it when another process holds one too.
  if (::fcntl(lock_.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    return Status::os(Code::kStore, "cannot lock '" + directory_ + "/store.lock'", errno);
  }
  bool others = false;
  std::string copy = data_path() + ".compact";
  ::unlink(copy.c_str());
  Status status = copy_locked(copy);
  if (status.ok()) {
    close_map();
    // Programs that do not know store.lock (mdb_stat) hold LMDB's own lock, on the first byte of
    // lock.mdb; asking is safe only now, while we hold none that closing the file would drop.
    Fd lmdb_lock(::open((directory_ + "/lock.mdb").c_str(), O_RDWR | O_CLOEXEC));
    struct flock first {};
    first.l_type = F_WRLCK;
    first.l_whence = SEEK_SET;
    first.l_len = 1;
    if (!lmdb_lock.valid() || ::fcntl(lmdb_lock.get(), F_SETLK, &first) != 0) {
      others = true;
      ::unlink(copy.c_str());
    } else {
      status = publish(copy, data_path());  // a kill leaves the old file or the new one, both whole
    }
    lmdb_lock.reset();
    Status opened = open_map();
    if (status.ok()) status = opened;
  }
  lock.l_type = F_RDLCK;
  if (::fcntl(lock_.get(), F_OFD_SETLK, &lock) != 0 && status.ok())
    status = Status::os(Code::kStore, "cannot lock '" + directory_ + "/store.lock'", errno);
  if (!status.ok()) return Status(Code::kStore, status.message());
  return !others;
}

std::uint64_t Environment::file_bytes() const {
  struct stat st {};
  return ::stat(data_path().c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
}

// --- errors
// ---------------------------------------------------------------------------------------------------

Status Environment::explain(int rc, const std::string& doing) const {
  std::string what = where() + ": " + doing + " failed: ";
  if (rc == EIO) {  // LMDB calls a short write EIO: mostly there was no more room
    constexpr std::uint64_t kNear = 64u << 20;
    struct statvfs fs {};
    struct rlimit limit {};
    if (::statvfs(directory_.c_str(), &fs) == 0 && fs.f_bavail * fs.f_frsize < kNear)
      rc = ENOSPC;
    else if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
             file_bytes() + kNear > limit.rlim_cur)
      rc = EFBIG;
  }
  switch (rc) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_DBI:
      return Status::store(
          what + "the file data.mdb is damaged (" + mdb_strerror(rc) +
          "). Move the folder away and run again: everything in it is computed anew; or put a "
          "backup in its place (ophost-dump backup makes them)");
    case MDB_VERSION_MISMATCH:
      return Status::store(
          what +
          "data.mdb was written by another version of LMDB. Use the ophost that wrote it, "
          "or move the folder away and run again");
    case MDB_PANIC:
      return Status::store(
          what +
          "an earlier write failed half-way and nothing more can be written. What was "
          "committed is safe: mend what that error named and start the command again");
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
      return Status::store(what + "the address space for it is used up (" +
                           std::to_string(map_bytes_ >> 20) +
                           " MiB). Raise `ulimit -v`, or free space with `ophost-dump gc`");
    case MDB_READERS_FULL:
      return Status::store(
          what +
          "too many processes and threads read it at once. Stop some monitors or dumps "
          "and try again");
    case MDB_TXN_FULL:
      return Status::store(what + "too much at once for one transaction. Use smaller partitions");
    case ENOSPC:
    case EDQUOT:
      return Status::store(
          what +
          "the disk is full. What was committed is safe: free space (`ophost-dump gc` may "
          "help) and run again to resume, or choose another --work_dir");
    case EFBIG:
      return Status::store(
          what +
          "the file may not grow further (`ulimit -f`, or the file system's limit). What "
          "was committed is safe: raise the limit and run again to resume");
    case EACCES:
    case EPERM:
      return Status::store(
          what +
          "permission denied. The folder and its files data.mdb, lock.mdb and store.lock "
          "must be readable and writable for this user (also to read: readers announce "
          "themselves in lock.mdb)");
    case EROFS:
      return Status::store(what + "the file system is read-only. Choose another --work_dir");
    case ENOMEM:
      return Status::store(what +
                           "no memory or address space. Raise `ulimit -v` or use fewer workers");
    case EIO:
      return Status::store(
          what +
          "the disk reports an error. What was committed before is safe if the disk "
          "recovers; check it (dmesg), then run again");
    case EAGAIN:
    case EBUSY:
      return Status::store(what + "another process is just creating or locking it. Try again");
    default:
      return Status::store(what + mdb_strerror(rc));
  }
}

void Environment::release_pages() const {
  // LMDB does not tell where its map lies; the kernel does, by the file's path. (Not by device and inode: overlay file
  // systems show others there.)
  char* real = ::realpath(data_path().c_str(), nullptr);
  if (real == nullptr) return;
  const std::string path = real;
  std::free(real);
  struct stat st {};
  auto maps = read_file("/proc/self/maps");
  if (!maps.ok() || ::stat(path.c_str(), &st) != 0) return;  // it is only memory that could have been given back
  for (const std::string& line : split(*maps, '\n')) {
    unsigned long begin = 0, end = 0;
    if (!line.ends_with(" " + path) || std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2) continue;
    const std::size_t size = std::min<std::size_t>(end - begin, static_cast<std::size_t>(st.st_size));
    (void)::madvise(reinterpret_cast<void*>(begin), size, MADV_DONTNEED);  // advice only
  }
}

}  // namespace ophost
