// Whole-text measurements in blocks of 64 bytes: characters, classes, lines, words.
// Owner: plugins/textkit. Pure functions, any thread; AVX2 where the processor has it, else SSE2.
// All text is valid UTF-8; lengths are in characters (code points) unless they say bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ophost::textkit {

struct ClassCount {
  std::size_t members = 0;
  std::size_t characters = 0;
};

struct LineCount {
  std::size_t lines = 0;       // of str.splitlines
  std::size_t characters = 0;  // with the line breaks
};

// One implementation of the scans. The functions below choose; tests compare the tables.
struct ScanKernels {
  std::size_t (*count_chars)(std::string_view text);
  ClassCount (*count_alnum)(std::string_view text);
  ClassCount (*count_special)(std::string_view text);
  LineCount (*count_lines)(std::string_view text);
  std::size_t (*longest_line)(std::string_view text);
  std::size_t (*count_words)(std::string_view text);
  void (*word_masks)(std::string_view text, std::uint64_t* separators, std::uint64_t* letters);
  const char* (*find_any)(const char* begin, const char* end, const char (&bytes)[5]);
};
extern const ScanKernels kSse2Kernels;
extern const ScanKernels kAvx2Kernels;  // only where the processor has AVX2, BMI and POPCNT

bool has_avx2();
inline const ScanKernels& scan_kernels() {
  static const ScanKernels& chosen = has_avx2() ? kAvx2Kernels : kSse2Kernels;
  return chosen;
}

// len(text)
inline std::size_t count_chars(std::string_view text) {
  return scan_kernels().count_chars(text);
}

// Characters for which str.isalnum holds, and all characters.
inline ClassCount count_alnum(std::string_view text) {
  return scan_kernels().count_alnum(text);
}

// Characters of SPECIAL, and all characters.
inline ClassCount count_special(std::string_view text) {
  return scan_kernels().count_special(text);
}

inline LineCount count_lines(std::string_view text) {
  return scan_kernels().count_lines(text);
}

// Length of the longest line of str.splitlines, without its break.
inline std::size_t longest_line(std::string_view text) {
  return scan_kernels().longest_line(text);
}

// Words (pieces between U+0020, \n and \t) that hold at least one character outside SPECIAL.
inline std::size_t count_words(std::string_view text) {
  return scan_kernels().count_words(text);
}

// One bit per byte of `text`, in (text.size() + 63) / 64 values each: the separators of words, and
// the first bytes of the characters outside SPECIAL. Bits behind the text are separators.
inline void word_masks(std::string_view text, std::uint64_t* separators, std::uint64_t* letters) {
  scan_kernels().word_masks(text, separators, letters);
}

// The first byte in [begin, end) that is one of `bytes` (repeat one to fill up); `end` if none is.
inline const char* find_any(const char* begin, const char* end, const char (&bytes)[5]) {
  return scan_kernels().find_any(begin, end, bytes);
}

}  // namespace ophost::textkit
