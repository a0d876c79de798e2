// What the members of the zoo do. One function each; the table at the end gives them their names, which the recipes of
// the tests use (`fault: segv`). The first part survives in a host with threads, the second only in worker processes.
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "zoo.hpp"

namespace zoo {
namespace {

const char* volatile nowhere = nullptr;  // what the compiler must not know to be NULL

oph_str text_of(std::string_view s) { return {s.data(), s.size()}; }

Result returning(const Scene& s, oph_status status, std::int64_t row, const char* message) {
  s.error->code = status;
  s.error->row = row;
  if (message) std::strncpy(s.error->message, message, s.error->capacity - 1);
  return {After::kReturn, status};
}

// ---- errors, as they are allowed -------------------------------------------------------------------------------

Result error_whole(const Scene& s) { return returning(s, OPH_E_INTERNAL, -1, "the zoo fails this call"); }
Result error_row(const Scene& s) {
  return returning(s, OPH_E_INPUT, static_cast<std::int64_t>(s.row), "the zoo refuses this row");
}
Result row_error(const Scene& s) {
  s.out->row_error(s.out->ctx, s.row, OPH_E_INPUT, text_of("the zoo reports this row"));
  return {After::kError};
}

// Passes by: the operating system refused twice, the third time it does not. What a recipe's `retry` is for.
Result io_twice(const Scene& s) {
  static std::atomic<int> refusals{0};
  if (refusals.fetch_add(1) % 3 == 2) return {};
  s.out->row_error(s.out->ctx, s.row, OPH_E_IO, text_of("the zoo was refused a file"));
  return {After::kError};
}

// ---- errors, as they are not -----------------------------------------------------------------------------------

Result silent_error(const Scene& s) { return returning(s, OPH_E_INTERNAL, -1, nullptr); }
Result unknown_status(const Scene& s) { return returning(s, -12345, -1, "a status that does not exist"); }
Result error_elsewhere(const Scene& s) { return returning(s, OPH_E_INPUT, INT64_MAX, "a row that is not there"); }
Result endless_message(const Scene& s) {
  std::memset(s.error->message, 'x', s.error->capacity);  // nobody ends it
  s.error->row = INT64_MIN;
  return {After::kReturn, OPH_E_INTERNAL};
}
Result rubbish_message(const Scene& s) {
  return returning(s, OPH_E_INTERNAL, -1, "\xff\xfe\x80 not UTF-8 \x01\x02\x1b[31m\n\r");
}
Result replaced_error(const Scene& s) {
  s.error->message = const_cast<char*>("another buffer");
  s.error->capacity = UINT64_MAX;
  return {After::kReturn, OPH_E_INTERNAL};
}
Result row_error_without_text(const Scene& s) {
  s.out->row_error(s.out->ctx, s.row, 77, {nullptr, 1000});
  return {After::kError};
}
Result row_error_beyond(const Scene& s) {
  s.out->row_error(s.out->ctx, s.in->rows + 5, OPH_E_INPUT, text_of("a row beyond the batch"));
  return {};
}

// ---- exceptions across the border ------------------------------------------------------------------------------

Result throws(const Scene&) { throw std::runtime_error("thrown by the zoo"); }
Result throws_int(const Scene&) { throw 42; }
Result throws_bad_alloc(const Scene&) { throw std::bad_alloc(); }

// ---- rubbish through the out table -----------------------------------------------------------------------------

Result no_output(const Scene&) { return {After::kNothing}; }
Result output_twice(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, s.text.data(), s.text.size());
  return {};
}
Result error_and_output(const Scene& s) {
  s.out->row_error(s.out->ctx, s.row, OPH_E_INPUT, text_of("an error and a value"));
  return {};
}
Result column_beyond(const Scene& s) {
  s.out->append(s.out->ctx, 4000000000u, s.row, "x", 1);
  return {};
}
Result row_beyond(const Scene& s) {
  s.out->append(s.out->ctx, 0, UINT64_MAX, "x", 1);
  return {};
}
Result keep_beyond(const Scene& s) {
  s.out->keep_input(s.out->ctx, 0, s.in->rows);
  return {};
}
Result rows_backwards(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, s.text.data(), s.text.size());
  if (s.row > 0) s.out->append(s.out->ctx, 0, 0, "x", 1);
  return {After::kNothing};
}
Result append_null(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, nullptr, 100);
  return {After::kNothing};
}
Result append_endless(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, s.text.data(), UINT64_MAX / 2);
  return {After::kNothing};
}
Result append_rubbish(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, "\xff\xc0\xaf\xed\xa0\x80", 6);
  return {After::kNothing};
}
Result append_half_character(const Scene& s) {
  s.out->append(s.out->ctx, 0, s.row, "\xe4\xb8", 2);
  return {After::kNothing};
}
Result fixed_for_text(const Scene& s) {
  if (void* p = s.out->fixed(s.out->ctx, 0, 1)) std::memset(p, 0xff, s.in->rows * 8);
  return {};
}
Result fixed_wide(const Scene& s) {
  if (void* p = s.out->fixed(s.out->ctx, 1, 4000000000u)) std::memset(p, 0xff, 8);
  return {};
}
Result made_a_row(const Scene& s) {
  s.out->next_row(s.out->ctx, s.row);
  return {};
}
Result json_as(const Scene& s, std::string_view json) {
  s.out->append(s.out->ctx, 2, s.row, json.data(), json.size());
  return {};
}
Result json_rubbish(const Scene& s) { return json_as(s, "{\"a\": [1, 2}"); }
Result json_two_values(const Scene& s) { return json_as(s, "1, 2"); }
Result json_member(const Scene& s) { return json_as(s, "1, \"text\": \"mine\""); }
Result json_lines(const Scene& s) { return json_as(s, "[1,\n2]"); }

