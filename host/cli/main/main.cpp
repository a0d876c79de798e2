// The binary `ophost`.
#include "host/cli/commands.hpp"

int main(int argc, char** argv) { return ophost::run_command({argv, argv + argc}); }
