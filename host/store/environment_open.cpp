// Opening an LMDB environment: refusals, locks, the map's size, the databases, the format. See
// environment.hpp.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "host/base/text.hpp"
#include "host/store/environment.hpp"
#include "host/store/layout.hpp"
#include "host/store/page_audit.hpp"

namespace ophost {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kLargestMap = std::uint64_t{64}
                                      << 30;  // the sanitizers own much of the address space
#else
constexpr std::uint64_t kLargestMap = std::uint64_t{1} << 40;
#endif
constexpr std::uint64_t kSmallestMap = std::uint64_t{64} << 20;
constexpr unsigned kReaders = 1022;
constexpr auto kCompactionWait = std::chrono::seconds(60);

// LMDB must not have one environment open twice in a process (closing one would drop the other's
// file locks).
struct Registry {
  std::mutex mutex;
  std::set<std::pair<std::uint64_t, std::uint64_t>> open;
};
Registry& registry() {
  static Registry r;
  return r;
}

// The file system type of the mount that holds device `dev`, as in /proc/self/mountinfo, or "".
std::string mount_type(dev_t dev) {
  auto text = read_file("/proc/self/mountinfo");
  if (!text.ok()) return "";
  std::string device = std::to_string(major(dev)) + ":" + std::to_string(minor(dev));
  for (const std::string& line : split(*text, '\n')) {
    std::vector<std::string> fields = split(line, ' ');
    if (fields.size() < 3 || fields[2] != device) continue;
    for (std::size_t i = 3; i + 1 < fields.size(); ++i)
      if (fields[i] == "-") return fields[i + 1];
  }
  return "";
}

Status refuse_network(const std::string& directory) {
  struct statfs fs {};
  struct stat st {};
  if (::statfs(directory.c_str(), &fs) != 0 || ::stat(directory.c_str(), &st) != 0)
    return Status::os(Code::kStore, "cannot look at the folder '" + directory + "'", errno);
  std::string name = network_file_system(static_cast<long>(fs.f_type));
  constexpr long kFuse = 0x65735546;
  if (name.empty() && static_cast<long>(fs.f_type) == kFuse) {
    std::string type = mount_type(st.st_dev);
    if (is_network_fuse(type)) name = type;
  }
  if (name.empty()) return {};
  return Status::store(
      "the store '" + directory + "' would lie on a network file system (" + name +
      "), where LMDB's shared memory and locks do not hold. Give a --work_dir on a local disk");
}

// What to do about a damaged file.
Status advise(const Status& damage) {
  return Status::store(
      damage.message() +
      ". Move the folder away and run again: everything in it is computed anew; or put a backup in "
      "its place (ophost-dump backup makes them)");
}

}  // namespace

std::string network_file_system(long type) {
  switch (static_cast<unsigned long>(type) & 0xffffffffUL) {
    case 0x6969:
      return "NFS";
    case 0x517B:
      return "SMB";
    case 0xFF534D42:
      return "CIFS";
    case 0xFE534D42:
      return "SMB2";
    case 0x00C36400:
      return "Ceph";
    case 0x0BD00BD0:
      return "Lustre";
    case 0x01161970:
      return "GFS2";
    case 0x5346414F:
      return "AFS";
    case 0x47504653:
      return "GPFS";
    case 0x564c:
      return "NCP";
    default:
      return "";
  }
}

bool is_network_fuse(std::string_view type) {
  for (std::string_view name :
       {"fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "fuse.gcsfuse", "fuse.ceph",
        "fuse.ceph-fuse", "fuse.curlftpfs", "fuse.davfs", "fuse.juicefs", "fuse.goofys",
        "fuse.mount-s3", "fuse.blobfuse2"})
    if (type == name) return true;
  return false;
}

Environment::Environment(std::string directory, bool read_only, std::uint64_t map_bytes)
    : directory_(std::move(directory)), read_only_(read_only), map_bytes_(map_bytes) {}

Environment::~Environment() {
  close_map();
  if (registered_) {
    std::lock_guard<std::mutex> lock(registry().mutex);
    registry().open.erase(identity_);
  }
}

Result<std::unique_ptr<Environment>> Environment::open(const std::string& directory, bool read_only,
                                                       std::uint64_t map_bytes) {
  std::unique_ptr<Environment> environment(
      new Environment(directory.empty() ? "." : directory, read_only, map_bytes));
  OPH_TRY(environment->start());
  return environment;
}