// ---- rubbish to the host's services ----------------------------------------------------------------------------

Result scratch_endless(const Scene& s) {
  if (s.host->scratch(s.host->ctx, UINT64_MAX, 3)) std::abort();
  if (s.host->scratch(s.host->ctx, UINT64_MAX - 64, 4096)) std::abort();
  return {};
}
Result resource_too_late(const Scene& s) {
  oph_str path{};
  if (s.host->resource(s.host->ctx, {nullptr, 99}, &path) == OPH_OK) std::abort();
  return {};
}
Result logs_rubbish(const Scene& s) {
  s.host->log(s.host->ctx, -7, {nullptr, 1u << 30});
  s.host->log(s.host->ctx, 99, text_of("\xff\xfe {} %s %n \x1b[2J"));
  return {};
}
Result asks_for_nothing(const Scene& s) {
  if (s.host->get_extension(s.host->ctx, nullptr) || s.host->get_extension(s.host->ctx, "oph.none/9")) std::abort();
  return {};
}

// ---- changes of the process that a host must be able to stand ---------------------------------------------------

Result changes_locale(const Scene&) {
  for (const char* name : {"de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8", "POSIX"})
    if (std::setlocale(LC_ALL, name)) break;
  return {};
}
Result changes_folder(const Scene&) {
  if (::chdir("/") != 0) std::abort();
  return {};
}
Result changes_umask(const Scene&) {
  ::umask(0777);
  return {};
}
Result changes_rounding(const Scene&) {
  std::fesetround(FE_UPWARD);
  return {};
}
Result changes_environment(const Scene&) {
  ::setenv("TZ", "Asia/Kathmandu", 1);
  ::setenv("OPHOST_PLUGIN_PATH", "/nowhere", 1);
  return {};
}
Result takes_signals(const Scene&) {
  for (int signal : {SIGINT, SIGTERM, SIGCHLD, SIGPIPE}) ::signal(signal, SIG_IGN);
  return {};
}
Result leaks(const Scene&) {
  for (int i = 0; i < 100000; ++i) {
    // volatile: the compiler may not leave out what nobody uses
    void* volatile p = std::malloc(100);
    (void)p;
  }
  return {};
}
Result leaks_descriptors(const Scene&) {
  for (int i = 0; i < 30; ++i) (void)!::open("/dev/null", O_RDONLY);
  return {};
}
void* idle(void*) {
  for (;;) ::pause();
}
Result leaves_threads(const Scene&) {
  for (int i = 0; i < 4; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, idle, nullptr) == 0) pthread_detach(thread);
  }
  return {};
}
Result breaks_promises(const Scene& s) {  // neither deterministic nor local to its row
  static std::uint64_t calls = 0;
  std::string mark = " #" + std::to_string(++calls) + " of " + std::to_string(s.in->rows);
  std::string value = std::string(s.text) + mark;
  s.out->append(s.out->ctx, 0, s.row, value.data(), value.size());
  return {After::kNothing};
}

