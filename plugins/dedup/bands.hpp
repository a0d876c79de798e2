// bands.hpp: how many bands of how many rows suit a Jaccard threshold. Owner: plugins/dedup. Any
// thread.
#pragma once

#include <cstddef>

namespace ophost::dedup {

struct Bands {
  std::size_t bands = 0, rows = 0;
};

// The pair with bands*rows <= permutations that makes 0.5 * false positives + 0.5 * false negatives
// smallest, where two documents of similarity s meet with probability 1-(1-s^rows)^bands; the first
// of equals, bands before rows. Threshold in [0, 1].
Bands optimal_bands(double threshold, std::size_t permutations);

}  // namespace ophost::dedup
