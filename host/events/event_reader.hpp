// Reading the event logs that jobs leave, while they are written or long after. A last line that a kill tore is left
// alone. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/status.hpp"
#include "host/events/job_record.hpp"

namespace ophost {

// The event logs of a job, one a run, oldest first.
std::vector<std::string> event_files(const JobRecord& job);

// The value of "event_type", without parsing the line; "" when it does not begin as our lines do.
std::string_view type_of_line(std::string_view line);

// Gives the complete lines of a file one by one, and later those that came since.
class EventFile {
 public:
  explicit EventFile(std::string path) : path_(std::move(path)) {}
  // Calls `use` for every complete line not seen yet; stops early when it returns false.
  Status read(const std::function<bool(std::string_view line)>& use);
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Fd fd_;
  std::uint64_t offset_ = 0;
};

// The newest event of this type, looked for from the end of the file backwards in a bounded stretch.
std::optional<Json> last_event(const std::string& path, std::string_view type);

struct EventFilter {
  std::vector<std::string> types;       // any of them; empty = all
  std::optional<std::int64_t> partition;
  std::string op;                       // operator's name, or its index in the recipe
  double since = 0, until = 0;          // seconds since the epoch; 0 = no bound
  bool matches(const JsonValue& event) const;
};

}  // namespace ophost