// ---- deadly ----------------------------------------------------------------------------------------------------

Result segv(const Scene&) {
  const char* p = nowhere;
  *const_cast<char*>(p) = 1;
  return {};
}
Result bus(const Scene&) {  // a page behind the end of a file
  int fd = ::memfd_create("zoo", 0);
  void* p = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  return {After::kReturn, *static_cast<volatile char*>(p)};
}
Result divides_by_zero(const Scene& s) {
  ::raise(SIGFPE);
  return {After::kReturn, static_cast<oph_status>(s.row)};
}
Result illegal(const Scene&) { __builtin_trap(); }
Result aborts(const Scene&) { std::abort(); }
Result kills_itself(const Scene&) {
  ::raise(SIGKILL);
  return {};
}
Result exits(const Scene&) { std::exit(0); }
Result exits_at_once(const Scene&) { ::_exit(0); }
Result quits_its_thread(const Scene&) { pthread_exit(nullptr); }
// A depth that no stack holds; the array keeps the compiler from making a loop of it.
int deeper(volatile char* above, int depth) {
  volatile char here[4096];
  here[0] = above ? above[0] : '\0';
  return depth == 0 ? here[0] : deeper(here, depth - 1) + here[0];
}
Result overflows_stack(const Scene&) { return {After::kReturn, deeper(nullptr, 1 << 30)}; }
Result hangs(const Scene&) {
  for (volatile std::uint64_t i = 0;; i = i + 1) {
  }
}
Result sleeps_for_ever(const Scene&) {
  for (;;) ::pause();
}
Result takes_10_gb(const Scene&) {
  constexpr std::size_t kChunk = 64u << 20;
  for (int i = 0; i < 160; ++i) {
    char* p = static_cast<char*>(std::malloc(kChunk));
    if (!p) std::abort();
    for (std::size_t k = 0; k < kChunk; k += 4096) p[k] = static_cast<char>(k);
  }
  return {};
}
Result writes_past_its_buffer(const Scene& s) {
  auto* p = static_cast<char*>(s.out->fixed(s.out->ctx, 1, 1));
  if (p) std::memset(p, 0x5a, s.in->rows * 8 + (256u << 20));
  return {};
}
Result frees_the_input(const Scene& s) {
  std::free(const_cast<char*>(s.text.data()));
  std::free(const_cast<std::int64_t*>(s.in->columns[0].offsets));
  return {};
}
Result scribbles_over_heap(const Scene& s) {
  std::memset(const_cast<char*>(s.text.data()) - (64 << 10), 0xdb, 128u << 20);
  return {};
}
// Looks for the store in its own process, and ruins what it finds of it: LMDB's shared memory and open files.
Result spoils_the_store(const Scene&) {
  if (std::FILE* maps = std::fopen("/proc/self/maps", "r")) {
    char line[4096];
    unsigned long begin = 0, end = 0;
    while (std::fgets(line, sizeof line, maps)) {
      if (!std::strstr(line, ".mdb") || std::sscanf(line, "%lx-%lx", &begin, &end) != 2) continue;
      if (::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE) == 0)
        std::memset(reinterpret_cast<void*>(begin), 0xdb, std::min(end - begin, 4096ul));
    }
    std::fclose(maps);
  }
  for (int fd = 0; fd < 1024; ++fd) {
    char path[64], target[4096] = {};
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (::readlink(path, target, sizeof target - 1) > 0 && std::strstr(target, ".mdb")) (void)!::pwrite(fd, "\xdb\xdb\xdb", 3, 64);
  }
  return {};
}
Result closes_descriptors(const Scene&) {
  for (int fd = 0; fd < 1024; ++fd) ::close(fd);
  return {};
}
void* throw_alone(void*) { throw std::runtime_error("thrown on a thread of the zoo"); }
Result throws_on_a_thread(const Scene&) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, throw_alone, nullptr) == 0) pthread_join(thread, nullptr);
  return {};
}
Result forks(const Scene&) {  // two processes go on in the host's code
  (void)!::fork();
  return {};
}
Result stops_itself(const Scene&) {
  ::raise(SIGSTOP);
  return {};
}

