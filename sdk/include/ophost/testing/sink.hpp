/* ophost/testing/sink.hpp: the oph_out of a test. Stores what a call writes and notes every breach
 * of the contract: output for a dropped row, twice for one cell, none at all, together with a
 * row_error, out of order, or beyond a buffer's end. Single-threaded. */
#pragma once

#include <map>

#include "ophost/testing/columns.hpp"

namespace ophost::testing {

/** Bytes with a guard on either side that must still be whole after the call. */
class GuardedBytes {
 public:
  GuardedBytes(std::size_t n, std::uint8_t fill) : size_(n), bytes_(n + 2 * kGuard, kPattern) {
    std::memset(data(), fill, n);
  }
  std::uint8_t* data() { return bytes_.data() + kGuard; }
  const std::uint8_t* data() const { return bytes_.data() + kGuard; }
  std::size_t size() const { return size_; }
  bool intact() const {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (bytes_[i] != kPattern || bytes_[kGuard + size_ + i] != kPattern) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr std::uint8_t kPattern = 0xA5;
  std::size_t size_;
  std::vector<std::uint8_t> bytes_;
};

class Sink {
 public:
  struct Cell {
    enum State { kNone, kAppended, kKept } state = kNone;
    std::string text;
  };
  struct Record {
    std::uint64_t source;
    std::vector<std::string> values;
  };

