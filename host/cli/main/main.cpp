// The binary `ophost`.
#include <malloc.h>

#include "host/cli/commands.hpp"

int main(int argc, char** argv) {
  // Buffers of huge records go back to the system when they are freed: glibc would otherwise raise these bounds to the
  // largest block it has seen, and keep as much.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  return ophost::run_command({argv, argv + argc});
}
