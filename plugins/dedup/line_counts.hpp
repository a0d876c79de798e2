// In how many documents each line occurs: hash to count, in 24 bytes per place of an open table.
// Owner: plugins/dedup. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dedup/md5.hpp"

namespace ophost::dedup {

class LineCounts {
 public:
  std::uint64_t documents = 0;

  void add(const Md5& line, std::uint64_t times = 1);
  void merge(const LineCounts& from);
  // Sorted, so that equal counts are equal bytes.
  void save(std::string& out) const;
  // Throws std::runtime_error when the bytes are not what save() wrote.
  void load(std::string_view bytes);
  // Lines that more than `threshold` documents have: their hashes, ascending, 16 bytes each.
  std::string above(std::int64_t threshold) const;

 private:
  struct Slot {
    std::uint64_t high = 0, low = 0;
    std::uint64_t count = 0;  // 0: free
  };
  void add(std::uint64_t high, std::uint64_t low, std::uint64_t times);
  void grow();
  std::vector<Slot> sorted() const;

  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t used_ = 0;
};

// Whether `line` is among hashes that above() gave.
bool is_among(std::string_view hashes, const Md5& line);

}  // namespace ophost::dedup