  /** `records`: output goes to next_row records instead of cells. `batch` may be NULL (finish: one
   * row). */
  Sink(const oph_op_desc& desc, const Batch* batch, bool records, const std::vector<bool>& wanted)
      : desc_(desc), batch_(batch), records_mode_(records), wanted_(wanted) {
    for (const char* const* p = desc.writes; p != nullptr && *p != nullptr; ++p) {
      paths_.push_back(*p);
    }
    if (desc.kind == OPH_KIND_GROUP && !records) paths_ = {"$group:bytes"};
    if (desc.kind == OPH_KIND_SELECT && batch == nullptr) paths_ = {"$decision:bytes"};
    cells_.assign(paths_.size(), std::vector<Cell>(rows()));
    arrays_.resize(paths_.size());
    table_ = {sizeof(oph_out), 0,         this,       &fixed, &append,
              &keep_input,     &next_row, &row_error, &wants};
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  const oph_out* table() const { return &table_; }
  std::size_t rows() const { return batch_ == nullptr ? 1 : batch_->size(); }
  const std::vector<std::string>& paths() const { return paths_; }
  const Cell& cell(std::size_t col, std::size_t row) const { return cells_[col][row]; }
  const std::vector<Record>& records() const { return records_; }
  const std::map<std::uint64_t, std::string>& errors() const { return errors_; }
  /** The array of a fixed-width column, or NULL when the call did not ask for it. */
  const GuardedBytes* array(std::size_t col) const { return arrays_[col].get(); }
  std::uint32_t width(std::size_t col) const { return widths_.count(col) ? widths_.at(col) : 1; }

  /** What the call did wrong; look after it has returned OPH_OK. */
  std::vector<std::string> faults() const {
    std::vector<std::string> all = faults_;
    for (std::size_t c = 0; c < paths_.size(); ++c) {
      const std::int32_t type = path_type(paths_[c]);
      if (arrays_[c] && !arrays_[c]->intact()) {
        all.push_back("wrote beyond the array of column '" + paths_[c] + "'");
      }
      if (records_mode_) continue;
      for (std::uint64_t r = 0; r < rows(); ++r) {
        const bool dead = batch_ != nullptr && !batch_->live(r);
        const bool error = errors_.count(r) > 0;
        const bool output = is_variable(type) ? cells_[c][r].state != Cell::kNone : nonzero(c, r);
        const std::string where = "column '" + paths_[c] + "' of row " + std::to_string(r);
        if (dead && output) all.push_back("output for " + where + ", which was dropped earlier");
        if (error && output) all.push_back("a row_error and output for " + where);
        if (!dead && !error && !output && is_variable(type) && is_wanted(c)) {
          all.push_back("no output for " + where);
        }
      }
      if (!is_variable(type) && is_wanted(c) && rows() > 0 && !arrays_[c]) {
        all.push_back("the array of column '" + paths_[c] + "' was never asked for");
      }
    }
    return all;
  }
  bool is_wanted(std::size_t col) const { return col >= wanted_.size() || wanted_[col]; }

 private:
  static Sink& self(void* ctx) { return *static_cast<Sink*>(ctx); }
  void fault(const std::string& text) { faults_.push_back(text); }
  bool nonzero(std::size_t c, std::uint64_t r) const {
    if (!arrays_[c] || rows() == 0) return false;
    const std::size_t n = arrays_[c]->size() / rows();
    for (std::size_t i = 0; i < n; ++i) {
      if (arrays_[c]->data()[r * n + i] != 0) return true;
    }
    return false;
  }
  /** The cell that may be written now, or NULL after noting why not. */
  Cell* claim(const char* what, std::uint32_t col, std::uint64_t row) {
    const std::string where =
        std::string(what) + " for column " + std::to_string(col) + ", row " + std::to_string(row);
    if (col >= paths_.size()) return fault(where + ": no such column in writes"), nullptr;
    if (!is_variable(path_type(paths_[col]))) {
      return fault(where + ": the column is of a fixed width"), nullptr;
    }
    if (row >= rows()) return fault(where + ": no such row in the batch"), nullptr;
    Cell& cell = cells_[col][row];
    if (cell.state != Cell::kNone)
      return fault(where + ": the cell has its output already"), nullptr;
    if (last_.count(col) && last_[col] > row) fault(where + ": rows must come in ascending order");
    last_[col] = row;
    return &cell;
  }

  static void* OPH_CALL fixed(void* ctx, std::uint32_t col, std::uint32_t width) {
    Sink& s = self(ctx);
    const std::int32_t type = col < s.paths_.size() ? path_type(s.paths_[col]) : 0;
    if (type == 0 || is_variable(type)) {
      s.fault("fixed() for column " + std::to_string(col) + ", which is none of a fixed width");
      return nullptr;
    }
    if (width == 0 || (type != OPH_T_U64X && width != 1)) {
      s.fault("fixed() with width " + std::to_string(width) + " for column '" + s.paths_[col] +
              "'");
      return nullptr;
    }
    if (!s.is_wanted(col)) return nullptr;
    if (!s.arrays_[col]) {
      const std::size_t cell = type == OPH_T_BOOL8 ? 1 : 8 * std::size_t{width};
      s.arrays_[col] = std::make_unique<GuardedBytes>(cell * s.rows(), std::uint8_t{0});
      s.widths_[col] = width;
    }
    return s.arrays_[col]->data();
  }
  static oph_status OPH_CALL append(void* ctx, std::uint32_t col, std::uint64_t row, const void* p,
                                    std::uint64_t n) {
    Sink& s = self(ctx);
    const std::string text(static_cast<const char*>(p), static_cast<std::size_t>(n));
    if (s.records_mode_) {
      if (s.records_.empty() || s.records_.back().source != row || col >= s.paths_.size()) {
        s.fault("append() for row " + std::to_string(row) +
                ", but next_row() began another record");
        return OPH_E_INTERNAL;
      }
      s.records_.back().values[col] = text;
      return OPH_OK;
    }
    Cell* cell = s.claim("append()", col, row);
    if (cell == nullptr) return OPH_E_INTERNAL;
    cell->state = Cell::kAppended;
    cell->text = text;
    return OPH_OK;
  }
  static oph_status OPH_CALL keep_input(void* ctx, std::uint32_t col, std::uint64_t row) {
    Sink& s = self(ctx);
    Cell* cell = s.claim("keep_input()", col, row);
    if (cell == nullptr) return OPH_E_INTERNAL;
    bool read = false;
    for (const char* const* p = s.desc_.reads; p != nullptr && *p != nullptr; ++p) {
      read = read || path_name(*p) == path_name(s.paths_[col]);
    }
    if (!read) s.fault("keep_input() for column '" + s.paths_[col] + "', which is not read");
    cell->state = Cell::kKept;
    return OPH_OK;
  }
  static oph_status OPH_CALL next_row(void* ctx, std::uint64_t source) {
    Sink& s = self(ctx);
    if (!s.records_mode_) return s.fault("next_row() by an operator of 1:1"), OPH_E_INTERNAL;
    if (source >= s.rows() || (s.batch_ != nullptr && !s.batch_->live(source))) {
      return s.fault("next_row() from row " + std::to_string(source) + ", which is not live"),
             OPH_E_INTERNAL;
    }
    if (s.errors_.count(source)) s.fault("next_row() from a row with a row_error");
    s.records_.push_back({source, std::vector<std::string>(s.paths_.size())});
    return OPH_OK;
  }
  static void OPH_CALL row_error(void* ctx, std::uint64_t row, std::int32_t code, oph_str message) {
    Sink& s = self(ctx);
    const std::string where = "row_error() for row " + std::to_string(row);
    if (row >= s.rows() || (s.batch_ != nullptr && !s.batch_->live(row))) {
      return s.fault(where + ", which is not live");
    }
    if (code == OPH_OK || message.size == 0) s.fault(where + " without a code or a message");
    for (const Record& r : s.records_) {
      if (r.source == row) s.fault(where + " after records made from it");
    }
    if (!s.errors_.emplace(row, std::string(from_abi(message))).second) s.fault(where + " twice");
  }
  static std::int32_t OPH_CALL wants(void* ctx, std::uint32_t col) {
    return self(ctx).is_wanted(col) ? 1 : 0;
  }

  const oph_op_desc& desc_;
  const Batch* batch_;
  bool records_mode_;
  std::vector<bool> wanted_;
  std::vector<std::string> paths_;
  std::vector<std::vector<Cell>> cells_;
  std::vector<std::unique_ptr<GuardedBytes>> arrays_;
  std::map<std::size_t, std::uint32_t> widths_;
  std::map<std::size_t, std::uint64_t> last_;
  std::vector<Record> records_;
  std::map<std::uint64_t, std::string> errors_;
  std::vector<std::string> faults_;
  oph_out table_{};
};

}  // namespace ophost::testing
