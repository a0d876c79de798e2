// The Punkt sentence tokenizer (Kiss and Strunk, 2006) with trained parameters, as NLTK 3.10
// decides. Owner: plugins/sentences. Immutable once loaded; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ophost {

// What was learned of a language: the four files of a folder of NLTK's punkt_tab.
class PunktParameters {
 public:
  // Throws ConfigError naming the file, the line and what is wrong with it.
  static PunktParameters read(const std::string& folder);

  // Words that end with a period without ending a sentence, without that period.
  bool is_abbreviation(std::string_view type) const { return has(abbreviations_, type); }
  // Words that often begin a sentence.
  bool is_starter(std::string_view type) const { return has(starters_, type); }
  // Two words that belong together although a period stands between them.
  bool is_collocation(std::string_view first, std::string_view second) const {
    return has(collocations_, std::string(first) + '\t' + std::string(second));
  }
  // In which positions and cases a word was seen: kBegin... | ...; 0 for an unknown word.
  std::uint32_t contexts(std::string_view type) const {
    const auto at = contexts_.find(type);
    return at == contexts_.end() ? 0 : at->second;
  }
  static constexpr std::uint32_t kMiddleUpper = 1 << 2, kBeginLower = 1 << 4;
  static constexpr std::uint32_t kAnyUpper = 1 << 1 | 1 << 2 | 1 << 3;
  static constexpr std::uint32_t kAnyLower = 1 << 4 | 1 << 5 | 1 << 6;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  using Set = std::unordered_set<std::string, Hash, std::equal_to<>>;
  static bool has(const Set& set, std::string_view type) { return set.find(type) != set.end(); }

  Set abbreviations_, starters_, collocations_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> contexts_;
};

// The tokens of one line of text: words with their periods, single punctuation, dashes, ellipses.
void punkt_words(std::string_view line, std::vector<std::string_view>& words);

// The sentences of a text, in order, as parts of it; blanks between them belong to none.
std::vector<std::string_view> punkt_sentences(std::string_view text, const PunktParameters& params);

}  // namespace ophost
