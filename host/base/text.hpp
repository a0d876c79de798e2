// Small things about text that several rooms need. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ophost {

std::vector<std::string> split(std::string_view s, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view s);  // ASCII white space
// The candidate nearest to `word` by edit distance, or "" when none is near enough to suggest.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// " Did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
std::string human_bytes(std::uint64_t bytes);    // "12.3 MB" (powers of ten, as MB/s are)
std::string human_count(std::uint64_t n);        // "1,234,567"
std::string human_seconds(double seconds);       // "0.42 s", "3 min 05 s"
// "2026-01-02T03:04:05.678Z" of nanoseconds since the epoch.
std::string iso_time(std::int64_t ns);
std::int64_t now_ns();        // wall clock, since the epoch
std::int64_t monotonic_ns();  // for durations

}  // namespace ophost
