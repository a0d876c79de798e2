// document_simhash_deduplicator.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/document_simhash_deduplicator.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>

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

void put(std::string& bytes, std::uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(v >> shift & 0xFF);
}
std::uint64_t take(std::string_view bytes, std::size_t at) {
  std::uint64_t v = 0;
  for (std::size_t k = 8; k-- > 0;) v = v << 8 | static_cast<unsigned char>(bytes[at + k]);
  return v;
}

}  // namespace

DocumentSimhashDeduplicator::DocumentSimhashDeduplicator(const Params& params, Host host)
    : simhash_(ShingleOptions::from(params)), distance_(distance_from(params)), host_(host) {}

void DocumentSimhashDeduplicator::update(State& state, const Row& row) {
  std::uint64_t signature = 0;
  bool stored = false;
  if (!row.is_null(1)) {
    // A record signed by an earlier deduplicator is taken at its word, as Data-Juicer does.
    const std::string_view text = row.str(1);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), signature);
    stored = end.ec == std::errc() && end.ptr == text.data() + text.size();
  }
  if (!stored) signature = simhash_.sign(row.str(0));
  state.records.push_back({signature, row.id()});
}

void DocumentSimhashDeduplicator::merge(State& into, const State& from) const {
  into.records.insert(into.records.end(), from.records.begin(), from.records.end());
}

void DocumentSimhashDeduplicator::save(const State& state, std::string& bytes) const {
  bytes.reserve(16 * state.records.size());
  for (const Signed& s : state.records) {
    put(bytes, s.signature);
    put(bytes, s.row);
  }
}

void DocumentSimhashDeduplicator::load(State& state, std::string_view bytes, std::uint32_t) const {
  if (bytes.size() % 16 != 0) {
    throw CallError(OPH_E_INPUT, "the saved state of document_simhash_deduplicator is damaged");
  }
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    state.records.push_back({take(bytes, at), take(bytes, at + 8)});
  }
}

void DocumentSimhashDeduplicator::finish(State& state, std::string& decision) const {
  // Equal signatures side by side, the first row of each in front.
  std::sort(state.records.begin(), state.records.end(), [](const Signed& a, const Signed& b) {
    return a.signature != b.signature ? a.signature < b.signature : a.row < b.row;
  });
  std::vector<std::uint64_t> signatures;
  std::vector<std::uint64_t> first_row;
  std::vector<std::uint64_t> gone;
  for (const Signed& s : state.records) {
    if (!signatures.empty() && signatures.back() == s.signature) {
      gone.push_back(s.row);
    } else {
      signatures.push_back(s.signature);
      first_row.push_back(s.row);
    }
  }
  std::vector<std::size_t> parent(signatures.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&parent](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  near_pairs(
      signatures.data(), signatures.size(), distance_,
      [&](std::size_t i, std::size_t j) {
        const std::size_t a = root(i), b = root(j);
        if (a == b) return;
        // The root of a component is the signature with its first row.
        if (first_row[a] < first_row[b]) {
          parent[b] = a;
        } else {
          parent[a] = b;
        }
      },
      [this] { return host_.cancelled(); });
  host_.check_cancelled();
  for (std::size_t i = 0; i < parent.size(); ++i) {
    if (root(i) != i) gone.push_back(first_row[i]);
  }
  std::sort(gone.begin(), gone.end());
  for (const std::uint64_t row : gone) put(decision, row);
}

void DocumentSimhashDeduplicator::apply(std::string_view decision, const BatchView& in,
                                        std::int64_t* order) const {
  const std::size_t count = decision.size() / 8;
  in.for_each_live([&](std::uint64_t r) {
    const std::uint64_t id = in.row_id(r);
    std::size_t low = 0, high = count;
    while (low < high) {
      const std::size_t mid = (low + high) / 2;
      if (take(decision, 8 * mid) < id) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    // All that stay share a position, so they leave in input order.
    order[r] = low < count && take(decision, 8 * low) == id ? -1 : 0;
  });
}

}  // namespace ophost::dedup
