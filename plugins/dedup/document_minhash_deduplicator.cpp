// document_minhash_deduplicator.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/document_minhash_deduplicator.hpp"

#include <algorithm>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ophost::dedup {
namespace {

Bands bands_from(const Params& params, std::size_t permutations) {
  // Data-Juicer's rule: one of the two alone is not enough.
  if (params.is_null("num_bands") || params.is_null("num_rows_per_band")) {
    return optimal_bands(params.get_double("jaccard_threshold"), permutations);
  }
  const auto positive = [&params](const char* name) {
    constexpr std::int64_t kMost = 100'000;
    const std::int64_t n = params.get_int(name);
    if (n >= 1 && n <= kMost) return static_cast<std::size_t>(n);
    throw ConfigError("parameter '" + std::string(name) + "': expected 1 to 100000, got " +
                      std::to_string(n));
  };
  return {positive("num_bands"), positive("num_rows_per_band")};
}

std::size_t permutations_from(const Params& params) {
  const std::int64_t n = params.get_int("num_permutations");
  if (n < 1 || n > 1'000'000) {
    throw ConfigError("parameter 'num_permutations': expected 1 to 1000000, got " +
                      std::to_string(n));
  }
  return static_cast<std::size_t>(n);
}

// Sentencepiece needs a model, which only the MinHash deduplicators have a parameter for.
ShingleOptions with_model(ShingleOptions options, const Params& params, const Host& host) {
  if (options.tokenization != Tokenization::kSentencepiece) return options;
  if (params.is_null("tokenizer_model")) {
    throw ConfigError(
        "parameter 'tokenizer_model': the tokenization \"sentencepiece\" needs a model here, a "
        "resource name or an absolute path");
  }
  options.model = host.resource(params.get_string("tokenizer_model"));
  return options;
}

void put_key(const void* bytes, std::size_t size, std::uint64_t* out) {
  const XXH128_hash_t h = XXH3_128bits(bytes, size);
  out[0] = h.high64;
  out[1] = h.low64;
}

}  // namespace

MinHash::MinHash(const Params& params, const Host& host)
    : shingler_(with_model(ShingleOptions::from(params), params, host)),
      permutations_(permutations_from(params)),
      bands_(bands_from(params, permutations_.size())),
      sha1_(choose_sha1()),
      signature_(permutations_.size()) {
  if (bands_.bands == 0) {
    throw ConfigError("no number of bands fits jaccard_threshold " +
                      std::string(params.json("jaccard_threshold")) + ": give one in [0, 1]");
  }
}

void MinHash::keys(std::string_view text, std::uint64_t* out, std::string* hash) {
  shingler_.read(text);
  const std::size_t n = shingler_.size();
  messages_.resize(n);
  hashes_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view s = shingler_[i];
    messages_[i] = {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
  }
  sha1_(messages_.data(), n, hashes_.data());
  permutations_.sign(hashes_.data(), n, signature_.data());
  static const char digits[] = "0123456789abcdef";
  if (hash != nullptr) *hash = "[";
  for (std::size_t b = 0; b < bands_.bands; ++b) {
    // Bands beyond the signature are cut short, or empty: all texts meet there.
    const std::size_t from = std::min(b * bands_.rows, signature_.size());
    const std::size_t to = std::min(from + bands_.rows, signature_.size());
    put_key(signature_.data() + from, (to - from) * sizeof(std::uint32_t), out + 2 * b);
    if (hash == nullptr) continue;
    *hash += b == 0 ? "\"" : ", \"";
    for (std::size_t r = from; r < to; ++r) {
      for (int shift = 28; shift >= 0; shift -= 4) *hash += digits[signature_[r] >> shift & 15];
    }
    *hash += '"';
  }
  if (hash != nullptr) *hash += ']';
}

bool MinHash::stored_keys(std::string_view text, std::uint64_t* out) {
  std::size_t b = 0;
  std::vector<std::uint32_t> rows;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string_view::npos; ++at) {
    const std::size_t end = text.find('"', at + 1);
    if (end == std::string_view::npos || (end - at - 1) % 8 != 0 || b == bands_.bands) return false;
    rows.clear();
    for (std::size_t i = at + 1; i < end; i += 8) {
      rows.push_back(
          static_cast<std::uint32_t>(std::stoul(std::string(text.substr(i, 8)), nullptr, 16)));
    }
    put_key(rows.data(), rows.size() * sizeof(std::uint32_t), out + 2 * b++);
    at = end;
  }
  return b == bands_.bands;
}

namespace {

void keys_of(MinHash& minhash, const Row& row, std::uint64_t* out, std::string* hash) {
  // A record hashed by an earlier deduplicator is taken at its word, as Data-Juicer does.
  if (!row.is_null(1) && minhash.stored_keys(row.json(1), out)) {
    if (hash != nullptr) *hash = row.json(1);
    return;
  }
  minhash.keys(row.str(0), out, hash);
}

}  // namespace

void DocumentMinhashDeduplicator::keys(const Row& row, std::uint64_t* out, std::string* hash) {
  keys_of(minhash_, row, out, hash);
}

void DocumentMinhashDeduplicatorWithUid::keys(const Row& row, std::uint64_t* out,
                                              std::string* hash) {
  keys_of(minhash_, row, out, hash);
}

std::int64_t DocumentMinhashDeduplicatorWithUid::rank(const Row& row) {
  if (row.is_null(2)) {
    throw RecordError(
        "the field __dj__uid is null or missing: this deduplicator needs an integer in it");
  }
  return row.i64(2);
}

}  // namespace ophost::dedup
