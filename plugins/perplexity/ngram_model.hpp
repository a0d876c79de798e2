// A back-off language model as KenLM scores it: log10, float32, the same sums in the same order.
// Owner: plugins/perplexity. Immutable once loaded; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ophost {

// KenLM's hash of a word and of an n-gram (the last word first).
std::uint64_t hash_word(std::string_view word);
inline std::uint64_t extend_hash(std::uint64_t hash, std::uint32_t word_before) {
  return hash * 8978948897894561157u ^ (std::uint64_t{word_before} + 1) * 17894857484156487943u;
}

// Open addressing over entries of 8 bytes of key (0: empty) and `value_bytes` of value, where the
// next entry is tried after a collision: what lies in a binary model. Reads of it are unaligned.
class NgramTable {
 public:
  NgramTable() = default;
  // A table to be filled, with room for `entries`; it grows.
  NgramTable(std::size_t value_bytes, std::uint64_t entries);
  // A table that lies in a mapped file.
  NgramTable(std::size_t value_bytes, const char* begin, std::uint64_t buckets)
      : begin_(begin), stride_(8 + value_bytes), buckets_(buckets) {}

  // The value, or null.
  const char* find(std::uint64_t key) const {
    if (buckets_ == 0) return nullptr;
    std::uint64_t at = key % buckets_;
    for (std::uint64_t tried = 0; tried < buckets_; ++tried) {
      const char* const entry = begin_ + at * stride_;
      const std::uint64_t there = key_of(entry);
      if (there == key) return entry + 8;
      if (there == 0) return nullptr;
      if (++at == buckets_) at = 0;
    }
    return nullptr;
  }
  // The value to be written, zero when it is new; valid until the next insert.
  char* insert(std::uint64_t key);

 private:
  static std::uint64_t key_of(const char* entry) {
    std::uint64_t key;
    std::memcpy(&key, entry, sizeof key);
    return key;
  }
  char* place(std::uint64_t key);

  std::vector<char> own_;
  const char* begin_ = nullptr;
  std::size_t stride_ = 8;
  std::uint64_t buckets_ = 0;
  std::uint64_t used_ = 0;
};

class NgramModel {
 public:
  static constexpr std::size_t kMaxOrder = 16;

  // Reads an ARPA text file or KenLM's binary format "probing hash tables"; a file that another
  // instance has open is shared. Throws ConfigError naming the file and what is wrong with it.
  static std::shared_ptr<const NgramModel> open(const std::string& path);
  virtual ~NgramModel() = default;

  // log10 p(line </s> | <s>), words between ASCII blanks. A NUL ends the line, as in KenLM.
  float score(std::string_view line) const;

  // One n-gram's weights; the sign bit of `prob` says that no longer n-gram ends with this one.
  struct Weights {
    float prob = 0, backoff = 0;
  };

 protected:
  // The words that the next one is scored after, the nearest first, and their backoffs by length.
  struct State {
    std::array<std::uint32_t, kMaxOrder> words;
    std::array<float, kMaxOrder> backoff;
    std::size_t length = 0;
  };
  float score_word(const State& in, std::uint32_t word, State& out) const;
  std::uint32_t index(std::string_view word) const;  // 0 for an unknown word
  Weights unigram(std::uint32_t word) const {
    Weights w;
    std::memcpy(&w, unigrams_ + std::size_t{word} * sizeof w, sizeof w);
    return w;
  }
  // Looks up <s> and </s>, which must be there.
  void finish(const std::string& path);

  std::size_t order_ = 0;
  NgramTable vocabulary_;           // hash_word to a 32-bit index
  const char* unigrams_ = nullptr;  // Weights by index
  std::vector<NgramTable> middle_;  // 2-grams to (order-1)-grams: Weights
  NgramTable longest_;              // a float
  std::uint32_t begin_ = 0, end_ = 0;
};

// The two formats; `path` is for messages. Both throw ConfigError.
std::shared_ptr<const NgramModel> read_arpa(const std::string& path);
bool is_kenlm_binary(const std::string& path);
std::shared_ptr<const NgramModel> map_kenlm_binary(const std::string& path);

}  // namespace ophost
