// A derived column and a filter that reads it. The host computes the column once per batch, however
// many operators of a pass name it in derives(), and never stores it.
#include "ophost/ophost.hpp"

class WordCountColumn {
 public:
  static constexpr auto kInfo =
      ophost::derived_column("example_word_count_column")
          .summary("The number of words between spaces, for other operators.")
          .reads("$text_key")
          .writes("$example.word_count:i64")
          .promises(ophost::kPure | ophost::kConcurrent);

  WordCountColumn(const ophost::Params&, ophost::Host) {}

  void map(const ophost::Row& in, ophost::RowOut& out) const {
    std::int64_t words = 0;
    bool inside = false;
    for (const char c : in.str(0)) {
      if (c != ' ' && !inside) ++words;
      inside = c != ' ';
    }
    out.set_i64(0, words);
  }
};

class WordCountFilter {
 public:
  static constexpr auto kInfo =
      ophost::filter("example_word_count_filter")
          .summary("Keeps records with at least so many words.")
          .params(OPHOST_PARAMS(OPHOST_PARAM("min_words", "integer", "1", "Fewest words to keep.")))
          .derives("$example.word_count:i64")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("example_word_count_filter:\n  min_words: 3\n");

  WordCountFilter(const ophost::Params& params, ophost::Host)
      : min_words_(params.get_int("min_words")) {}

  // No statistic of its own: keep() sees the columns that are read.
  bool keep(const ophost::Row& in) const { return in.i64(0) >= min_words_; }

 private:
  std::int64_t min_words_;
};

OPHOST_PLUGIN("org.example.word-count", "1.0.0", WordCountColumn, WordCountFilter);
