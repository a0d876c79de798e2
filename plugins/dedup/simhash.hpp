// simhash.hpp: SimHash signatures of texts, and which signatures are near each other. Owner:
// plugins/dedup. SimHash: one object, one thread at a time (it keeps its buffers). near_pairs:
// pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "plugins/dedup/shingles.hpp"

namespace ophost::dedup {

class SimHash {
 public:
  explicit SimHash(const ShingleOptions& options) : shingler_(options) {}

  // Bit i is set iff more shingles have it than not, duplicates counted; 0 for a text without
  // shingles. The hash of a shingle is the first eight bytes of its MD5, big-endian.
  std::uint64_t sign(std::string_view text);

 private:
  Shingler shingler_;
};

// Calls link(i, j) for every two of the `count` signatures that differ in at most `distance` bits,
// i < j, at least once. distance in [0, 63]. Memory: 16 bytes per signature. `stop` is asked now
// and then; true ends the search early.
void near_pairs(const std::uint64_t* signatures, std::size_t count, unsigned distance,
                const std::function<void(std::size_t, std::size_t)>& link,
                const std::function<bool()>& stop = {});

}  // namespace ophost::dedup
