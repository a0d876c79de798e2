// Rewriting single characters of a text, copying the runs between them.
// Owner: plugins/text-mappers. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {

// Replaces every character for which replacement(c) gives a text (null: it stays). Only characters
// whose first byte is one of `leads` are looked at. False: nothing was replaced, `out` is
// untouched.
template <typename Replacement>
bool rewrite_chars(std::string_view text, const char (&leads)[5], Replacement replacement,
                   std::string& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* copied = p;
  bool changed = false;
  while ((p = textkit::find_any(p, end, leads)) != end) {
    do {  // characters that need a look often come in a row
      const char* const at = p;
      const char* const by = replacement(textkit::next_char(p));
      if (by == nullptr) continue;
      out.append(copied, at);
      out.append(by);
      copied = p;
      changed = true;
    } while (p != end && (*p == leads[0] || *p == leads[1] || *p == leads[2] || *p == leads[3] ||
                          *p == leads[4]));
  }
  if (changed) out.append(copied, end);
  return changed;
}

}  // namespace ophost
