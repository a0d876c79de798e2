// Dropping words of a text: lines (\n) of parts (tab) of words (space).
// Owner: plugins/text-mappers. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace ophost {

// Appends to `out` the words for which keep(word) holds, joined again by the separators they had;
// empty words, parts and lines disappear, also where no word was dropped.
template <typename Keep>
void sieve_words(std::string_view text, Keep keep, std::string& out) {
  const char* const end = text.data() + text.size();
  bool line_begun = false, part_begun = false;
  bool anything = false;
  for (const char* p = text.data();; ++p) {
    const char* const word = p;
    while (p != end && *p != ' ' && *p != '\t' && *p != '\n') ++p;
    const std::string_view found(word, static_cast<std::size_t>(p - word));
    if (!found.empty() && keep(found)) {
      if (anything) out += part_begun ? ' ' : line_begun ? '\t' : '\n';
      out.append(found);
      anything = line_begun = part_begun = true;
    }
    if (p == end) break;
    if (*p != ' ') part_begun = false;
    if (*p == '\n') line_begun = false;
  }
}

}  // namespace ophost
