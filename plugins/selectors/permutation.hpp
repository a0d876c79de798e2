// numpy.random.default_rng(42).permutation(n), which Data-Juicer draws its samples with.
// Owner: plugins/selectors. Pure function, any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace ophost::selectors {

std::vector<std::uint32_t> numpy_permutation(std::uint32_t n);

}  // namespace ophost::selectors
