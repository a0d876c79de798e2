// ftfy.hpp: ftfy 6.3.1's fix_text with its default options. Owner: plugins/unicode; a Fixer is
// constant after construction: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "plugins/unicode/normalize.hpp"

namespace ophost::unicode {

class Fixer {
 public:
  explicit Fixer(Form form) : form_(form) {}

  // False = nothing to fix, `out` is untouched. Otherwise `out` becomes the fixed text. `text`:
  // valid UTF-8.
  bool fix(std::string_view text, std::string& out) const;

 private:
  // The first byte from `from` on that may be part of something to fix, npos when there is none.
  // HTML entities count only before `entities_until`.
  std::size_t suspicious(std::string_view text, std::size_t from, std::size_t entities_until) const;
  void fix_segment(std::string_view segment, bool unescape, std::string& out) const;

  Form form_;
};

// ---- the pieces, for tests ----

// ftfy.badness.is_bad
bool is_bad(const std::u32string& text);
// ftfy.fix_encoding
std::u32string fix_encoding(std::u32string text);

}  // namespace ophost::unicode
