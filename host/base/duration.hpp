// Stretches of time as people write them. Pure functions; any thread.
#pragma once

#include <string_view>

#include "host/base/status.hpp"

namespace ophost {

// Seconds of "90", "30s", "90m", "4h", "1d", "2h30m", "1.5h". kUsage, without saying for what, when it is none of these or
// not more than zero.
Result<double> parse_duration(std::string_view text);

}  // namespace ophost
