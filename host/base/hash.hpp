// XXH3-128 (libxxhash): the hash behind fingerprints and checksums. Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ophost {

// 128 bits, in XXH3's canonical (big-endian) order, so that hex() and bytes() sort alike everywhere.
struct Hash128 {
  std::array<unsigned char, 16> bytes{};

  auto operator<=>(const Hash128&) const = default;
  std::string hex() const;  // 32 lower-case digits
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), 16}; }
  static std::optional<Hash128> from_hex(std::string_view hex);
};

Hash128 hash128(std::string_view bytes);
std::uint64_t hash64(std::string_view bytes);  // XXH3-64, for frame checksums

// Streaming hash. `field` also mixes in the length, so that ("ab","c") and ("a","bc") differ.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  Hasher& update(std::string_view bytes);
  Hasher& field(std::string_view bytes);
  Hasher& field(std::uint64_t value);
  Hash128 digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ophost
