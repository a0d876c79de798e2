// Reading word lists. See word_list.hpp.
#include "plugins/text-filters/word_list.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "plugins/textkit/words.hpp"

namespace ophost {

WordSet::WordSet(std::vector<std::string> words)
    : words_(std::move(words)), slots_(std::bit_ceil(words_.size() * 2 + 2)) {
  shift_ = 64 - std::countr_zero(slots_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::uint32_t& slot = slots_[slot_of(words_[i], textkit::hash_bytes(words_[i]))];
    if (slot == 0) slot = static_cast<std::uint32_t>(i + 1);
  }
}

// The slot that holds the word, or the free one where it would stand.
std::size_t WordSet::slot_of(std::string_view word, std::uint64_t hash) const {
  std::size_t at = hash >> shift_;
  while (slots_[at] != 0 && words_[slots_[at] - 1] != word) at = (at + 1) & (slots_.size() - 1);
  return at;
}

bool WordSet::contains(std::string_view word) const {
  return slots_[slot_of(word, textkit::hash_bytes(word))] != 0;
}

namespace {

namespace fs = std::filesystem;

// The files of the folder that belong to `kind`, sorted.
std::vector<fs::path> list_files(const std::string& folder, std::string_view kind) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".json") && name.find(kind) != std::string::npos)
      files.push_back(it->path());
  }
  if (error) {
    throw ConfigError("'" + folder + "' cannot be listed: " + error.message() +
                      "; expected a folder with word lists");
  }
  std::sort(files.begin(), files.end());
  return files;
}

using Lists = std::map<std::string, std::vector<std::string>>;

void read_file(const fs::path& path, Lists& lists) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw ConfigError("'" + path.string() + "' cannot be read");
  try {
    json::for_each_member(text, [&](const std::string& language, std::string_view words) {
      std::vector<std::string>& list = lists[language];
      json::for_each_element(words, [&](std::string_view word) {
        if (word[0] != '"') throw ConfigError("a word is no string: " + std::string(word));
        list.push_back(json::decode_string(word));
      });
    });
  } catch (const ConfigError& e) {
    throw ConfigError("'" + path.string() +
                      "': expected {\"language\": [\"word\", ...], ...}: " + e.what());
  }
}

}  // namespace

WordSet load_word_list(const std::string& folder, std::string_view kind,
                       const std::string& language) {
  const std::vector<fs::path> files = list_files(folder, kind);
  if (files.empty()) {
    throw ConfigError("'" + folder + "' holds no file whose name contains '" + std::string(kind) +
                      "' and ends with '.json'");
  }
  Lists lists;
  for (const fs::path& file : files) read_file(file, lists);
  if (!lists.contains("all")) {
    std::vector<std::string> all;
    for (const auto& [name, words] : lists) all.insert(all.end(), words.begin(), words.end());
    lists.emplace("all", std::move(all));
  }
  const auto found = lists.find(language);
  if (found == lists.end()) {
    std::string known;
    for (const auto& [name, words] : lists) known += (known.empty() ? "" : ", ") + name;
    throw ConfigError("'" + folder + "' has no list for the language '" + language +
                      "'; it knows: " + known);
  }
  return WordSet(std::move(found->second));
}

}  // namespace ophost
