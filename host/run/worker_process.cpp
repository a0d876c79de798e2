#include "host/run/worker_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/worker_main.hpp"

extern char** environ;

namespace ophost {
namespace {

constexpr int kTickMs = 20;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStopGrace = kSecond * 3 / 2;  // a call that does not end by then is cut off: nothing is committed half
constexpr std::int64_t kLookPeriod = kSecond / 5;

// Above all that the worker may need; the child's copies get the numbers it looks for.
Result<Fd> move_up(Fd fd) {
  int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 200);
  if (high < 0) return Status::os(Code::kFailed, "cannot start a worker process", errno);
  return Fd(high);
}

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const char* meaning = ::sigdescr_np(signal);
  return std::string("SIG") + (name ? name : std::to_string(signal).c_str()) + (meaning ? " (" + std::string(meaning) + ")" : "");
}

std::string demangled(const std::string& where) {
  std::size_t plus = where.find('+');
  if (!where.starts_with("_Z") || plus == std::string::npos) return where;
  int status = 0;
  char* name = abi::__cxa_demangle(where.substr(0, plus).c_str(), nullptr, nullptr, &status);
  std::string out = status == 0 && name ? name + where.substr(plus) : where;
  std::free(name);
  return out;
}

std::uint64_t resident_bytes(pid_t pid) {
  auto text = read_file("/proc/" + std::to_string(pid) + "/statm");
  if (!text.ok()) return 0;
  auto fields = split(*text, ' ');
  return fields.size() > 1 ? std::strtoull(fields[1].c_str(), nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

bool Death::from_outside() const {
  if (cause != Cause::kItself) return false;
  if (!WIFSIGNALED(wait_status)) return !WIFEXITED(wait_status);
  const int s = WTERMSIG(wait_status);
  return s == SIGKILL || s == SIGTERM || s == SIGINT || s == SIGHUP || s == SIGQUIT || s == SIGUSR1 || s == SIGUSR2;
}

std::string Death::sentence(const WorkerLimits& limits) const {
  const std::string at = where.empty() ? "" : " in " + where;
  switch (cause) {
    case Cause::kTimeout: return "it did not come back within " + human_seconds(limits.op_timeout) + " (--op-timeout); it was" + (at.empty() ? " stopped" : at);
    case Cause::kMemory: return "it took more than " + human_bytes(limits.memory) + " of memory (--worker-memory)";
    case Cause::kStopped: return "it was stopped";
    case Cause::kItself: break;
  }
  if (WIFSIGNALED(wait_status)) {
    const int s = WTERMSIG(wait_status);
    return (from_outside() ? "its process was ended by " : "it crashed with ") + signal_text(s) + at +
           (s == SIGKILL ? "; perhaps the system was out of memory" : "");
  }
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 70) return "it closed descriptors of the host";
  if (WIFEXITED(wait_status)) return "it ended the worker process with exit status " + std::to_string(WEXITSTATUS(wait_status));
  return "it cut off the worker process";
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const WorkerLimits& limits) {
  std::unique_ptr<WorkerProcess> self(new WorkerProcess);
  self->limits_ = limits;
  auto refused = [](const char* what) { return Status::os(Code::kFailed, std::string("cannot start a worker process ('--isolation thread' does without): ") + what, errno); };
  Fd page(::memfd_create("ophost-worker", MFD_CLOEXEC));
  if (!page.valid() || ::ftruncate(page.get(), sizeof(WorkerPage)) != 0) return refused("memfd_create");
  void* memory = ::mmap(nullptr, sizeof(WorkerPage), PROT_READ | PROT_WRITE, MAP_SHARED, page.get(), 0);
  if (memory == MAP_FAILED) return refused("mmap");
  self->page_ = new (memory) WorkerPage;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return refused("socketpair");
  Fd ours(ends[0]), theirs(ends[1]);
  OPH_ASSIGN(page, move_up(std::move(page)));
  OPH_ASSIGN(theirs, move_up(std::move(theirs)));

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, 2, 1);  // what operators print is not the host's output
  ::posix_spawn_file_actions_adddup2(&files, theirs.get(), kWorkerSocket);
  ::posix_spawn_file_actions_adddup2(&files, page.get(), kWorkerPage);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = "ophost", command = "worker";
  char* argv[] = {name.data(), command.data(), nullptr};
  int error = ::posix_spawn(&self->pid_, "/proc/self/exe", &files, &attributes, argv, environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    self->pid_ = -1;
    return Status::os(Code::kFailed, "cannot start a worker process ('--isolation thread' does without)", error);
  }
  self->channel_ = std::make_unique<Channel>(std::move(ours));
  return self;
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) {
    channel_->send(R"({"do":"end"})");
    for (int i = 0; i < 2000 / kTickMs && channel_->receive(kTickMs); ++i) {
    }
    end(Death::Cause::kStopped);
  }
  if (page_) ::munmap(page_, sizeof(WorkerPage));
}

