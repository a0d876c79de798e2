/* A file system that fails on demand: a library for LD_PRELOAD that makes the n-th call of a kind below a folder fail, or
 * kills the process there. For tests of ophost (tools/faults); any threads, any number of processes.
 *
 * FAULT_CALLS   kinds, separated by '+': write sync rename open truncate mkdir unlink
 * FAULT_PATH    only files below this path (a prefix of it); relative ones are not matched
 * FAULT_NTH     which of the matching calls fails, counted from 1 over all processes; 0: none, they are only counted
 * FAULT_STICKY  1: it and all that follow
 * FAULT_WITH    the errno by name (EIO ENOSPC EROFS EACCES EDQUOT EMFILE EINTR), or
 *               KILL (SIGKILL before the call), TORN (SIGKILL after half of a write), SHORT (half of a write is done)
 * FAULT_STATE   a file of 16 bytes, mapped by all processes: how many calls matched, how many failed (two uint64) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kWrite = 1, kSync = 2, kRename = 4, kOpen = 8, kTruncate = 16, kMkdir = 32, kUnlink = 64 };
enum { kFail, kKill, kTorn, kShort };

static struct {
  int kinds, how, error, sticky;
  char path[PATH_MAX];
  size_t path_size;
  uint64_t nth;
  _Atomic uint64_t* state; /* matched, failed */
} fault;

static int word(const char* list, const char* name) {
  size_t n = strlen(name);
  for (; list; list = strchr(list, '+') ? strchr(list, '+') + 1 : NULL)
    if (strncmp(list, name, n) == 0 && (list[n] == '\0' || list[n] == '+')) return 1;
  return 0;
}

__attribute__((constructor)) static void start(void) {
  static const char* const kinds[] = {"write", "sync", "rename", "open", "truncate", "mkdir", "unlink"};
  static const struct {
    const char* name;
    int error;
  } errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EACCES", EACCES},
                {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}, {"EINTR", EINTR}};
  const char *calls = getenv("FAULT_CALLS"), *path = getenv("FAULT_PATH"), *nth = getenv("FAULT_NTH");
  const char *with = getenv("FAULT_WITH"), *state = getenv("FAULT_STATE"), *sticky = getenv("FAULT_STICKY");
  if (!calls || !path || !state) return;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i)
    if (word(calls, kinds[i])) fault.kinds |= 1 << i;
  snprintf(fault.path, sizeof fault.path, "%s", path);
  fault.path_size = strlen(fault.path);
  fault.nth = nth ? strtoull(nth, NULL, 10) : 0;
  fault.sticky = sticky && *sticky == '1';
  fault.error = EIO;
  for (size_t i = 0; with && i < sizeof errors / sizeof errors[0]; ++i)
    if (strcmp(with, errors[i].name) == 0) fault.error = errors[i].error;
  fault.how = !with ? kFail : !strcmp(with, "KILL") ? kKill : !strcmp(with, "TORN") ? kTorn : !strcmp(with, "SHORT") ? kShort : kFail;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, state, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    fprintf(stderr, "fault_fs: cannot open %s\n", state);
    abort();
  }
  void* p = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (p != MAP_FAILED) fault.state = p;
}

/* Whether this call is the one. Kills when that is what is asked for. */
static int hit_path(int kind, const char* path) {
  if (!fault.state || !(fault.kinds & kind) || strncmp(path, fault.path, fault.path_size) != 0) return 0;
  uint64_t n = atomic_fetch_add(&fault.state[0], 1) + 1;
  if (fault.nth == 0 || n < fault.nth || (n > fault.nth && !fault.sticky)) return 0;
  atomic_fetch_add(&fault.state[1], 1);
  if (fault.how == kKill || (fault.how == kTorn && kind != kWrite)) syscall(SYS_kill, getpid(), SIGKILL);
  if (fault.how == kShort && kind != kWrite) return 0;
  errno = fault.error;
  return 1;
}