constexpr Misdeed kMisdeeds[] = {
    {"none", [](const Scene&) { return Result{}; }},
    {"error_whole", error_whole},
    {"error_row", error_row},
    {"row_error", row_error},
    {"io_twice", io_twice},
    {"silent_error", silent_error},
    {"unknown_status", unknown_status},
    {"error_elsewhere", error_elsewhere},
    {"endless_message", endless_message},
    {"rubbish_message", rubbish_message},
    {"replaced_error", replaced_error},
    {"row_error_without_text", row_error_without_text},
    {"row_error_beyond", row_error_beyond},
    {"throw", throws},
    {"throw_int", throws_int},
    {"throw_bad_alloc", throws_bad_alloc},
    {"no_output", no_output},
    {"output_twice", output_twice},
    {"error_and_output", error_and_output},
    {"column_beyond", column_beyond},
    {"row_beyond", row_beyond},
    {"keep_beyond", keep_beyond},
    {"rows_backwards", rows_backwards},
    {"append_null", append_null},
    {"append_endless", append_endless},
    {"append_rubbish", append_rubbish},
    {"append_half_character", append_half_character},
    {"fixed_for_text", fixed_for_text},
    {"fixed_wide", fixed_wide},
    {"made_a_row", made_a_row},
    {"json_rubbish", json_rubbish},
    {"json_two_values", json_two_values},
    {"json_member", json_member},
    {"json_lines", json_lines},
    {"scratch_endless", scratch_endless},
    {"resource_too_late", resource_too_late},
    {"logs_rubbish", logs_rubbish},
    {"asks_for_nothing", asks_for_nothing},
    {"locale", changes_locale},
    {"cwd", changes_folder},
    {"umask", changes_umask},
    {"rounding", changes_rounding},
    {"environment", changes_environment},
    {"signals", takes_signals},
    {"leak", leaks},
    {"leak_descriptors", leaks_descriptors},
    {"threads", leaves_threads},
    {"liar", breaks_promises},
    {"segv", segv},
    {"bus", bus},
    {"fpe", divides_by_zero},
    {"illegal", illegal},
    {"abort", aborts},
    {"kill", kills_itself},
    {"exit", exits},
    {"_exit", exits_at_once},
    {"pthread_exit", quits_its_thread},
    {"stack", overflows_stack},
    {"hang", hangs},
    {"sleep", sleeps_for_ever},
    {"alloc", takes_10_gb},
    {"overrun", writes_past_its_buffer},
    {"free_input", frees_the_input},
    {"scribble", scribbles_over_heap},
    {"spoil_store", spoils_the_store},
    {"close", closes_descriptors},
    {"throw_on_thread", throws_on_a_thread},
    {"fork", forks},
    {"stop", stops_itself},
};

}  // namespace

const Misdeed* find_misdeed(std::string_view name) {
  for (const Misdeed& m : kMisdeeds)
    if (name == m.name) return &m;
  return nullptr;
}

}  // namespace zoo
