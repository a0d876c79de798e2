// Word lists of a folder: files NAME.json holding {language: [words]}.
// Owner: plugins/text-filters. Read while an operator is constructed, immutable afterwards, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"

namespace ophost {

class WordSet {
 public:
  explicit WordSet(std::vector<std::string> words);
  bool contains(std::string_view word) const;
  std::size_t size() const { return words_.size(); }

 private:
  std::size_t slot_of(std::string_view word, std::uint64_t hash) const;
  std::vector<std::string> words_;
  std::vector<std::uint32_t> slots_;  // number of a word plus one, 0 = free
  int shift_;
};

// The words of `language` in all files of `folder` whose names end with ".json" and contain `kind`,
// files in order of their names. "all" is the union of the languages unless a file defines it.
// Throws ConfigError, naming the folder or the file, when there is no such file, one cannot be
// read, or no list of the language.
WordSet load_word_list(const std::string& folder, std::string_view kind,
                       const std::string& language);

}  // namespace ophost
