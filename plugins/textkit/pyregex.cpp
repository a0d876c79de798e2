// pyregex.cpp: PyRegex on PCRE2: compiling, Python's search loop, templates, splitting.
// Owner: plugins/textkit. One object, one thread at a time.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pyregex.hpp"

#include <pcre2.h>

#include <array>

namespace ophost::textkit {
namespace {

// Steps of one search. Enough for any honest pattern on tens of megabytes, and under some seconds.
constexpr uint32_t kMatchLimit = 50'000'000;
constexpr uint32_t kHeapLimitKib = 512 * 1024;
// The most a JIT stack may grow to; only pages that are touched cost memory.
constexpr size_t kJitStackMax = size_t{128} << 20;

std::string pcre2_message(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace

struct PyRegex::Compiled {
  std::string source;
  Owned<pcre2_code> code;
  Owned<pcre2_match_data> data;
  Owned<pcre2_match_context> context;
  Owned<pcre2_jit_stack> stack;
  // Which bytes a match can begin with; all when the pattern says nothing about it.
  std::array<bool, 256> first{};
  int only_first = -1;  // when there is just one such byte
  bool any_first = true;

  void learn_first_bytes(const TranslatedRegex& translated, uint32_t options,
                         pcre2_compile_context* compile);
  size_t next_start(std::string_view text, size_t from) const;
  int match(std::string_view text, size_t from, uint32_t options);
};

// PCRE2's own search for a start is switched off in `code`: in 10.42 the JIT's version of it loses
// matches
// ((?:ab|a)x*b does not find "ab"). Its study of the first byte is sound, and a loop here uses it.
void PyRegex::Compiled::learn_first_bytes(const TranslatedRegex& translated, uint32_t options,
                                          pcre2_compile_context* compile) {
  const std::string& pattern = translated.pattern;
  int error = 0;
  PCRE2_SIZE at = 0;
  Owned<pcre2_code> studied(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()),
                                          pattern.size(), options, &error, &at, compile));
  if (!studied) return;
  uint32_t matches_empty = 1, type = 0, byte = 0;
  const uint8_t* bitmap = nullptr;
  pcre2_pattern_info(studied.get(), PCRE2_INFO_MATCHEMPTY, &matches_empty);
  pcre2_pattern_info(studied.get(), PCRE2_INFO_FIRSTCODETYPE, &type);
  pcre2_pattern_info(studied.get(), PCRE2_INFO_FIRSTCODEUNIT, &byte);
  pcre2_pattern_info(studied.get(), PCRE2_INFO_FIRSTBITMAP, &bitmap);
  if (matches_empty) return;
  if (type == 1) {
    if (translated.ignores_case) return;  // it might stand for the other case, too
    only_first = static_cast<int>(byte);
    any_first = false;
  } else if (bitmap) {
    for (unsigned b = 0; b < 256; ++b) first[b] = bitmap[b >> 3] >> (b & 7) & 1;
    any_first = false;
  }
}

// The first place from `from` on where a match can begin; npos when there is none.
size_t PyRegex::Compiled::next_start(std::string_view text, size_t from) const {
  if (any_first) return from;
  if (only_first >= 0) return text.find(static_cast<char>(only_first), from);
  for (; from < text.size(); ++from) {
    if (first[static_cast<unsigned char>(text[from])]) return from;
  }
  return std::string_view::npos;
}

int PyRegex::Compiled::match(std::string_view text, size_t from, uint32_t options) {
  const size_t start = next_start(text, from);
  if (start == std::string_view::npos) return PCRE2_ERROR_NOMATCH;
  if (start != from) options &= ~PCRE2_NOTEMPTY_ATSTART;
  const auto run = [&](uint32_t more) {
    const char* subject = text.data() ? text.data() : "";
    return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(subject), text.size(), start,
                       options | PCRE2_NO_UTF_CHECK | more, data.get(), context.get());
  };
  int rc = run(0);
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !stack) {
    // Rare: grow once, for as long as this object lives.
    stack.reset(pcre2_jit_stack_create(64 * 1024, kJitStackMax, nullptr));
    if (stack) {
      pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
      rc = run(0);
    }
  }
  // The interpreter keeps its stack on the heap, within kHeapLimitKib.
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = run(PCRE2_NO_JIT);
  return rc;
}

