// ophost-dump: the program. Everything is in dump.cpp.
#include <csignal>
#include <string>
#include <vector>

#include "tools/ophost-dump/dump.hpp"

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a backup that hits a limit of size is an error with a sentence
  return ophost::dump::run(std::vector<std::string>(argv + 1, argv + argc), stdout, stderr);
}
