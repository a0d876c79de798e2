// Looking letters up in the tables of letter_case.inc. Owner: plugins/sentences.
#include "plugins/sentences/letter_case.hpp"

#include <algorithm>
#include <iterator>

namespace ophost {
namespace {

struct CaseRange {
  char32_t first, last;
  unsigned step;
};
#include "plugins/sentences/letter_case.inc"

template <std::size_t N>
bool contains(const CaseRange (&ranges)[N], char32_t c) {
  const CaseRange* const at =
      std::lower_bound(std::begin(ranges), std::end(ranges), c,
                       [](const CaseRange& r, char32_t v) { return r.last < v; });
  return at != std::end(ranges) && at->first <= c && (c - at->first) % at->step == 0;
}

}  // namespace

bool is_upper(char32_t c) {
  return contains(kUpper, c);
}
bool is_lower(char32_t c) {
  return contains(kLower, c);
}

}  // namespace ophost