PyRegex::PyRegex(std::string_view pattern, RegexFlavor flavor, unsigned flags)
    : compiled_(std::make_unique<Compiled>()), flavor_(flavor) {
  TranslatedRegex translated = translate_python_regex(pattern, flavor, flags);
  groups_ = translated.groups;
  names_ = std::move(translated.names);
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;
  if (flags & kRegexIgnoreCase) options |= PCRE2_CASELESS;
  if (flags & kRegexMultiline) options |= PCRE2_MULTILINE;
  if (flags & kRegexDotAll) options |= PCRE2_DOTALL;
  if (flags & kRegexAnchored) options |= PCRE2_ANCHORED;
  Owned<pcre2_compile_context> compile(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(compile.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE at = 0;
  compiled_->source = std::string(pattern);
  compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.pattern.data()),
                                      translated.pattern.size(), options | PCRE2_NO_START_OPTIMIZE,
                                      &error, &at, compile.get()));
  if (!compiled_->code) {
    throw RegexError("regular expression '" + std::string(pattern) + "': " + pcre2_message(error));
  }
  // Without a JIT on this machine, pcre2_match interprets.
  pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);
  if (!(flags & kRegexAnchored)) {
    compiled_->learn_first_bytes(translated, options, compile.get());
  }
  compiled_->data.reset(pcre2_match_data_create_from_pattern(compiled_->code.get(), nullptr));
  compiled_->context.reset(pcre2_match_context_create(nullptr));
  if (!compiled_->data || !compiled_->context) throw std::bad_alloc();
  pcre2_set_match_limit(compiled_->context.get(), kMatchLimit);
  pcre2_set_heap_limit(compiled_->context.get(), kHeapLimitKib);
}

PyRegex::~PyRegex() = default;
PyRegex::PyRegex(PyRegex&&) noexcept = default;
PyRegex& PyRegex::operator=(PyRegex&&) noexcept = default;

bool PyRegex::search(std::string_view text, RegexMatch& match, size_t from,
                     bool not_empty_at_start) {
  const int rc = compiled_->match(text, from, not_empty_at_start ? PCRE2_NOTEMPTY_ATSTART : 0);
  if (rc == PCRE2_ERROR_NOMATCH) return false;
  if (rc < 0) {
    throw RegexLimitError("the regular expression '" + compiled_->source +
                          "' gave up on a text of " + std::to_string(text.size()) + " bytes: " +
                          pcre2_message(rc) + "; simplify the pattern or drop the record");
  }
  match.subject_ = text;
  match.offsets_ = pcre2_get_ovector_pointer(compiled_->data.get());
  match.count_ = static_cast<uint32_t>(rc);
  return true;
}

void RegexTemplate::append(const RegexMatch& match, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (piece.group >= 0) out += match.text(static_cast<uint32_t>(piece.group));
  }
}

std::optional<std::string> RegexTemplate::constant() const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (piece.group >= 0) return std::nullopt;
    text += piece.literal;
  }
  return text;
}

bool PyRegex::sub(std::string_view text, const RegexTemplate& replacement, std::string& out) {
  bool any = false;
  size_t copied = 0;
  for_each(text, [&](const RegexMatch& match) {
    if (!any) out.clear();
    any = true;
    out.append(text, copied, match.begin() - copied);
    replacement.append(match, out);
    copied = match.end();
    return true;
  });
  if (any) out.append(text, copied, std::string_view::npos);
  return any;
}

bool PyRegex::erase(std::string_view text, std::string& out) {
  return sub(text, RegexTemplate(), out);
}

