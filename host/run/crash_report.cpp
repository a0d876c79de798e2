#include "host/run/crash_report.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

namespace ophost {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
constexpr std::size_t kStack = 64u << 10;

WorkerPage* g_page = nullptr;
thread_local CallSlot* t_slot = nullptr;
const void* g_host_base = nullptr;

bool in_system_library(const char* file) {
  const char* name = std::strrchr(file, '/');
  name = name ? name + 1 : file;
  for (const char* known : {"libc.so", "libstdc++.so", "libgcc_s.so", "libm.so", "libpthread.so", "ld-linux", "linux-vdso"})
    if (std::strncmp(name, known, std::strlen(known)) == 0) return true;
  return false;
}

void describe(const void* address, const Dl_info& info, char* out, std::size_t size) {
  const char* name = std::strrchr(info.dli_fname, '/');
  name = name ? name + 1 : info.dli_fname;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (info.dli_sname)
    std::snprintf(out, size, "%s+0x%lx (%s)", info.dli_sname, static_cast<unsigned long>(at - reinterpret_cast<std::uintptr_t>(info.dli_saddr)), name);
  else
    std::snprintf(out, size, "%s+0x%lx", name, static_cast<unsigned long>(at - reinterpret_cast<std::uintptr_t>(info.dli_fbase)));
}

// Nothing here is promised to be safe in a handler but the atomics; a handler that hangs is ended by the supervisor, and one
// that fails loses the frame only, because the signal's number is stored before.
void on_crash(int signal) {
  std::int32_t none = 0;
  if (!g_page->crash_signal.compare_exchange_strong(none, signal)) {
    for (;;) ::pause();  // another thread is at it
  }
  if (t_slot) g_page->crash_slot.store(static_cast<std::int32_t>(t_slot - g_page->slots));
  void* frames[64];
  const int n = ::backtrace(frames, 64);
  for (int pass = 0; pass < 2 && !g_page->crash_where[0]; ++pass)
    for (int i = 1; i < n; ++i) {
      Dl_info info;
      if (!::dladdr(frames[i], &info) || !info.dli_fname) continue;
      if (in_system_library(info.dli_fname) || (pass == 0 && info.dli_fbase == g_host_base)) continue;
      // A caller's frame points behind its call.
      const void* at = i > 2 ? static_cast<const char*>(frames[i]) - 1 : frames[i];
      describe(at, info, g_page->crash_where, sizeof g_page->crash_where);
      break;
    }
  g_page->crash_told.store(true);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void install_crash_report(WorkerPage* page) {
  g_page = page;
  Dl_info own;
  if (::dladdr(reinterpret_cast<const void*>(&install_crash_report), &own)) g_host_base = own.dli_fbase;
  void* first[2];
  ::backtrace(first, 2);  // the first use loads a library, which no handler should
  struct sigaction action {};
  action.sa_handler = on_crash;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (int s : kSignals) ::sigaction(s, &action, nullptr);
}

void crash_report_thread(CallSlot* slot) {
  t_slot = slot;
  slot->thread.store(static_cast<std::int32_t>(::syscall(SYS_gettid)));
  void* memory = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;  // an overflow of the stack is then told without its place
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kStack;
  ::sigaltstack(&stack, nullptr);
}

}  // namespace ophost
