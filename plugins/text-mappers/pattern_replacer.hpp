// What the mappers with a `pattern` and a `repl` parameter share.
// Owner: plugins/text-mappers. One object per instance: the pattern keeps match data inside.
#pragma once

#include <string>
#include <string_view>

#include "ophost/ophost.hpp"
#include "plugins/textkit/pyregex.hpp"

#define TEXT_MAPPERS_PATTERN(description)                                                       \
  "\"pattern\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":\"" description \
  "\"}"
#define TEXT_MAPPERS_REPL                \
  OPHOST_PARAM("repl", "string", "\"\"", \
               "What replaces a match: a Python template (\\\\1, \\\\g<name>).")

namespace ophost {

// regex.sub(pattern, repl, text, flags=DOTALL); a pattern written as r'...' stands for its inside.
class PatternReplacer {
 public:
  PatternReplacer(std::string_view pattern, std::string_view replacement)
      : regex_(textkit::unwrap_raw_literal(pattern), textkit::RegexFlavor::kRegex,
               textkit::kRegexDotAll),
        template_(regex_.compile_template(replacement)) {}

  // False: no match, `out` is untouched.
  bool replace(std::string_view text, std::string& out) { return regex_.sub(text, template_, out); }

 private:
  textkit::PyRegex regex_;
  textkit::RegexTemplate template_;
};

}  // namespace ophost
