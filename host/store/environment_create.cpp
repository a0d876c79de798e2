// Making a store where there is none. See environment.hpp.
//
// The file is made whole (databases and format, on the disk) in a folder of its own and only then gets its place, so that
// nobody ever sees an environment without databases, whenever a process is killed. (A folder and not another name:
// LMDB would write into the file that its name was not data.mdb.)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "host/store/environment.hpp"
#include "host/store/layout.hpp"
#include "host/store/store.hpp"

namespace ophost {

namespace {

constexpr std::uint64_t kFirstMap = std::uint64_t{1} << 20;  // of the file in the making alone

// Takes away what killed processes left in the making. Whoever is at it holds a lock on its folder.
void sweep(const std::string& directory, const std::string& prefix) {
  std::error_code ec;
  for (std::filesystem::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec)) {
    std::string path = it->path().string();
    if (!path.starts_with(prefix)) continue;
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) (void)remove_tree(path);
  }
}

// Is `folder` still the one that was opened?
bool is_at(int fd, const std::string& folder) {
  struct stat opened {}, there {};
  return ::fstat(fd, &opened) == 0 && ::stat(folder.c_str(), &there) == 0 && opened.st_ino == there.st_ino &&
         opened.st_dev == there.st_dev;
}

}  // namespace

Status Environment::write_empty(const std::string& folder) const {
  MDB_env* raw = nullptr;
  int rc = mdb_env_create(&raw);
  std::unique_ptr<MDB_env, void (*)(MDB_env*)> env(raw, mdb_env_close);
  MDB_txn* txn = nullptr;
  if (rc == MDB_SUCCESS) rc = mdb_env_set_mapsize(raw, kFirstMap);
  if (rc == MDB_SUCCESS) rc = mdb_env_set_maxdbs(raw, kDbs);
  if (rc == MDB_SUCCESS) rc = mdb_env_open(raw, folder.c_str(), MDB_NOLOCK, 0666);
  if (rc == MDB_SUCCESS) rc = mdb_txn_begin(raw, nullptr, 0, &txn);
  MDB_dbi dbi = 0, meta = 0;
  for (std::size_t i = 0; i < kDbs && rc == MDB_SUCCESS; ++i) {
    rc = mdb_dbi_open(txn, kDbNames[i], MDB_CREATE, &dbi);
    if (i == 0) meta = dbi;
  }
  if (rc == MDB_SUCCESS) {
    std::string mark = store_layout::encode_format(kStoreFormat), name(kFormatKey);
    MDB_val key{name.size(), name.data()}, value{mark.size(), mark.data()};
    rc = mdb_put(txn, meta, &key, &value, 0);
  }
  if (rc == MDB_SUCCESS) rc = mdb_txn_commit(txn);
  else if (txn != nullptr) mdb_txn_abort(txn);
  return rc == MDB_SUCCESS ? Status() : explain(rc, "making data.mdb");
}

Status Environment::create_data() {
  const std::string prefix = data_path() + ".new.";
  const std::string folder = prefix + std::to_string(::getpid()), made = folder + "/data.mdb";
  constexpr int kTries = 50;  // another process may sweep ours away before it is locked
  for (int i = 0;; ++i) {
    sweep(directory_, prefix);
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return explain(errno, "creating '" + folder + "'");
    Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Status status;
    if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) status = explain(errno, "locking '" + folder + "'");
    const bool ours = status.ok() && is_at(fd.get(), folder);  // locked and in its place: nobody sweeps it any more
    if (ours) status = write_empty(folder);
    int error = 0;
    // link and not rename: when two processes make the same store at once, the first one's must stay.
    if (ours && status.ok() && ::link(made.c_str(), data_path().c_str()) != 0) error = errno;
    if (error == EPERM || error == EOPNOTSUPP || error == ENOSYS)  // a file system without links
      error = ::rename(made.c_str(), data_path().c_str()) == 0 ? 0 : errno;
    (void)remove_tree(folder);  // what is left of it the next one sweeps away
    if (!ours) {
      if (exists(data_path())) break;  // whoever swept it away has made the store
      if (i + 1 == kTries) return status.ok() ? explain(ENOENT, "locking '" + folder + "'") : status;
      ::usleep(1000);
      continue;
    }
    if (!status.ok()) return status;
    if (error == 0 || error == EEXIST) break;
    if (error != ENOENT || i + 1 == kTries) return explain(error, "putting data.mdb in its place");
  }
  if (Status s = fsync_directory_of(data_path()); !s.ok()) return Status::store(s.message());
  return {};
}

}  // namespace ophost