// Kills it, if it still lives, and takes what remains.
void WorkerProcess::end(Death::Cause cause) {
  if (pid_ <= 0) return;
  death_ = {};
  death_.cause = cause;
  pid_t gone = 0;
  // One that ends by itself may still be writing down where it crashed.
  for (int i = 0; cause == Death::Cause::kItself && gone == 0 && i < 100; ++i) {
    gone = ::waitpid(pid_, &death_.wait_status, WNOHANG);
    if (gone == 0) ::usleep(kTickMs * 1000);
    if (i >= 15 && (page_->crash_signal == 0 || page_->crash_told)) break;
  }
  if (gone == 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &death_.wait_status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  describe_death();
}

void WorkerProcess::describe_death() {
  const CallSlot* guilty = nullptr;
  int calls = 0;
  for (const CallSlot& s : page_->slots) {
    if (s.began == 0) continue;
    if (calls++ == 0 || s.began < guilty->began) guilty = &s;  // of several, the one that has been at it longest
  }
  if (std::int32_t slot = page_->crash_slot; slot >= 0 && slot < static_cast<std::int32_t>(kCallSlots)) {
    guilty = &page_->slots[slot];
    calls = 1;
  }
  death_.ambiguous = calls > 1;
  if (!guilty) guilty = &page_->slots[0];  // it came back from its last call, and died of it perhaps
  death_.in_call = guilty->began != 0;
  death_.op = guilty->op;
  death_.partition = guilty->partition;
  death_.first_row = guilty->first_row;
  death_.rows = guilty->rows;
  death_.single = guilty->single;
  death_.calls_before = guilty->done[counted_op(guilty->op)];
  if (page_->crash_told) death_.where = demangled(std::string(page_->crash_where, ::strnlen(page_->crash_where, sizeof page_->crash_where)));
}

void WorkerProcess::hear(Json m, const Ears& ears) {
  if (get_member(m, "fields") && static_cast<EventType>(get_int(m, "event")) == EventType::kRecordQuarantined) {
    quarantines_.push_back(std::move(m));
    return;
  }
  pass_on(m, ears);
}

void WorkerProcess::pass_on(const Json& m, const Ears& ears) {
  if (const JsonValue* fields = get_member(m, "fields")) {
    if (ears.events) ears.events->emit_of(pid_, static_cast<EventType>(get_int(m, "event")), get_string(m, "message"), dump_json(*fields));
  } else if (get_member(m, "text")) {
    log_line(static_cast<LogLevel>(get_int(m, "log")), get_string(m, "text"));
  }
}

void WorkerProcess::account(const Ears& ears, bool undo) {
  const TaskCounters& c = page_->counters;
  const std::uint64_t bytes = undo ? 0 : c.bytes.load(), records = undo ? 0 : c.records.load(), quarantined = undo ? 0 : c.quarantined.load();
  if (ears.advance && (bytes != bytes_ || records != records_ || quarantined != quarantined_))
    ears.advance(static_cast<std::int64_t>(bytes - bytes_), static_cast<std::int64_t>(records - records_),
                 static_cast<std::int64_t>(quarantined - quarantined_));
  bytes_ = bytes;
  records_ = records;
  quarantined_ = quarantined;
}

bool WorkerProcess::over_limit(Death::Cause& cause) {
  const std::int64_t now = monotonic_ns();
  if (page_->stop && now - stop_seen_ > kStopGrace) {
    cause = Death::Cause::kStopped;
    return true;
  }
  if (now - looked_ < kLookPeriod) return false;
  looked_ = now;
  cause = Death::Cause::kTimeout;
  for (const CallSlot& s : page_->slots) {
    const std::int64_t began = s.began;
    if (limits_.op_timeout <= 0 || began == 0 || static_cast<double>(now - began) / 1e9 < limits_.op_timeout) continue;
    // So that it can say where it was.
    ::syscall(SYS_tgkill, pid_, s.thread.load(), SIGABRT);
    for (int i = 0; i < 25 && !page_->crash_told; ++i) ::usleep(kTickMs * 1000);
    return true;
  }
  cause = Death::Cause::kMemory;
  return limits_.memory > 0 && resident_bytes(pid_) > limits_.memory;
}

std::optional<Json> WorkerProcess::ask(const std::string& request, const Ears& ears) {
  bytes_ = records_ = quarantined_ = 0;
  quarantines_.clear();
  auto dead = [&](Death::Cause cause) -> std::optional<Json> {
    account(ears, true);
    end(cause);
    return std::nullopt;
  };
  if (!channel_->send(request)) return dead(Death::Cause::kItself);
  for (;;) {
    if (!channel_->receive(kTickMs)) return dead(Death::Cause::kItself);
    while (auto frame = channel_->next()) {
      auto message = parse_json(frame->json, "a worker's message");
      if (!message.ok()) return dead(Death::Cause::kItself);
      if (ears.store && get_member(*message, "store")) {
        const Parcel reply = serve_store(*ears.store, *message, std::move(frame->bytes));
        if (!channel_->send(reply.json, reply.bytes.get())) return dead(Death::Cause::kItself);
        continue;
      }
      if (get_member(*message, "answer")) {
        account(ears, false);
        for (const Json& q : quarantines_) pass_on(q, ears);
        return std::move(*message);
      }
      hear(std::move(*message), ears);
    }
    account(ears, false);
    if (ears.stop && *ears.stop && !page_->stop) {
      stop_seen_ = monotonic_ns();
      page_->stop = true;
    }
    if (Death::Cause cause; over_limit(cause)) return dead(cause);
  }
}

}  // namespace ophost
