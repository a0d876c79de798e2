// A batch: some consecutive records of a partition, kept as their raw JSON lines plus the columns that
// operators read or wrote, in Arrow's layout, so that a plugin sees them without a copy.
//
// A batch belongs to one worker; nothing here is thread-safe. Buffers are reused from batch to batch
// (first touch of fresh memory costs more than the work done on it), so clear() keeps capacity.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/abi.h"

namespace ophost {

// LSB-first bits, as Arrow and the ABI have them; bits past `size` in the last byte are 0.
class Bitmap {
 public:
  void assign(std::size_t bits, bool value);
  bool get(std::size_t i) const { return bytes_[i >> 3] >> (i & 7) & 1; }
  void set(std::size_t i) { bytes_[i >> 3] |= static_cast<std::uint8_t>(1u << (i & 7)); }
  void clear(std::size_t i) { bytes_[i >> 3] &= static_cast<std::uint8_t>(~(1u << (i & 7))); }
  void put(std::size_t i, bool v) { v ? set(i) : clear(i); }
  std::size_t size() const { return bits_; }
  std::size_t count() const;  // set bits
  bool all() const { return count() == bits_; }
  bool none() const { return count() == 0; }
  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t bytes() const { return (bits_ + 7) / 8; }
  void and_with(const Bitmap& other);  // same size

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t bits_ = 0;
};

enum class ColumnType : std::int32_t {
  kStr = OPH_T_STR, kBytes = OPH_T_BYTES, kI64 = OPH_T_I64, kF64 = OPH_T_F64,
  kBool = OPH_T_BOOL8, kU64X = OPH_T_U64X, kJson = OPH_T_JSON
};
inline bool is_variable(ColumnType t) {
  return t == ColumnType::kStr || t == ColumnType::kBytes || t == ColumnType::kJson;
}

// A column that the operators of a pass read or write. `path` is a dotted field name or "$record". What follows
// "__dj__stats__." and "__dj__meta__." is one key, dots and all.
struct ColumnSpec {
  std::string path;
  ColumnType type = ColumnType::kStr;
  bool operator==(const ColumnSpec&) const = default;
};

// Is what stands below this member of a record one key, even with dots in it?
inline bool has_literal_keys(std::string_view member) { return member == "__dj__stats__" || member == "__dj__meta__"; }

// Does the dotted `path` name something inside of what `whole` names?
inline bool is_below(std::string_view path, std::string_view whole) {
  return path.size() > whole.size() && path.starts_with(whole) && path[whole.size()] == '.';
}

// One column of a batch. For variable types row r is values[offsets[r] .. offsets[r+1]).
struct Column {
  ColumnSpec spec;
  Bitmap valid;         // present and not null
  Bitmap changed;       // written since the last checkpoint border (a tap stores these cells)
  Bitmap changed_ever;  // differs from the input line (the splicer writes these cells)
  std::vector<std::int64_t> offsets;  // variable types: rows + 1
  std::string values;                 // variable types
  std::vector<std::int64_t> i64;      // kI64; kF64 keeps doubles in f64; kBool in i64 as 0/1
  std::vector<double> f64;

  // `rows` cells, all absent and unchanged; keeps spec and capacity.
  void reset(std::size_t rows);
  std::string_view str(std::size_t row) const {
    return std::string_view(values).substr(static_cast<std::size_t>(offsets[row]),
                                           static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
  }
};

// Why a record cannot be processed. Lives with the batch until the run writes it to quarantine/.
struct RowFault {
  std::size_t row;     // row of the batch
  std::int32_t op;     // index of the operator in the recipe, or -1 for the reader
  std::int32_t code;   // OPH_E_*
  std::string reason;  // one sentence
};

struct Batch {
  std::uint64_t partition = 0;
  std::uint64_t first_row = 0;   // ordinal within the partition of row 0
  std::string bytes;             // the raw lines, one after the other
  std::vector<std::uint64_t> line_begin, line_size;  // into bytes; without the newline
  std::vector<std::uint64_t> line_number;            // 1-based, in the input file
  std::vector<std::uint64_t> byte_offset;            // of the line, in the (decompressed) input file
  std::vector<std::uint64_t> row_ids;                // partition << 40 | ordinal
  // Of records that operators made, the partition of the input they came from (kOwnPartition: the one they are in);
  // empty for records as they were read.
  std::vector<std::uint32_t> origin_partition;
  Bitmap alive;
  std::vector<Column> columns;
  std::vector<RowFault> faults;

  std::size_t rows() const { return line_begin.size(); }
  std::string_view line(std::size_t row) const {
    return std::string_view(bytes).substr(line_begin[row], line_size[row]);
  }
  // Marks `row` dead and notes why.
  void fail(std::size_t row, std::int32_t op, std::int32_t code, std::string reason);
  void clear();  // no rows; columns keep their specs and capacity
};

constexpr std::uint32_t kOwnPartition = UINT32_MAX;
constexpr std::uint64_t kRowBits = 40;
inline std::uint64_t row_id(std::uint64_t partition, std::uint64_t ordinal) {
  return partition << kRowBits | ordinal;
}

// Fills alive (all, but for faults) and the columns of `batch` (their specs are set, lines are set) from the lines:
//  - validates each line: JSON object, valid UTF-8, complete; a line that is not gets a RowFault whose
//    reason names the byte within the line and what was expected, and is dead;
//  - kStr: the unescaped value of the last member of that name (as Python's json: last wins). For `required`
//    (an index into columns, or -1: the text key) a missing, null or non-string value is a RowFault
//    naming the key and what was found; for other kStr columns a non-string is simply not valid;
//  - kJson: the raw JSON text of the value, null included; kI64/kF64/kBool: the number, invalid when absent or of
//    another type (kF64 accepts integers); "$record": the line itself;
//  - a lone surrogate escape in a kStr column is a RowFault (it has no UTF-8 form).
// Depth, number size and record size are bounded by memory alone.
void extract_columns(Batch& batch, int required);

}  // namespace ophost