Status Environment::start() {
  bool created = !exists(data_path());
  if (read_only_ && created)
    return Status::store("there is no store in '" + directory_ +
                         "' (no data.mdb). Name the folder that a run printed as its store, "
                         "usually <work_dir>/store");
  if (!read_only_)
    if (Status made = make_directories(directory_); !made.ok())
      return Status::store(made.message() + ". Choose another --work_dir");
  OPH_TRY(refuse_network(directory_));

  struct stat st {};
  if (::stat(directory_.c_str(), &st) != 0)
    return Status::os(Code::kStore, "cannot look at the folder '" + directory_ + "'", errno);
  identity_ = {st.st_dev, st.st_ino};
  {
    std::lock_guard<std::mutex> lock(registry().mutex);
    if (!registry().open.insert(identity_).second)
      return Status::store(
          where() + " is open already in this process: LMDB allows one at a time. Share that one");
    registered_ = true;
  }

  // Shared while open, so that nobody replaces the data under us (compaction takes it alone).
  std::string lock_path = directory_ + "/store.lock";
  lock_ = Fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_.valid() && read_only_) {
    int error = errno;
    lock_ = Fd(::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC));
    errno = error;
  }
  if (lock_.valid()) {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    auto until = std::chrono::steady_clock::now() + kCompactionWait;
    while (::fcntl(lock_.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno != EAGAIN && errno != EACCES)
        return Status::os(Code::kStore, "cannot lock '" + lock_path + "'", errno);
      if (std::chrono::steady_clock::now() > until)
        return Status::store(where() +
                             " is being compacted by another process. Try again when it is done");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } else if (!read_only_ || errno != EROFS) {  // on a read-only file system nobody compacts
    return explain(errno, "opening '" + lock_path + "'");
  }
  if (!read_only_) ::unlink((data_path() + ".compact").c_str());  // of a compaction that was killed

  if (created) OPH_TRY(create_data());
  return open_map();
}

Status Environment::open_map() {
  std::uint64_t bytes = map_bytes_ != 0 ? map_bytes_ : kLargestMap;
  for (;; bytes /= 4) {
    int rc = 0;
    Status status = try_map(bytes, rc);
    if (status.ok()) break;
    close_map();
    if (rc != ENOMEM || bytes / 4 < kSmallestMap) return status;
  }
  int dead = 0;
  mdb_reader_check(env_, &dead);
  Status status = audit();
  if (status.ok()) status = open_databases();
  if (!status.ok()) close_map();
  return status;
}

int Environment::begin_opening(unsigned flags, MDB_txn** txn) {
  int rc = mdb_txn_begin(env_, nullptr, flags, txn);
  for (int i = 0; rc == MDB_MAP_RESIZED && i < 10;
       ++i) {  // another process is just growing the file
    map_bytes_ = larger_map();
    rc = mdb_env_set_mapsize(env_, map_bytes_);
    if (rc == MDB_SUCCESS) rc = mdb_txn_begin(env_, nullptr, flags, txn);
  }
  return rc;
}

Status Environment::audit() {
  int fd = -1;
  if (int rc = mdb_env_get_fd(env_, &fd); rc != MDB_SUCCESS) return explain(rc, "opening");
  constexpr int kTries =
      100;  // each lost one is two commits of other processes in some microseconds
  for (int i = 0; i < kTries; ++i) {
    MDB_txn* txn = nullptr;
    if (int rc = begin_opening(MDB_RDONLY, &txn); rc != MDB_SUCCESS) return explain(rc, "opening");
    auto audited = audit_pages(fd, data_path(), mdb_txn_id(txn));
    mdb_txn_abort(txn);
    if (!audited.ok()) return advise(audited.status());
    if (*audited) return {};
  }
  return explain(EBUSY, "opening");
}

