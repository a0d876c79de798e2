#include "host/base/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "host/base/files.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

struct Stat {
  bool there = false;
  char state = '?';
  std::uint64_t start_ticks = 0;
};

// Field 3 and field 22 of /proc/PID/stat. The name, field 2, may hold anything, so counting begins behind its ")".
Stat stat_of(std::int64_t pid) {
  Stat out;
  auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!text.ok()) return out;
  std::size_t end = text->rfind(')');
  if (end == std::string::npos || end + 2 >= text->size()) return out;
  std::vector<std::string> fields = split(std::string_view(*text).substr(end + 2), ' ');
  if (fields.size() < 20 || fields[0].empty()) return out;
  out.there = true;
  out.state = fields[0][0];
  out.start_ticks = std::strtoull(fields[19].c_str(), nullptr, 10);
  return out;
}

std::string boot_id() {
  auto text = read_file("/proc/sys/kernel/random/boot_id");
  return text.ok() ? std::string(trim(*text)) : "";
}

std::string host_name() {
  char host[256] = {};
  return ::gethostname(host, sizeof host - 1) == 0 ? host : "";
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

}  // namespace

ProcessIdentity process_of(std::int64_t pid) { return {pid, stat_of(pid).start_ticks, boot_id(), host_name()}; }

ProcessIdentity this_process() { return process_of(::getpid()); }

ProcessState process_state(const ProcessIdentity& who) {
  if (who.host != host_name()) return ProcessState::kElsewhere;
  if (who.boot_id != boot_id()) return ProcessState::kGone;
  Stat s = stat_of(who.pid);
  bool runs = s.there && s.start_ticks == who.start_ticks && s.state != 'Z' && s.state != 'X';
  return runs ? ProcessState::kRunning : ProcessState::kGone;
}

ProcessUsage this_process_usage() {
  ProcessUsage out;
  rusage own{}, children{};
  ::getrusage(RUSAGE_SELF, &own);
  ::getrusage(RUSAGE_CHILDREN, &children);
  out.cpu_seconds = seconds(own.ru_utime) + seconds(own.ru_stime) + seconds(children.ru_utime) + seconds(children.ru_stime);
  out.peak_rss_bytes = static_cast<std::uint64_t>(own.ru_maxrss) * 1024;
  if (auto text = read_file("/proc/self/statm"); text.ok()) {
    std::vector<std::string> fields = split(*text, ' ');
    if (fields.size() > 1)
      out.rss_bytes = std::strtoull(fields[1].c_str(), nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  return out;
}

}  // namespace ophost
