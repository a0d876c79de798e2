// A set of characters, made once and asked often.
// Owner: plugins/text-mappers. Immutable once built, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "plugins/textkit/unicode.hpp"

namespace ophost {

class CharSet {
 public:
  explicit CharSet(std::string_view characters) {
    const char* p = characters.data();
    const char* const end = p + characters.size();
    while (p != end) {
      leads_[static_cast<unsigned char>(*p)] = true;
      const char32_t c = textkit::next_char(p);
      if (c < 0x80) continue;
      const auto at = std::lower_bound(beyond_ascii_.begin(), beyond_ascii_.end(), c);
      if (at == beyond_ascii_.end() || *at != c) beyond_ascii_.insert(at, c);
    }
  }
  // Whether a character of the set begins with this byte.
  bool may_begin(char byte) const { return leads_[static_cast<unsigned char>(byte)]; }
  bool has(char32_t c) const {
    if (c < 0x80) return leads_[c];
    return std::binary_search(beyond_ascii_.begin(), beyond_ascii_.end(), c);
  }

 private:
  std::array<bool, 256> leads_{};
  std::vector<char32_t> beyond_ascii_;
};

}  // namespace ophost