Status Environment::try_map(std::uint64_t bytes, int& rc) {
  auto step = [&](int result, const char* doing) {
    rc = result;
    return result == MDB_SUCCESS ? Status() : explain(result, doing);
  };
  if (exists(data_path())) {
    Fd fd(::open(data_path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) OPH_TRY(step(errno, "opening data.mdb"));
    if (Status header = audit_header(fd.get(), data_path()); !header.ok()) return advise(header);
  }
  OPH_TRY(step(mdb_env_create(&env_), "opening"));
  OPH_TRY(step(mdb_env_set_mapsize(env_, bytes), "opening"));
  OPH_TRY(step(mdb_env_set_maxdbs(env_, kDbs), "opening"));
  OPH_TRY(step(mdb_env_set_maxreaders(env_, kReaders), "opening"));
  unsigned flags = MDB_NOTLS | (read_only_ ? MDB_RDONLY : 0);
  OPH_TRY(step(mdb_env_open(env_, directory_.c_str(), flags, 0666), "opening"));
  MDB_envinfo info{};
  OPH_TRY(step(mdb_env_info(env_, &info), "opening"));
  map_bytes_ = info.me_mapsize;
  MDB_stat stat{};
  OPH_TRY(step(mdb_env_stat(env_, &stat), "opening"));
  page_bytes_ = stat.ms_psize;
  return {};
}

void Environment::close_map() {
  if (env_ != nullptr) mdb_env_close(env_);
  env_ = nullptr;
}

Status Environment::open_databases() {
  // An environment that holds something, but not our first database, is somebody else's.
  auto refuse_foreign = [&](MDB_txn* txn) -> Status {
    MDB_dbi main = 0, meta = 0;
    MDB_stat stat{};
    int rc = mdb_dbi_open(txn, kDbNames[0], 0, &meta);
    if (rc == MDB_SUCCESS) return {};
    if (rc == MDB_NOTFOUND) rc = mdb_dbi_open(txn, nullptr, 0, &main);
    if (rc == MDB_SUCCESS) rc = mdb_stat(txn, main, &stat);
    if (rc != MDB_SUCCESS) return explain(rc, "opening");
    if (stat.ms_entries == 0) return {};
    return Status::store(
        where() +
        " holds an LMDB environment that is not an ophost store. Choose another --work_dir");
  };
  // Looks first: most opens find everything there and need no write lock.
  auto attempt = [&](unsigned flags) -> Result<bool> {
    MDB_txn* txn = nullptr;
    int rc = begin_opening(flags, &txn);
    if (rc != MDB_SUCCESS) return explain(rc, "opening");
    Status status;
    bool missing = false;
    for (std::size_t i = 0; i < kDbs && status.ok() && !missing; ++i) {
      if (i == 0 && flags == 0) status = refuse_foreign(txn);
      if (!status.ok()) break;
      rc = mdb_dbi_open(txn, kDbNames[i], flags == 0 ? MDB_CREATE : 0, &dbis_[i]);
      if (rc == MDB_NOTFOUND)
        missing = true;
      else if (rc != MDB_SUCCESS)
        status = explain(rc, std::string("opening the database '") + kDbNames[i] + "'");
      else if (i == 0)
        status =
            check_format(txn);  // before anything is created in a store that is not ours to change
    }
    if (!status.ok() || missing) {
      mdb_txn_abort(txn);
      if (!status.ok()) return status;
      return false;
    }
    rc = mdb_txn_commit(txn);
    if (rc != MDB_SUCCESS) return explain(rc, "opening");
    return true;
  };
  OPH_ASSIGN(bool found, attempt(MDB_RDONLY));
  if (found) return {};
  if (read_only_)
    return Status::store("there is no store in '" + directory_ +
                         "' yet: data.mdb holds none of its databases");
  OPH_ASSIGN(found, attempt(0));
  return found ? Status() : explain(MDB_NOTFOUND, "opening");
}

Status Environment::check_format(MDB_txn* txn) {
  MDB_val key{kFormatKey.size(), const_cast<char*>(kFormatKey.data())}, value;
  int rc = mdb_get(txn, dbis_[0], &key, &value);
  if (rc == MDB_NOTFOUND) {
    MDB_stat stat{};
    if (mdb_stat(txn, dbis_[0], &stat) == MDB_SUCCESS && stat.ms_entries != 0)
      return Status::store(
          where() +
          " has no format mark: it is damaged or not an ophost store. Move the folder away "
          "and run again, or choose another --work_dir");
    std::string mark = store_layout::encode_format(kStoreFormat);
    value = {mark.size(), mark.data()};
    // In the look-first transaction this fails with EACCES: the format is then written by the
    // second attempt.
    rc = mdb_put(txn, dbis_[0], &key, &value, 0);
    return rc == MDB_SUCCESS || rc == EACCES ? Status() : explain(rc, "writing its format");
  }
  if (rc != MDB_SUCCESS) return explain(rc, "reading its format");
  auto format =
      store_layout::decode_format({static_cast<const char*>(value.mv_data), value.mv_size});
  if (!format.ok())
    return Status::store(where() + ": " + format.status().message() +
                         ". Move the folder away and run again, or put a backup in its place");
  if (*format > kStoreFormat)
    return Status::store(where() + " has format " + std::to_string(*format) +
                         " and was written by a newer ophost; "
                         "this one knows formats up to " +
                         std::to_string(kStoreFormat) +
                         ". Use the newer ophost, or choose another --work_dir");
  if (*format < 1)
    return Status::store(where() + " has format " + std::to_string(*format) +
                         ", which no ophost ever wrote");
  // Older formats would be handled here; every record also carries its own version (layout.cpp), so
  // that a store may hold records of several.
  return {};
}

}  // namespace ophost
