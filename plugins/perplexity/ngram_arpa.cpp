// Reading ARPA text. Owner: plugins/perplexity. Reads like KenLM: <unk> that is missing has log10
// -100, and an n-gram whose end is no n-gram itself (pruned by other tools) gets one, scored by
// back-off.
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>

#include "ophost/ophost.hpp"
#include "plugins/perplexity/ngram_model.hpp"

namespace ophost {
namespace {

constexpr float kNoExtension = -0.0f;  // see score_word

bool is_unknown(std::string_view word) {
  return word == "<unk>" || word == "<UNK>";
}

class ArpaModel : public NgramModel {
 public:
  explicit ArpaModel(const std::string& path) : path_(path), in_(path, std::ios::binary) {
    if (!in_) fail("cannot be read: " + std::string(std::strerror(errno)));
    read_counts();
    read_unigrams();
    finish(path_);
    for (std::size_t n = 2; n <= order_; ++n) read_ngrams(n);
    next_line();
    if (line_ != "\\end\\") fail_line("expected \\end\\ or fewer n-grams");
    fields_ = {};
    in_.close();
  }

 private:
  struct Entry {
    float prob, backoff;
  };

  [[noreturn]] void fail(const std::string& why) const {
    throw ConfigError("'" + path_ + "' " + why);
  }
  [[noreturn]] void fail_line(const std::string& why) const {
    fail("is no usable ARPA language model: line " + std::to_string(number_) + ": " + why +
         ", found \"" + line_.substr(0, 60) + "\"");
  }

  // The next line that is not blank, without blanks at its end.
  void next_line() {
    do {
      if (!std::getline(in_, line_)) {
        line_ = "the end of the file";
        return;
      }
      ++number_;
      while (!line_.empty() && std::strchr(" \t\r", line_.back()) != nullptr) line_.pop_back();
    } while (line_.empty());
  }

  void read_counts() {
    next_line();
    if (line_ != "\\data\\") fail_line("expected \\data\\");
    for (next_line(); line_.starts_with("ngram "); next_line()) {
      const std::string begin = "ngram " + std::to_string(counts_.size() + 1) + "=";
      std::uint64_t count = 0;
      const char* const end = line_.data() + line_.size();
      if (!line_.starts_with(begin) ||
          std::from_chars(line_.data() + begin.size(), end, count).ptr != end) {
        fail_line("expected \"" + begin + "\" and a number");
      }
      counts_.push_back(count);
    }
    order_ = counts_.size();
    if (order_ < 2 || order_ > kMaxOrder) {
      fail("has n-grams up to length " + std::to_string(order_) + "; expected 2 to " +
           std::to_string(kMaxOrder));
    }
    if (counts_[0] >= UINT32_MAX) fail("has more words than 32-bit numbers");
  }

  // The line has the header of the n-grams of length `n`.
  void expect_header(std::size_t n) const {
    const std::string header = "\\" + std::to_string(n) + "-grams:";
    if (line_ != header) fail_line("expected " + header);
  }

  // The next line: a probability, `n` words into fields_, and perhaps a backoff.
  Entry read_entry(std::size_t n) {
    next_line();
    fields_.clear();
    constexpr std::string_view kBlanks = " \t\r";
    const std::string_view line = line_;
    for (std::size_t at = 0; (at = line.find_first_not_of(kBlanks, at)) != line.npos;) {
      const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
      fields_.push_back(line.substr(at, end - at));
      at = end;
    }
    if (fields_.size() != n + 1 && fields_.size() != n + 2) {
      fail_line("expected a log10 probability, " + std::to_string(n) +
                " words and perhaps a backoff");
    }
    const float prob = number(fields_[0]);
    if (prob > 0) fail_line("expected a log10 probability of at most 0");
    const float backoff = fields_.size() == n + 2 ? number(fields_.back()) : kNoExtension;
    if (n == order_ && backoff != 0) fail_line("expected no backoff after the longest n-grams");
    fields_.erase(fields_.begin());
    fields_.resize(n);
    return {prob, backoff == 0 ? kNoExtension : backoff};
  }
  float number(std::string_view text) const {
    float v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(v)) {
      fail_line("expected a number");
    }
    return v;
  }