static int hit_fd(int kind, int fd) {
  char link[64], path[PATH_MAX];
  if (!fault.state || !(fault.kinds & kind)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  return hit_path(kind, path);
}

static int hit_relative(int kind, int dir, const char* name) {
  char link[64], path[PATH_MAX * 2];
  ssize_t n = 0;
  if (!fault.state || !(fault.kinds & kind)) return 0;
  if (name[0] == '/') return hit_path(kind, name);
  if (dir == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
  n = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (n <= 0) return 0;
  snprintf(path + n, sizeof path - (size_t)n, "/%s", name);
  return hit_path(kind, path);
}

#define REAL(type, name, ...)                     \
  static type (*real)(__VA_ARGS__);               \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, #name)

static ssize_t torn(ssize_t done) {
  if (fault.how == kTorn) syscall(SYS_kill, getpid(), SIGKILL);
  return done;
}

ssize_t write(int fd, const void* p, size_t n) {
  REAL(ssize_t, write, int, const void*, size_t);
  if (!hit_fd(kWrite, fd)) return real(fd, p, n);
  return fault.how == kFail ? -1 : torn(real(fd, p, n > 1 ? n / 2 : n));
}
ssize_t pwrite(int fd, const void* p, size_t n, off_t at) {
  REAL(ssize_t, pwrite, int, const void*, size_t, off_t);
  if (!hit_fd(kWrite, fd)) return real(fd, p, n, at);
  return fault.how == kFail ? -1 : torn(real(fd, p, n > 1 ? n / 2 : n, at));
}
ssize_t pwrite64(int fd, const void* p, size_t n, off64_t at) { return pwrite(fd, p, n, at); }
ssize_t writev(int fd, const struct iovec* v, int n) {
  REAL(ssize_t, writev, int, const struct iovec*, int);
  if (!hit_fd(kWrite, fd)) return real(fd, v, n);
  return fault.how == kFail ? -1 : torn(real(fd, v, n > 1 ? n / 2 : n));
}
ssize_t pwritev(int fd, const struct iovec* v, int n, off_t at) {
  REAL(ssize_t, pwritev, int, const struct iovec*, int, off_t);
  if (!hit_fd(kWrite, fd)) return real(fd, v, n, at);
  return fault.how == kFail ? -1 : torn(real(fd, v, n > 1 ? n / 2 : n, at));
}
ssize_t pwritev64(int fd, const struct iovec* v, int n, off64_t at) { return pwritev(fd, v, n, at); }
/* Inside the C library fwrite does not pass through write(). */
size_t fwrite(const void* p, size_t size, size_t n, FILE* f) {
  REAL(size_t, fwrite, const void*, size_t, size_t, FILE*);
  if (f == stdout || f == stderr || !hit_fd(kWrite, fileno(f))) return real(p, size, n, f);
  return fault.how == kFail ? 0 : (size_t)torn((ssize_t)real(p, size, n / 2, f));
}

int fsync(int fd) {
  REAL(int, fsync, int);
  return hit_fd(kSync, fd) ? -1 : real(fd);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return hit_fd(kSync, fd) ? -1 : real(fd);
}
int ftruncate(int fd, off_t n) {
  REAL(int, ftruncate, int, off_t);
  return hit_fd(kTruncate, fd) ? -1 : real(fd, n);
}
int ftruncate64(int fd, off64_t n) { return ftruncate(fd, n); }
int rename(const char* from, const char* to) {
  REAL(int, rename, const char*, const char*);
  return hit_relative(kRename, AT_FDCWD, to) ? -1 : real(from, to);
}
int link(const char* from, const char* to) {
  REAL(int, link, const char*, const char*);
  return hit_relative(kRename, AT_FDCWD, to) ? -1 : real(from, to);
}
int unlink(const char* path) {
  REAL(int, unlink, const char*);
  return hit_relative(kUnlink, AT_FDCWD, path) ? -1 : real(path);
}
int mkdir(const char* path, mode_t mode) {
  REAL(int, mkdir, const char*, mode_t);
  return hit_relative(kMkdir, AT_FDCWD, path) ? -1 : real(path, mode);
}

/* Only opens that write or create: what is merely read has its own faults. */
static mode_t mode_of(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(list, int) : 0;
}
static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }
static int open_at(int dir, const char* path, int flags, mode_t mode) {
  if (writes(flags) && hit_relative(kOpen, dir, path)) return -1;
  return (int)syscall(SYS_openat, dir, path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int dir, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(dir, path, flags, mode);
}
int openat64(int dir, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(dir, path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  REAL(FILE*, fopen, const char*, const char*);
  return strpbrk(mode, "wa+") && hit_relative(kOpen, AT_FDCWD, path) ? NULL : real(path, mode);
}
FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }
