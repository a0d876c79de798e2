// What a worker process may take. Values.
#pragma once

#include <cstdint>

namespace ophost {

struct WorkerLimits {
  double op_timeout = 300;   // seconds that one call of an operator may take; 0 = no limit
  std::uint64_t memory = 0;  // bytes; 0 = no limit
};

}  // namespace ophost
