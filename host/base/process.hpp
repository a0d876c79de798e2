// Which process is meant, beyond its number: numbers are used again. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace ophost {

struct ProcessIdentity {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;  // clock ticks from boot to its start (field 22 of /proc/PID/stat)
  std::string boot_id;            // of the boot in which these ticks count
  std::string host;
};

ProcessIdentity this_process();
ProcessIdentity process_of(std::int64_t pid);  // start_ticks is 0 when there is none

// kGone: that very process is not running here any more (a zombie does not run). kElsewhere: it ran on another machine,
// about which nothing can be said here.
enum class ProcessState { kRunning, kGone, kElsewhere };
ProcessState process_state(const ProcessIdentity& who);

// What a process has used so far; zeros where the system does not say.
struct ProcessUsage {
  std::uint64_t rss_bytes = 0, peak_rss_bytes = 0;
  double cpu_seconds = 0;  // user and system, with those of ended children
};
ProcessUsage this_process_usage();

}  // namespace ophost
