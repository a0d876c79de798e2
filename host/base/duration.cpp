#include "host/base/duration.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

namespace ophost {
namespace {

// Seconds in a unit; 0 = there is no such unit.
double unit_seconds(std::string_view unit) {
  if (unit == "s" || unit == "sec") return 1;
  if (unit == "m" || unit == "min") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return 0;
}

}  // namespace

Result<double> parse_duration(std::string_view text) {
  const Status bad = Status::usage("'" + std::string(text) + "' is no stretch of time; write it as 30s, 90m, 4h, 2h30m or 1d");
  double total = 0, last = INFINITY;
  std::string_view rest = text;
  while (!rest.empty()) {
    double n = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), n, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(n) || n < 0) return bad;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t letters = 0;
    while (letters < rest.size() && std::isalpha(static_cast<unsigned char>(rest[letters]))) ++letters;
    // A number alone is seconds; behind a larger unit it could be anything.
    const double unit = letters ? unit_seconds(rest.substr(0, letters)) : last == INFINITY && rest.empty() ? 1 : 0;
    if (unit == 0 || unit >= last) return bad;
    rest.remove_prefix(letters);
    total += n * unit;
    last = unit;
  }
  if (!(total > 0) || total > 1e9) return bad;
  return total;
}

}  // namespace ophost
