// Which lines of a text document_line_deduplicator compares, and by what hash. Owner:
// plugins/dedup. Immutable, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ophost/params.hpp"
#include "plugins/dedup/md5.hpp"

namespace ophost::dedup {

class LineRules {
 public:
  explicit LineRules(const Params& params);

  // Whether the line stays out of the comparison, and hence in the text.
  bool exempt(std::string_view line) const;
  // MD5 of the line as it is compared. `scratch` keeps its memory from line to line.
  Md5 hash(std::string_view line, std::string& scratch) const;

 private:
  std::int64_t min_length_;
  bool lowercase_, ignore_special_, brackets_, headers_, latex_, html_;
};

// Calls f(line) for every line of `text` (split at "\n" alone; "" has one line).
template <class F>
void for_each_line(std::string_view text, F&& f) {
  for (;;) {
    const std::size_t end = text.find('\n');
    f(text.substr(0, end));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace ophost::dedup
