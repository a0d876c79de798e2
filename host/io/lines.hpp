// What counts as a line and as a record: one answer for the cutter and the reader. Private to host/io.
// Pure functions; any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/io/source.hpp"

namespace ophost {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// White space only: JSON's, which includes the "\r" of CRLF.
inline bool is_blank(std::string_view line) {
  for (char c : line)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  return true;
}

inline bool is_sampled(const InputFile& file) { return file.weight != 1.0 || file.max_records != 0; }

// How many records the first `n` of a file give: floor(n * weight), at most max_records.
inline std::uint64_t sampled_before(const InputFile& file, std::uint64_t n) {
  std::uint64_t taken = n;
  if (file.weight != 1.0) taken = static_cast<std::uint64_t>(std::floor(static_cast<double>(n) * file.weight));
  return file.max_records != 0 && taken > file.max_records ? file.max_records : taken;
}

// The content hash of a partition from the hash of its bytes: what decides which of its records are
// taken belongs to it.
inline Hash128 partition_content(const InputFile& file, std::uint64_t first_record, const Hash128& bytes) {
  if (!is_sampled(file)) return bytes;
  std::uint64_t weight_bits;
  static_assert(sizeof weight_bits == sizeof file.weight);
  __builtin_memcpy(&weight_bits, &file.weight, sizeof weight_bits);
  return Hasher().field("sampled").field(bytes.view()).field(weight_bits).field(file.max_records)
      .field(first_record).digest();
}

}  // namespace ophost