std::vector<std::optional<std::string_view>> PyRegex::split(std::string_view text) {
  std::vector<std::optional<std::string_view>> pieces;
  size_t from = 0;
  for_each(text, [&](const RegexMatch& match) {
    pieces.emplace_back(text.substr(from, match.begin() - from));
    for (uint32_t g = 1; g <= groups_; ++g) {
      pieces.push_back(match.has(g) ? std::optional(match.text(g)) : std::nullopt);
    }
    from = match.end();
    return true;
  });
  pieces.emplace_back(text.substr(from));
  return pieces;
}

RegexTemplate PyRegex::compile_template(std::string_view t) const {
  RegexTemplate result;
  std::string literal;
  size_t i = 0;
  const bool regex = flavor_ == RegexFlavor::kRegex;
  const auto fail = [&](const std::string& what) {
    throw RegexError("replacement '" + std::string(t) + "': " + what + " at position " +
                     std::to_string(i));
  };
  const auto octal = [&](size_t k) { return k < t.size() && t[k] >= '0' && t[k] <= '7'; };
  const auto digit = [&](size_t k) { return k < t.size() && t[k] >= '0' && t[k] <= '9'; };
  const auto put = [&](uint32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) fail("a code point that no text can hold");
    if (c < 0x80) {
      literal += static_cast<char>(c);
    } else if (c < 0x800) {
      literal += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      literal += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                  static_cast<char>(0x80 | (c & 63))};
    } else {
      literal += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
                  static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
  };
  const auto add_group = [&](uint64_t n) {
    if (n > groups_) fail("invalid group reference " + std::to_string(n));
    result.pieces_.push_back({std::move(literal), static_cast<int64_t>(n)});
    literal.clear();
  };
  const auto hex = [&](size_t digits) {
    uint32_t v = 0;
    for (size_t k = 0; k < digits; ++k, ++i) {
      if (i >= t.size() || !isxdigit(static_cast<unsigned char>(t[i]))) fail("incomplete escape");
      v = v * 16 + static_cast<uint32_t>(digit(i) ? t[i] - '0' : (t[i] | 32) - 'a' + 10);
    }
    put(v);
  };
  while (i < t.size()) {
    if (t[i] != '\\') {
      literal += t[i++];
      continue;
    }
    if (++i >= t.size()) fail("bad escape (end of pattern)");
    const char c = t[i];
    if (c == 'g') {
      if (i + 1 >= t.size() || t[i + 1] != '<') fail("missing <");
      const size_t end = t.find('>', i);
      if (end == std::string_view::npos) fail("missing >, unterminated name");
      std::string name(t.substr(i + 2, end - i - 2));
      if (name.empty()) fail("missing group name");
      i = end + 1;
      if (name.find_first_not_of("0123456789") == std::string::npos) {
        if (name.size() > 6) fail("invalid group reference " + name);
        add_group(std::stoul(name));
      } else {
        const auto found = names_.find(name);
        if (found == names_.end()) fail("unknown group name '" + name + "'");
        add_group(found->second);
      }
    } else if (c == '0' || (octal(i) && octal(i + 1) && octal(i + 2))) {
      uint32_t v = 0;
      for (int k = 0; k < 3 && octal(i); ++k) v = v * 8 + static_cast<uint32_t>(t[i++] - '0');
      if (!regex && v > 0377) fail("octal escape value outside of range 0-0o377");
      put(v);
    } else if (digit(i)) {
      uint32_t n = static_cast<uint32_t>(t[i++] - '0');
      if (digit(i)) n = n * 10 + static_cast<uint32_t>(t[i++] - '0');
      add_group(n);
    } else if (const size_t k = std::string_view("abfnrtv").find(c); k != std::string_view::npos) {
      literal += "\a\b\f\n\r\t\v"[k];
      ++i;
    } else if (c == '\\') {
      literal += '\\';
      ++i;
    } else if (regex && (c == 'x' || c == 'u' || c == 'U')) {
      ++i;
      hex(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      fail(std::string("bad escape \\") + c);
    } else {
      literal += '\\';
      literal += c;
      ++i;
    }
  }
  if (!literal.empty()) result.pieces_.push_back({std::move(literal), -1});
  return result;
}

}  // namespace ophost::textkit
