// The binary `ophost`.
#include <malloc.h>

#include <csignal>

#include "host/cli/commands.hpp"

int main(int argc, char** argv) {
  // A file that may not grow further (ulimit -f) is an error like a full disk, with a sentence, and not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  // Buffers of huge records go back to the system when they are freed: glibc would otherwise raise these bounds to the
  // largest block it has seen, and keep as much.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  return ophost::run_command({argv, argv + argc});
}
