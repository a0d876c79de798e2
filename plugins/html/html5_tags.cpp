// HTML5's tags. See html5_tags.hpp.
#include "plugins/html/html5_tags.hpp"

#include <algorithm>
#include <iterator>

namespace ophost::html {
namespace {

struct Known {
  std::string_view name;
  std::uint32_t groups;
};
constexpr Known kKnown[] = {
#define OPHOST_HTML_ROW(symbol, name, groups) {name, groups},
    OPHOST_HTML_TAGS(OPHOST_HTML_ROW)
#undef OPHOST_HTML_ROW
};
constexpr bool is_sorted() {
  for (std::size_t i = 1; i < std::size(kKnown); ++i) {
    if (!(kKnown[i - 1].name < kKnown[i].name)) return false;
  }
  return true;
}
static_assert(is_sorted());

}  // namespace

Tag known_tag(std::string_view name) {
  const auto* found =
      std::lower_bound(std::begin(kKnown), std::end(kKnown), name,
                       [](const Known& k, std::string_view wanted) { return k.name < wanted; });
  return found != std::end(kKnown) && found->name == name ? static_cast<Tag>(found - kKnown)
                                                          : Tag::kOther;
}

std::uint32_t groups_of(Tag tag) {
  return tag < Tag::kOther ? kKnown[static_cast<std::size_t>(tag)].groups : 0;
}

}  // namespace ophost::html
