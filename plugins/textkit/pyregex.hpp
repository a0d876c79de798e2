// pyregex.hpp: Python regular expressions (PyPI `regex` in V0 mode, and the standard library `re`)
// on PCRE2, with Python's matching loop, replacement templates and splitting. Owner:
// plugins/textkit. A PyRegex keeps its match data inside, so one object serves one thread at a
// time.
//
// Texts must be valid UTF-8. A pattern that Python refuses, or one that uses something with no
// equal in PCRE2 (see docs of `PyRegex::PyRegex`), throws RegexError; a text that needs more steps
// than the match limit throws RegexLimitError (Python would go on for hours).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/errors.hpp"

namespace ophost::textkit {

// The pattern or the replacement template is unusable: the recipe must change.
struct RegexError : ConfigError {
  using ConfigError::ConfigError;
};

// This text needs more matching steps, or more memory, than we spend on one record.
struct RegexLimitError : RecordError {
  explicit RegexLimitError(const std::string& what) : RecordError(what, OPH_E_LIMIT) {}
};

// Whose tables and whose grammar: regex.sub(...) or re.sub(...).
enum class RegexFlavor { kRegex, kRe };

// The flags argument of regex.compile / re.compile.
enum RegexFlags : unsigned {
  kRegexNoFlags = 0,
  kRegexIgnoreCase = 1,
  kRegexMultiline = 2,
  kRegexDotAll = 4,
  kRegexVerbose = 8,
  kRegexAnchored = 16,  // not Python's: search() finds a match that begins at `from`, or none
};

// "r'...'" and r"..." written inside a recipe's string stand for what is between the quotes.
std::string_view unwrap_raw_literal(std::string_view pattern);

// A pattern in PCRE2's language that means what the Python pattern means.
struct TranslatedRegex {
  std::string pattern;
  unsigned flags = 0;         // RegexFlags that hold for the whole pattern
  uint32_t groups = 0;        // capture groups
  bool ignores_case = false;  // in the whole pattern or a part of it
  std::map<std::string, uint32_t> names;
};
TranslatedRegex translate_python_regex(std::string_view pattern, RegexFlavor flavor,
                                       unsigned flags);

// One match: byte offsets into the searched text. Valid until the next search of the same PyRegex.
class RegexMatch {
 public:
  size_t begin(uint32_t group = 0) const { return offsets_[2 * group]; }
  size_t end(uint32_t group = 0) const { return offsets_[2 * group + 1]; }
  // False when the group took no part in the match.
  bool has(uint32_t group) const { return group < count_ && offsets_[2 * group] != ~size_t{0}; }
  // The text of a group; empty when it took no part.
  std::string_view text(uint32_t group = 0) const {
    return has(group) ? subject_.substr(begin(group), end(group) - begin(group))
                      : std::string_view();
  }

 private:
  friend class PyRegex;
  std::string_view subject_;
  const size_t* offsets_ = nullptr;
  uint32_t count_ = 0;  // groups up to the last one that matched, group 0 included
};

// A compiled replacement template ("\1-\g<name>\n"); made by PyRegex::compile_template.
class RegexTemplate {
 public:
  // Appends what the template stands for in this match. Groups without a match give "".
  void append(const RegexMatch& match, std::string& out) const;
  // The replacement when it is the same for every match; nullopt when it names a group.
  std::optional<std::string> constant() const;

 private:
  friend class PyRegex;
  struct Piece {
    std::string literal;
    int64_t group = -1;  // appended after the literal; -1 = none
  };
  std::vector<Piece> pieces_;
};

class PyRegex {
 public:
  // Throws RegexError. Not supported, and named in the message: fuzzy matching {e<=1}, named lists
  // \L<..>, named characters \N{..}, branch reset (?|..), V1 mode, full case folding, reverse
  // search, lookbehinds without a fixed length per alternative.
  explicit PyRegex(std::string_view pattern, RegexFlavor flavor = RegexFlavor::kRegex,
                   unsigned flags = kRegexNoFlags);
  ~PyRegex();
  PyRegex(PyRegex&&) noexcept;
  PyRegex& operator=(PyRegex&&) noexcept;

  uint32_t groups() const { return groups_; }

  // Leftmost match that begins at `from` or later (lookbehinds and anchors see the text before it).
  // False when there is none. not_empty_at_start: an empty match at `from` itself does not count.
  bool search(std::string_view text, RegexMatch& match, size_t from = 0,
              bool not_empty_at_start = false);

  // Calls f(const RegexMatch&) for every match that finditer gives, in order (Python 3.7+: an empty
  // match may follow directly on a non-empty one); f returns false to stop.
  template <class F>
  void for_each(std::string_view text, F&& f) {
    RegexMatch match;
    size_t at = 0;
    bool advance = false;
    while (search(text, match, at, advance)) {
      at = match.end();
      advance = match.end() == match.begin();
      if (!f(static_cast<const RegexMatch&>(match))) return;
    }
  }

  // Throws RegexError when the template is malformed or names a group that does not exist.
  RegexTemplate compile_template(std::string_view text) const;

  // regex.sub: `out` is overwritten with the new text. False = no match, `out` is untouched.
  bool sub(std::string_view text, const RegexTemplate& replacement, std::string& out);

  // regex.sub with "": the text without the matches. False = no match, `out` is untouched.
  bool erase(std::string_view text, std::string& out);

  // re.split: the pieces between matches, each followed by the texts of the capture groups (nullopt
  // when a group took no part). Views into `text`.
  std::vector<std::optional<std::string_view>> split(std::string_view text);

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  RegexFlavor flavor_;
  uint32_t groups_ = 0;
  std::map<std::string, uint32_t> names_;
};

}  // namespace ophost::textkit
