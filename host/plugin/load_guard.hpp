// A sentence for plugins that crash while they are loaded, when no worker process stands between them and the program: their
// initialisers run inside of dlopen(). One thread; not to be nested.
#pragma once

#include <array>
#include <csignal>
#include <string>

namespace ophost {

// While it lives, a deadly signal ends the process with exit code 3 and "error: the plugin '…' crashed while …".
class LoadGuard {
 public:
  explicit LoadGuard(const std::string& file);
  ~LoadGuard();
  LoadGuard(const LoadGuard&) = delete;
  LoadGuard& operator=(const LoadGuard&) = delete;

 private:
  static constexpr std::array<int, 5> kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace ophost
