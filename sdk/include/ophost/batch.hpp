/* ophost/batch.hpp: views of the records a call is given.
 *
 * All of them borrow the host's memory and die with the call. Read-only; a view may be read from
 * any thread while the call lasts. */
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ophost/host.hpp"
#include "ophost/info.hpp"

namespace ophost {

inline bool bit_of(const std::uint8_t* bits, std::uint64_t i) noexcept {
  return (bits[i >> 3] >> (i & 7)) & 1u;
}

/** A column of STR, BYTES or JSON cells. */
class StrColumn {
 public:
  explicit StrColumn(const oph_column& c)
      : offsets_(c.offsets), bytes_(static_cast<const char*>(c.values)), validity_(c.validity) {}

  std::string_view operator[](std::uint64_t row) const {
    return {bytes_ + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }
  /** False when the field is null or missing; the cell is then unspecified. */
  bool valid(std::uint64_t row) const { return validity_ == nullptr || bit_of(validity_, row); }

 private:
  const std::int64_t* offsets_;
  const char* bytes_;
  const std::uint8_t* validity_;
};

class Row;

/** Some consecutive records; columns stand in the order of `reads`, then `derives`. */
class BatchView {
 public:
  explicit BatchView(const oph_batch* batch) : batch_(detail::adopt(batch)) {}

  std::uint64_t size() const { return batch_.rows; }
  std::size_t column_count() const { return batch_.column_count; }
  /** False for a row that was dropped earlier: skip it, write nothing for it. */
  bool live(std::uint64_t row) const {
    return batch_.selection == nullptr || bit_of(batch_.selection, row);
  }
  std::uint64_t row_id(std::uint64_t row) const { return batch_.row_ids[row]; }

  const oph_column& column(std::size_t col) const {
    if (col >= batch_.column_count) {
      throw std::out_of_range(
          "column " + std::to_string(col) + " was asked for, but the batch has " +
          std::to_string(batch_.column_count) + ": is it in the operator's reads?");
    }
    return batch_.columns[col];
  }
  StrColumn str(std::size_t col) const {
    const oph_column& c = column(col);
    if (!is_variable(c.type)) wrong_type(col, "str, bytes or json", c.type);
    return StrColumn(c);
  }
  const std::int64_t* i64(std::size_t col) const { return fixed<std::int64_t>(col, OPH_T_I64); }
  const double* f64(std::size_t col) const { return fixed<double>(col, OPH_T_F64); }
  const std::uint8_t* bools(std::size_t col) const { return fixed<std::uint8_t>(col, OPH_T_BOOL8); }
  const std::uint64_t* u64x(std::size_t col) const { return fixed<std::uint64_t>(col, OPH_T_U64X); }

  bool valid(std::size_t col, std::uint64_t row) const {
    const std::uint8_t* bits = column(col).validity;
    return bits == nullptr || bit_of(bits, row);
  }
  Row row(std::uint64_t r) const;

  /** Calls f(row number) for every live row in ascending order. */
  template <class F>
  void for_each_live(F&& f) const {
    for (std::uint64_t r = 0; r < size(); ++r) {
      if (live(r)) f(r);
    }
  }
  const oph_batch& raw() const { return batch_; }

 private:
  template <class T>
  const T* fixed(std::size_t col, std::int32_t type) const {
    const oph_column& c = column(col);
    if (c.type != type) wrong_type(col, "another type", c.type);
    return static_cast<const T*>(c.values);
  }
  [[noreturn]] static void wrong_type(std::size_t col, const char* wanted, std::int32_t type) {
    throw std::logic_error("column " + std::to_string(col) + " was read as " + wanted +
                           " but has the OPH_T type " + std::to_string(type) +
                           ": the type stands in the operator's reads (\"path:type\")");
  }

  oph_batch batch_;
};

/** One record of a batch. Reading a null cell throws RecordError; ask is_null() where null is
 * allowed. */
class Row {
 public:
  Row(const BatchView& batch, std::uint64_t row) : batch_(&batch), row_(row) {}

  std::uint64_t index() const { return row_; }
  std::uint64_t id() const { return batch_->row_id(row_); }
  bool is_null(std::size_t col) const { return !batch_->valid(col, row_); }
  std::string_view str(std::size_t col = 0) const { return need(col).str(col)[row_]; }
  /** The JSON text of a cell of type json. */
  std::string_view json(std::size_t col = 0) const { return str(col); }
  std::int64_t i64(std::size_t col = 0) const { return need(col).i64(col)[row_]; }
  double f64(std::size_t col = 0) const { return need(col).f64(col)[row_]; }
  bool boolean(std::size_t col = 0) const { return need(col).bools(col)[row_] != 0; }

 private:
  const BatchView& need(std::size_t col) const {
    if (is_null(col)) {
      throw RecordError("the value of column " + std::to_string(col) + " is null or missing");
    }
    return *batch_;
  }

  const BatchView* batch_;
  std::uint64_t row_;
};

inline Row BatchView::row(std::uint64_t r) const {
  return Row(*this, r);
}

}  // namespace ophost
