// Redaction of one text: the patterns, their order, what replaces a match.
// Owner: plugins/privacy. One object per instance: the patterns keep match data inside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/privacy/candidates.hpp"
#include "plugins/textkit/pyregex.hpp"

namespace ophost::privacy {

// One kind of personal data. The table kPatterns lists them in the order in which they are applied.
struct Pattern {
  const char* switched_by;  // the parameter that turns it on, e.g. "mask_emails"
  const char* replaced_by;  // the parameter with the replacement, e.g. "email_replacement"
  const char* regex;        // of Python's re
  unsigned flags;           // textkit::RegexFlags
  bool keeps_first_group;   // the replacement stands behind group 1
  FindCandidate find;
};
inline constexpr std::size_t kPatternCount = 18;
extern const Pattern kPatterns[kPatternCount];

class Redactor {
 public:
  // The pattern with this template instead of a match; Python's template syntax. `use_candidates`
  // false runs the pattern over the whole text, for tests. Throws RegexError.
  void add(const Pattern& pattern, const std::string& replacement, bool use_candidates = true);
  // A pattern of the user's, after all others. Throws RegexError.
  void add(const std::string& regex, const std::string& replacement);

  // False: nothing was found, `out` is undefined. Throws RegexLimitError. `text` is not part of
  // `out`.
  bool redact(std::string_view text, std::string& out);

 private:
  struct Step {
    textkit::PyRegex regex;
    textkit::RegexTemplate replacement;
    FindCandidate find;  // null: the regex looks for itself
  };
  static bool apply(Step& step, std::string_view text, std::string& out);

  std::vector<Step> steps_;
  std::string next_;
};

}  // namespace ophost::privacy
