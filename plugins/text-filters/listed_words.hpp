// What flagged_words_filter and stopwords_filter share: the share of a text's words that are in a
// list. Owner: plugins/text-filters. One object per operator instance, one thread at a time.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/text-filters/params.hpp"
#include "plugins/text-filters/word_list.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/words.hpp"

// The parameters both have beside the bounds; `folder` is the parameter that names the folder of
// the lists.
#define TEXT_FILTERS_LISTED_WORDS(folder)                                                        \
  OPHOST_PARAM("lang", "string", "\"en\"", "Language of the list; 'all' for the union of all."), \
      TEXT_FILTERS_TOKENIZATION,                                                                 \
      OPHOST_PARAM(folder, "string", "\"/root/.cache/data_juicer/assets\"",                      \
                   "Folder of the word lists: a resource name or an absolute path."),            \
      OPHOST_PARAM("use_words_aug", "boolean", "false",                                          \
                   "Count runs of consecutive words, joined, as further words."),                \
      "\"words_aug_group_sizes\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},"          \
      "\"default\":[2],\"description\":\"Lengths of these runs.\"}",                             \
      OPHOST_PARAM("words_aug_join_char", "string", "\"\"", "Text between the words of a run.")

namespace ophost {

class ListedWords {
 public:
  ListedWords(const Params& params, const Host& host, const char* op, const char* folder,
              const char* kind)
      : list_(load(params, host, op, folder, kind)),
        pieces_(textkit::pieces_wanted(params, host)),
        join_(params.get_string("words_aug_join_char")) {
    if (!params.get_bool("use_words_aug")) return;
    for (const std::int64_t size : params.get_ints("words_aug_group_sizes")) {
      if (size < 1) {
        throw ConfigError(std::string(op) + ": 'words_aug_group_sizes' holds " +
                          std::to_string(size) + "; expected whole numbers of at least 1");
      }
      run_sizes_.push_back(static_cast<std::size_t>(size));
    }
  }

  // Listed words by all words (lowered, without special characters at the ends), runs included. `packed`: the column
  // "$words:bytes" of the text, "" when it is not there.
  double ratio(std::string_view text, std::string_view packed) {
    const auto words = pieces_ != nullptr ? pieces_->words(text)
                       : packed.empty()   ? scanner_.scan(text)
                                          : textkit::Words::unpack(packed);
    std::size_t all = words.size();
    auto listed = static_cast<std::size_t>(
        std::count_if(words.begin(), words.end(), [this](auto w) { return list_.contains(w); }));
    for (const std::size_t size : run_sizes_) {
      for (std::size_t i = 0; i + size <= words.size(); ++i) {
        run_.assign(words[i]);
        for (std::size_t k = 1; k < size; ++k) run_.append(join_).append(words[i + k]);
        listed += list_.contains(run_);
        ++all;
      }
    }
    return share(listed, all);
  }

 private:
  static WordSet load(const Params& params, const Host& host, const char* op, const char* folder,
                      const char* kind) {
    try {
      return load_word_list(host.resource(params.get_string(folder)), kind,
                            params.get_string("lang"));
    } catch (const ConfigError& e) {
      throw ConfigError(std::string(op) + ": parameter '" + folder + "': " + e.what());
    }
  }

  WordSet list_;
  std::unique_ptr<textkit::PieceScanner> pieces_;  // null: words between blanks
  std::string join_;
  std::vector<std::size_t> run_sizes_;
  textkit::WordScanner scanner_;
  std::string run_;
};

}  // namespace ophost
