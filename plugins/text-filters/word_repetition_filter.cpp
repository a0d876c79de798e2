// word_repetition_filter: keeps records whose share of repeated word n-grams lies in a range.
// Owner: plugins/text-filters. One instance per worker: the tables are reused from record to
// record.
#include "plugins/text-filters/params.hpp"
#include "plugins/text-filters/repetition_table.hpp"
#include "plugins/textkit/pieces.hpp"
#include "plugins/textkit/words.hpp"

namespace ophost {
namespace {

// N-grams of consecutive words; hashes roll over the hashes of the words. `hashes` may be null: then every word
// is hashed when it is asked for, which takes no memory.
class WordGrams {
 public:
  WordGrams(textkit::Words words, const std::uint64_t* hashes, std::size_t length)
      : words_(words), hashes_(hashes), length_(length) {
    for (std::size_t i = 0; i < length; ++i) {
      state_ = state_ * kMultiplier + word_hash(i);
      drop_ *= kMultiplier;
    }
  }
  std::uint64_t hash(std::size_t i) {
    for (; at_ < i; ++at_) {
      state_ = state_ * kMultiplier + word_hash(at_ + length_) - word_hash(at_) * drop_;
    }
    return (state_ ^ state_ >> 29) * kMultiplier;
  }
  bool equal(std::size_t i, std::size_t j) const {
    for (std::size_t k = length_; k-- > 0;) {
      if (!same_word(i + k, j + k)) return false;
    }
    return true;
  }
  bool extends(std::size_t i, std::size_t j) const {
    return same_word(i + length_ - 1, j + length_ - 1);
  }

 private:
  static constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  std::uint64_t word_hash(std::size_t i) const {
    return hashes_ != nullptr ? hashes_[i] : textkit::hash_bytes(words_[i]);
  }
  bool same_word(std::size_t i, std::size_t j) const {
    return (hashes_ == nullptr || hashes_[i] == hashes_[j]) && words_[i] == words_[j];
  }
  textkit::Words words_;
  const std::uint64_t* hashes_;
  std::size_t length_;
  std::size_t at_ = 0;
  std::uint64_t state_ = 0;
  std::uint64_t drop_ = 1;
};

class WordRepetitionFilter : public RangeFilter<double> {
 public:
  static constexpr auto kInfo =
      filter("word_repetition_filter")
          .summary("Keeps records whose share of repeated word n-grams lies in a range.")
          .params(OPHOST_FILTER_PARAMS(
              TEXT_FILTERS_LANG, TEXT_FILTERS_TOKENIZATION,
              OPHOST_PARAM("rep_len", "integer", "10", "Length of the n-grams in words."),
              TEXT_FILTERS_BOUND("min_ratio", "number", "0.0", "Least share of repeated n-grams."),
              TEXT_FILTERS_BOUND("max_ratio", "number", "0.5",
                                 "Greatest share of repeated n-grams.")))
          .reads("$text_key")
          .derives("$words:bytes")
          .writes("__dj__stats__.word_rep_ratio:f64")
          .promises(kPure)
          .cost("medium")
          .example("word_repetition_filter:\n  rep_len: 10\n  max_ratio: 0.5\n");

  WordRepetitionFilter(const Params& params, Host host)
      : RangeFilter(params, "min_ratio", "max_ratio"),
        length_(ngram_length(params, "word_repetition_filter")),
        pieces_(textkit::pieces_wanted(params, host)) {}

  double stat(std::string_view text, std::string_view packed) {
    const textkit::Words words = pieces_ != nullptr ? pieces_->words(text)
                                 : packed.empty()   ? scanner_.scan(text)
                                                    : textkit::Words::unpack(packed);
    // All n-grams of length 0 are equal, one more than there are words.
    if (length_ == 0) return words.empty() ? 0.0 : 1.0;
    if (words.size() < length_) return 0.0;
    const bool huge = text.size() > kHuge;
    std::uint64_t* const hashes = huge ? nullptr : hashes_.reserve(words.size());
    for (std::size_t i = 0; i < words.size() && !huge; ++i) {
      hashes[i] = textkit::hash_bytes(words[i]);
    }
    table_.count(words.size() - length_ + 1, WordGrams(words, hashes, length_));
    const double ratio = share(table_.total() - table_.singles(), table_.total());
    if (huge) {  // what it took is not worth keeping
      scanner_ = {};
      table_ = {};
    }
    return ratio;
  }

 private:
  static constexpr std::size_t kHuge = 2u << 20;  // bytes of text
  std::size_t length_;
  std::unique_ptr<textkit::PieceScanner> pieces_;  // null: words between blanks
  textkit::WordScanner scanner_;
  textkit::Scratch<std::uint64_t> hashes_;
  textkit::RepetitionTable table_;
};

}  // namespace

OPHOST_OPERATOR(word_repetition_filter, WordRepetitionFilter);

}  // namespace ophost
