// ophost-dump: the program. Everything is in dump.cpp.
#include <string>
#include <vector>

#include "tools/ophost-dump/dump.hpp"

int main(int argc, char** argv) {
  return ophost::dump::run(std::vector<std::string>(argv + 1, argv + argc), stdout, stderr);
}
