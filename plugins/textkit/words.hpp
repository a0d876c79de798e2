// The words of a text as most word operators see them: pieces between U+0020, \n and \t, lowered,
// without special characters at the ends, empty ones dropped. Owner: plugins/textkit. One object
// per operator instance, one thread at a time; memory is reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>

#include "plugins/textkit/scratch.hpp"

namespace ophost::textkit {

// A 64-bit hash for tables in memory; differs between versions, so never store it.
inline std::uint64_t hash_bytes(std::string_view bytes) {
  const auto load8 = [](const char* p) {
    std::uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
  };
  const auto load4 = [](const char* p) {
    std::uint32_t v;
    std::memcpy(&v, p, sizeof v);
    return std::uint64_t{v};
  };
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15, kSecond = 0xc2b2ae3d27d4eb4f;
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t h = n * kFirst;
  for (; n > 16; p += 8, n -= 8) {
    h = (h ^ load8(p)) * kSecond;
    h ^= h >> 32;
  }
  std::uint64_t a = 0, b = 0;
  if (n >= 8) {
    a = load8(p);
    b = load8(p + n - 8);
  } else if (n >= 4) {
    a = load4(p);
    b = load4(p + n - 4);
  } else if (n != 0) {
    a = static_cast<unsigned char>(p[0]);
    b = static_cast<unsigned char>(p[n / 2]) | std::uint64_t{static_cast<unsigned char>(p[n - 1])}
                                                   << 8;
  }
  h = (h ^ a) * kSecond;
  h = (h ^ (h >> 32) ^ b) * kFirst;
  return h ^ (h >> 29);
}

// Words of one text: 8 bytes each, so that a huge text does not need a multiple of itself. Reads as a random access
// range of std::string_view.
class Words {
 public:
  struct Place {
    std::uint32_t begin, size;
  };
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::string_view;
    Iterator(const Words* words, std::size_t i) : words_(words), i_(i) {}
    std::string_view operator*() const { return (*words_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator was = *this;
      ++i_;
      return was;
    }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const Words* words_;
    std::size_t i_;
  };

  Words() = default;
  Words(const char* text, const Place* places, std::size_t size)
      : text_(text), places_(reinterpret_cast<const char*>(places)), size_(size) {}

  // The words as one string of bytes, and back: u64 number of them, their places, then the lowered text. This is the
  // layout of the derived column "$words:bytes".
  void pack(std::string& out) const;
  static Words unpack(std::string_view packed);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view operator[](std::size_t i) const {
    Place place;  // by bytes: packed words may lie anywhere
    std::memcpy(&place, places_ + i * sizeof place, sizeof place);
    return {text_ + place.begin, place.size};
  }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  const char* text_ = nullptr;
  const char* places_ = nullptr;
  std::size_t size_ = 0;
};

class WordScanner {
 public:
  // The words; valid until the next call. Throws std::length_error beyond 4 GiB of text.
  Words scan(std::string_view text);

 private:
  Scratch<char> lowered_;
  Scratch<std::uint64_t> separators_;
  Scratch<std::uint64_t> letters_;
  Scratch<Words::Place> words_;
};

}  // namespace ophost::textkit
