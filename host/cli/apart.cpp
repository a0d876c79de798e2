#include "host/cli/apart.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace ophost {

Result<int> run_apart(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& w : argv) words.push_back(const_cast<char*>(w.c_str()));
  words.push_back(nullptr);
  pid_t pid = -1;
  if (int error = ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, words.data(), environ); error != 0)
    return Status::os(Code::kFailed, "cannot start a process for measuring", error);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return Status::os(Code::kFailed, "cannot wait for the process that measures", errno);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const int signal = WTERMSIG(status);
  const char* meaning = ::sigdescr_np(signal);
  return Status::plugin("an operator crashed while it was measured (" + std::string(meaning ? meaning : "signal " + std::to_string(signal)) +
                        "). A run would put the record into quarantine; ophost plan without --costs says what it would do.");
}

}  // namespace ophost
