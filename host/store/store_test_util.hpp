// What the store's tests share: a folder that goes away, content that can be made again, commits in
// one line, and code run in a child process. Tests only.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "host/base/files.hpp"
#include "host/store/store.hpp"

namespace ophost::store_test {

// For tests that are not about what survives a crash: without waiting for a disk, where the system
// has such a folder.
constexpr bool kInMemory = true;

class TempDir {
 public:
  explicit TempDir(bool in_memory = false) {
    bool memory = in_memory && ::access("/dev/shm", W_OK | X_OK) == 0;
    std::string name = (memory ? "/dev/shm" : ::testing::TempDir()) + "/ophost-store.XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { (void)remove_tree(path_).ok(); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Fingerprint fingerprint(int i) {
  return hash128("blob " + std::to_string(i));
}

// Text that depends on `seed` alone; `noise` makes it hard to compress.
inline std::string content(int seed, std::size_t size, bool noise = false) {
  std::string out;
  out.reserve(size + 64);
  std::uint64_t x = static_cast<std::uint64_t>(seed) * 2654435761u + 12345;
  while (out.size() < size) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    if (noise)
      out.append(reinterpret_cast<const char*>(&x), sizeof x);
    else
      out += "record " + std::to_string(seed) + ":" + std::to_string(x % 1000) + " lorem ipsum\n";
  }
  out.resize(size);
  return out;
}

// `frames` pieces of `size` bytes each, labelled 0, 1, ...
inline Status put(Store& store, int i, std::size_t size, int frames = 1,
                  const std::string& job = "job", const std::string& more = "",
                  bool noise = false) {
  std::vector<PendingBlob> blobs(1);
  blobs[0].fingerprint = fingerprint(i);
  blobs[0].manifest = "{\"n\":" + std::to_string(i) + more + "}";
  OPH_ASSIGN(blobs[0].frames, store.new_blob());
  for (int f = 0; f < frames; ++f) {
    OPH_TRY(blobs[0].frames->append(content(i * 1000 + f, size, noise)));
    OPH_TRY(blobs[0].frames->end_frame(static_cast<std::uint32_t>(f)));
  }
  return store.commit(std::move(blobs), job);
}

// All bytes of a blob.
inline Result<std::string> get(Store& store, int i) {
  OPH_ASSIGN(auto reader, store.open_blob(fingerprint(i)));
  std::string all, frame;
  for (std::size_t f = 0; f < reader->info().frames.size(); ++f) {
    OPH_TRY(reader->read_frame(f, frame));
    all += frame;
  }
  return all;
}

inline std::string whole(int i, std::size_t size, int frames = 1, bool noise = false) {
  std::string all;
  for (int f = 0; f < frames; ++f) all += content(i * 1000 + f, size, noise);
  return all;
}

// Whether blob `i` is there and what put() made it.
inline ::testing::AssertionResult holds(Store& store, int i, std::size_t size, int frames = 1,
                                        bool noise = false) {
  auto bytes = get(store, i);
  if (!bytes.ok()) return ::testing::AssertionFailure() << bytes.status().message();
  if (*bytes == whole(i, size, frames, noise)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "blob " << i << " has wrong data";
}

inline std::unique_ptr<Store> must_open(const std::string& directory, StoreOptions options = {}) {
  auto store = Store::open(directory, options);
  EXPECT_TRUE(store.ok()) << store.status().message();
  if (!store.ok()) std::abort();
  return std::move(*store);
}

// Runs `body` in a child process that exits with what it returns. Returns the child's id.
inline pid_t spawn(const std::function<int()>& body) {
  pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  return pid;
}

inline int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace ophost::store_test

#define ASSERT_OK(expr)                             \
  do {                                              \
    ::ophost::Status status_ = (expr);              \
    ASSERT_TRUE(status_.ok()) << status_.message(); \
  } while (0)
