// Bitmap, Column and Batch: the containers of batch.hpp. One worker each.
#include "host/batch/batch.hpp"

#include <bit>

namespace ophost {
namespace {

// Buffers are kept for the next batch, but not the one a huge record needed.
constexpr std::size_t kKeptCapacity = 32u << 20;

void empty(std::string& s) {
  if (s.capacity() > kKeptCapacity) s = std::string();
  else s.clear();
}

}  // namespace

void Bitmap::assign(std::size_t bits, bool value) {
  bits_ = bits;
  bytes_.assign(bytes(), value ? 0xFF : 0);
  if (value && bits % 8 != 0) bytes_.back() = static_cast<std::uint8_t>((1u << (bits % 8)) - 1);
}

std::size_t Bitmap::count() const {
  std::size_t n = 0, i = 0;
  for (; i + 8 <= bytes_.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes_.data() + i, 8);
    n += static_cast<std::size_t>(std::popcount(word));
  }
  for (; i < bytes_.size(); ++i) n += static_cast<std::size_t>(std::popcount(bytes_[i]));
  return n;
}

void Bitmap::and_with(const Bitmap& other) {
  for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] &= other.bytes_[i];
}

void Column::reset(std::size_t rows) {
  valid.assign(rows, false);
  changed.assign(rows, false);
  changed_ever.assign(rows, false);
  offsets.clear();
  empty(values);
  i64.clear();
  f64.clear();
  if (is_variable(spec.type)) offsets.assign(rows + 1, 0);
  else if (spec.type == ColumnType::kF64) f64.assign(rows, 0);
  else i64.assign(rows, 0);
}

void Batch::fail(std::size_t row, std::int32_t op, std::int32_t code, std::string reason) {
  alive.clear(row);
  faults.push_back({row, op, code, std::move(reason)});
}

void Batch::clear() {
  partition = first_row = 0;
  empty(bytes);
  line_begin.clear();
  line_size.clear();
  line_number.clear();
  byte_offset.clear();
  row_ids.clear();
  origin_partition.clear();
  alive.assign(0, false);
  for (Column& c : columns) c.reset(0);
  faults.clear();
}

}  // namespace ophost
