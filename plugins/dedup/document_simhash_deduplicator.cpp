// document_simhash_deduplicator.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/document_simhash_deduplicator.hpp"

#include <charconv>
#include <string_view>
#include <vector>

namespace ophost::dedup {
namespace {

unsigned distance_from(const Params& params) {
  const std::int64_t blocks = params.get_int("num_blocks"),
                     bits = params.get_int("hamming_distance");
  if (bits >= blocks) {
    throw ConfigError("parameter 'num_blocks': it must be greater than hamming_distance, got " +
                      std::to_string(blocks) + " and " + std::to_string(bits));
  }
  if (bits < 1 || bits > 63) {
    throw ConfigError("parameter 'hamming_distance': expected 1 to 63, got " +
                      std::to_string(bits));
  }
  return static_cast<unsigned>(bits);
}

// Of a record that an earlier deduplicator signed: taken at its word, as Data-Juicer does.
bool stored_signature(std::string_view text, std::uint64_t& signature) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, signature);
  return error == std::errc() && end == last;
}

}  // namespace

DocumentSimhashDeduplicator::DocumentSimhashDeduplicator(const Params& params, Host host)
    : simhash_(ShingleOptions::from(params)), distance_(distance_from(params)), host_(host) {}

void DocumentSimhashDeduplicator::keys(const Row& row, std::uint64_t* out, std::string* hash) {
  std::uint64_t signature = 0;
  if (row.is_null(1) || !stored_signature(row.str(1), signature)) {
    signature = simhash_.sign(row.str(0));
  }
  out[0] = 0;
  out[1] = signature;
  if (hash != nullptr) *hash = std::to_string(signature);
}

void DocumentSimhashDeduplicator::near_keys(const std::uint64_t* keys, std::uint64_t count,
                                            const KeyLinker& link) const {
  std::vector<std::uint64_t> signatures(count);
  for (std::size_t i = 0; i < count; ++i) signatures[i] = keys[2 * i + 1];
  near_pairs(
      signatures.data(), count, distance_, [&](std::size_t i, std::size_t j) { link(i, j); },
      [this] { return host_.cancelled(); });
}

}  // namespace ophost::dedup
