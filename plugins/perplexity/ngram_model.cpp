// Scoring and the hash tables. Owner: plugins/perplexity.
#include "plugins/perplexity/ngram_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "ophost/ophost.hpp"

namespace ophost {

// MurmurHash64A with seed 0.
std::uint64_t hash_word(std::string_view word) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  std::uint64_t h = word.size() * kMultiplier;
  std::size_t at = 0;
  for (; at + 8 <= word.size(); at += 8) {
    std::uint64_t k;
    std::memcpy(&k, word.data() + at, sizeof k);
    k *= kMultiplier;
    k = (k ^ k >> 47) * kMultiplier;
    h = (h ^ k) * kMultiplier;
  }
  if (at < word.size()) {
    std::uint64_t tail = 0;
    std::memcpy(&tail, word.data() + at, word.size() - at);
    h = (h ^ tail) * kMultiplier;
  }
  h = (h ^ h >> 47) * kMultiplier;
  return h ^ h >> 47;
}

NgramTable::NgramTable(std::size_t value_bytes, std::uint64_t entries)
    : stride_(8 + value_bytes), buckets_(entries + entries / 2 + 1) {
  own_.resize(buckets_ * stride_);
  begin_ = own_.data();
}

char* NgramTable::place(std::uint64_t key) {
  std::uint64_t at = key % buckets_;
  while (true) {
    char* const entry = own_.data() + at * stride_;
    const std::uint64_t there = key_of(entry);
    if (there == 0 || there == key) return entry;
    if (++at == buckets_) at = 0;
  }
}

char* NgramTable::insert(std::uint64_t key) {
  if (4 * (used_ + 1) > 3 * buckets_) {
    const std::vector<char> old = std::move(own_);
    buckets_ = 2 * buckets_ + 8;
    own_.assign(buckets_ * stride_, 0);
    begin_ = own_.data();
    for (std::size_t i = 0; i < old.size(); i += stride_) {
      if (const std::uint64_t k = key_of(old.data() + i); k != 0) {
        std::memcpy(place(k), old.data() + i, stride_);
      }
    }
  }
  char* const entry = place(key);
  if (key_of(entry) == 0) ++used_;
  std::memcpy(entry, &key, sizeof key);
  return entry + 8;
}

std::shared_ptr<const NgramModel> NgramModel::open(const std::string& path) {
  static std::mutex mutex;
  static auto& loaded = *new std::map<std::string, std::weak_ptr<const NgramModel>>;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const NgramModel>& slot = loaded[path];
  if (auto there = slot.lock()) return there;
  auto fresh = is_kenlm_binary(path) ? map_kenlm_binary(path) : read_arpa(path);
  slot = fresh;
  return fresh;
}

std::uint32_t NgramModel::index(std::string_view word) const {
  const char* const value = vocabulary_.find(hash_word(word));
  std::uint32_t found = 0;
  if (value != nullptr) std::memcpy(&found, value, sizeof found);
  return found;
}

void NgramModel::finish(const std::string& path) {
  begin_ = index("<s>");
  end_ = index("</s>");
  for (const auto& [word, found] : {std::pair("<s>", begin_), std::pair("</s>", end_)}) {
    if (found == 0) {
      throw ConfigError("'" + path + "': the model's unigrams lack " + word +
                        ", without which no line can be scored");
    }
  }
}

float NgramModel::score_word(const State& in, std::uint32_t word, State& out) const {
  const auto has_extension = [](float backoff) {  // -0.0 says: no longer n-gram begins so
    return backoff != 0 || !std::signbit(backoff);
  };
  const Weights uni = unigram(word);
  float prob = -std::fabs(uni.prob);
  bool extends = !std::signbit(uni.prob);
  std::size_t length = 1;
  out.words[0] = word;
  out.backoff[0] = uni.backoff;
  out.length = has_extension(uni.backoff) ? 1 : 0;
  std::uint64_t hash = word;
  for (std::size_t n = 2; n <= in.length + 1 && extends; ++n) {
    hash = extend_hash(hash, in.words[n - 2]);
    if (n == order_) {
      const char* const found = longest_.find(hash);
      if (found == nullptr) break;
      std::memcpy(&prob, found, sizeof prob);
      prob = -std::fabs(prob);
      length = n;
      break;
    }
    const char* const found = middle_[n - 2].find(hash);
    if (found == nullptr) break;
    Weights w;
    std::memcpy(&w, found, sizeof w);
    prob = -std::fabs(w.prob);
    extends = !std::signbit(w.prob);
    length = n;
    out.words[n - 1] = in.words[n - 2];
    out.backoff[n - 1] = w.backoff;
    if (has_extension(w.backoff)) out.length = n;
  }
  for (std::size_t n = length; n <= in.length; ++n) prob += in.backoff[n - 1];
  return prob;
}

float NgramModel::score(std::string_view line) const {
  State states[2];
  State *now = &states[0], *next = &states[1];
  now->words[0] = begin_;
  now->backoff[0] = unigram(begin_).backoff;
  now->length = 1;
  line = line.substr(0, line.find('\0'));
  float total = 0;
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  for (std::size_t at = 0; (at = line.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    total += score_word(*now, index(line.substr(at, end - at)), *next);
    std::swap(now, next);
    at = end;
  }
  return total + score_word(*now, end_, *next);
}

}  // namespace ophost
