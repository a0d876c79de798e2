#include "host/plugin/load_guard.hpp"

#include <unistd.h>

namespace ophost {
namespace {

constexpr int kPluginFailed = 3;  // Code::kPlugin's exit code
std::string g_sentence;

void on_crash(int) {
  // Only calls that a handler may make.
  const char* text = g_sentence.data();
  std::size_t left = g_sentence.size();
  while (left > 0) {
    ssize_t n = ::write(STDERR_FILENO, text, left);
    if (n <= 0) break;
    text += n;
    left -= static_cast<std::size_t>(n);
  }
  ::_exit(kPluginFailed);
}

}  // namespace

LoadGuard::LoadGuard(const std::string& file) {
  g_sentence = "error: the plugin '" + file +
               "' crashed while it was loaded, before any of its operators was called. Mend it, or take it out of the plugin paths.\n";
  struct sigaction action {};
  action.sa_handler = on_crash;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
}

LoadGuard::~LoadGuard() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

}  // namespace ophost