  void read_unigrams() {
    expect_header(1);
    vocabulary_ = NgramTable(sizeof(std::uint32_t), counts_[0]);
    // <unk> is 0, whether it is listed or not.
    own_unigrams_.assign(1, {-100, 0});
    for (std::uint64_t i = 0; i < counts_[0]; ++i) {
      const Entry e = read_entry(1);
      // The sign: nothing ends with it yet.
      const Weights w{std::copysign(e.prob, -1.0f), e.backoff};
      if (is_unknown(fields_[0])) {
        own_unigrams_[0] = w;
        continue;
      }
      const auto fresh = static_cast<std::uint32_t>(own_unigrams_.size());
      char* const slot = vocabulary_.insert(hash_word(fields_[0]));
      std::uint32_t there;
      std::memcpy(&there, slot, sizeof there);
      if (there != 0) fail_line("expected every word once");
      std::memcpy(slot, &fresh, sizeof fresh);
      own_unigrams_.push_back(w);
    }
    unigrams_ = reinterpret_cast<const char*>(own_unigrams_.data());
  }

  void read_ngrams(std::size_t n) {
    next_line();
    expect_header(n);
    NgramTable table(n == order_ ? sizeof(float) : sizeof(Weights), counts_[n - 1]);
    std::vector<std::uint32_t> words(n);  // the last first
    for (std::uint64_t i = 0; i < counts_[n - 1]; ++i) {
      const Entry e = read_entry(n);
      for (std::size_t k = 0; k < n; ++k) {
        const std::uint32_t w = index(fields_[k]);
        if (w == 0 && !is_unknown(fields_[k])) fail_line("expected words of the unigrams only");
        words[n - 1 - k] = w;
      }
      const float prob = std::copysign(e.prob, -1.0f);
      char* const slot = table.insert(hash_of(words));
      std::memcpy(slot, &prob, sizeof prob);
      if (n < order_) std::memcpy(slot + sizeof prob, &e.backoff, sizeof e.backoff);
      const Words all(words);
      mark_extended(all.first(n - 1));
      if (!charge_backoff(all.subspan(1))) {
        fail_line("expected the first " + std::to_string(n - 1) + " words to be an n-gram too");
      }
    }
    if (n == order_) {
      longest_ = std::move(table);
    } else {
      middle_.push_back(std::move(table));
    }
  }

  // An n-gram's words, the last first.
  using Words = std::span<const std::uint32_t>;
  static std::uint64_t hash_of(Words words) {
    std::uint64_t hash = words[0];
    for (const std::uint32_t w : words.subspan(1)) hash = extend_hash(hash, w);
    return hash;
  }

  // Takes the sign from an n-gram, as a longer one ends with it, and makes it where it is missing.
  // Returns its log10 probability.
  float mark_extended(Words words) {
    if (words.size() == 1) {
      Weights& w = own_unigrams_[words[0]];
      w.prob = std::fabs(w.prob);
      return -w.prob;
    }
    const std::uint64_t hash = hash_of(words);
    NgramTable& table = middle_[words.size() - 2];
    Weights w{0, kNoExtension};
    if (const char* found = table.find(hash)) {
      std::memcpy(&w, found, sizeof w);
    } else {
      w.prob = mark_extended(words.first(words.size() - 1));
      w.prob += charge_backoff(words.subspan(1)).value_or(0);
    }
    w.prob = std::fabs(w.prob);
    std::memcpy(table.insert(hash), &w, sizeof w);
    return -w.prob;
  }

  // The backoff of an n-gram, which now counts as the begin of a longer one; none when there is no
  // such n-gram.
  std::optional<float> charge_backoff(Words words) {
    const auto extended = [](float backoff) { return backoff == 0 ? 0.0f : backoff; };
    if (words.size() == 1) {
      float& backoff = own_unigrams_[words[0]].backoff;
      return backoff = extended(backoff);
    }
    NgramTable& table = middle_[words.size() - 2];
    const std::uint64_t hash = hash_of(words);
    const char* const found = table.find(hash);
    if (found == nullptr) return std::nullopt;
    Weights w;
    std::memcpy(&w, found, sizeof w);
    w.backoff = extended(w.backoff);
    std::memcpy(table.insert(hash), &w, sizeof w);
    return w.backoff;
  }

  std::string path_;
  std::ifstream in_;
  std::string line_;
  std::uint64_t number_ = 0;
  std::vector<std::uint64_t> counts_;
  std::vector<std::string_view> fields_;
  std::vector<Weights> own_unigrams_;
};

}  // namespace

std::shared_ptr<const NgramModel> read_arpa(const std::string& path) {
  return std::make_shared<ArpaModel>(path);
}

}  // namespace ophost
