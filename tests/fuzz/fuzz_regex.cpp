// Python's patterns, flags, templates and texts: a result, or RegexError / RegexLimitError; no other exception, no crash.
// The input: a byte of flags, a line with the pattern, a line with the template, then the text.
#include "host/batch/utf8.hpp"
#include "plugins/textkit/pyregex.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;
using namespace ophost::textkit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  const std::uint8_t how = in.byte();
  const std::string pattern(in.line()), replacement(in.line()), text(in.rest().substr(0, 2000));
  if (!is_utf8(pattern) || !is_utf8(replacement) || !is_utf8(text)) return 0;
  try {
    PyRegex regex(unwrap_raw_literal(pattern), how & 1 ? RegexFlavor::kRe : RegexFlavor::kRegex, how >> 1 & 15);
    auto parsed = regex.compile_template(replacement);
    std::string out;
    if (regex.sub(text, parsed, out)) fuzz::must(is_utf8(out), "what is replaced is UTF-8");
    (void)regex.split(text);
    RegexMatch match;
    if (regex.search(text, match)) {
      fuzz::must(match.begin() <= match.end() && match.end() <= text.size(), "a match lies in the text");
      for (std::uint32_t g = 0; g <= regex.groups() + 1; ++g) (void)match.text(g);
    }
  } catch (const RegexError&) {
  } catch (const RegexLimitError&) {
  }
  return 0;
}
