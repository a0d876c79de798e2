/* ophost/out.hpp: where a call puts its results.
 *
 * Out is the whole table; RowOut and Emit are what a row at a time needs: they hold a row's values
 * back until the row has succeeded, because a row with an error must have no output. During a call,
 * on its thread. */
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ophost/batch.hpp"

namespace ophost {

class Out {
 public:
  explicit Out(const oph_out* out) : out_(detail::adopt(out)) {}

  /** Array with `width` values per row, zeroed; NULL when the host does not want the column. */
  void* fixed(std::uint32_t col, std::uint32_t width) const {
    return out_.fixed(out_.ctx, col, width);
  }
  std::int64_t* i64(std::uint32_t col) const { return static_cast<std::int64_t*>(fixed(col, 1)); }
  double* f64(std::uint32_t col) const { return static_cast<double*>(fixed(col, 1)); }
  std::uint8_t* bools(std::uint32_t col) const { return static_cast<std::uint8_t*>(fixed(col, 1)); }
  std::uint64_t* u64x(std::uint32_t col, std::uint32_t width) const {
    return static_cast<std::uint64_t*>(fixed(col, width));
  }

  void append(std::uint32_t col, std::uint64_t row, std::string_view v) const {
    check(out_.append(out_.ctx, col, row, v.data(), v.size()), "append", row);
  }
  void keep_input(std::uint32_t col, std::uint64_t row) const {
    check(out_.keep_input(out_.ctx, col, row), "keep_input", row);
  }
  void next_row(std::uint64_t source) const {
    check(out_.next_row(out_.ctx, source), "next_row", source);
  }
  void row_error(std::uint64_t row, std::int32_t code, std::string_view message) const {
    out_.row_error(out_.ctx, row, code, to_abi(message.empty() ? "no reason given" : message));
  }
  bool wanted(std::uint32_t col) const {
    return out_.wanted == nullptr || out_.wanted(out_.ctx, col) != 0;
  }

 private:
  static void check(oph_status status, const char* what, std::uint64_t row) {
    if (status == OPH_OK) return;
    throw CallError(status,
                    std::string("the host refused ") + what + " for row " + std::to_string(row) +
                        " with status " + std::to_string(status),
                    static_cast<std::int64_t>(row));
  }

  oph_out out_;
};

/** The written columns of one record, numbered as in `writes`. */
class RowOut {
 public:
  RowOut(const Out& out, const Info& info) : out_(&out), info_(&info) {
    for (std::uint32_t c = 0; c < info.write_paths.count; ++c) {
      Slot& s = slots_[c];
      s.type = info.write_type(c);
      if (s.type == OPH_T_I64) s.fixed = out.i64(c);
      if (s.type == OPH_T_F64) s.fixed = out.f64(c);
      if (s.type == OPH_T_BOOL8) s.fixed = out.bools(c);
      s.wanted = is_variable(s.type) ? out.wanted(c) : s.fixed != nullptr;
    }
  }

  /** False when nobody reads the column: setting it is allowed and does nothing. */
  bool wanted(std::size_t col) const { return slot(col).wanted; }

  void set(std::size_t col, std::string_view v) { text(col).assign(v.data(), v.size()); }
  void set(std::size_t col, const char* v) { set(col, std::string_view(v)); }
  /** An empty string to be filled in place; its memory is reused from row to row. */
  std::string& text(std::size_t col) {
    Slot& s = slot(col);
    if (!is_variable(s.type)) mismatch(col, "text");
    s.state = kSet;
    s.text.clear();
    return s.text;
  }
  void set_i64(std::size_t col, std::int64_t v) { number(col, OPH_T_I64, "i64").i = v; }
  void set_f64(std::size_t col, double v) { number(col, OPH_T_F64, "f64").d = v; }
  void set_bool(std::size_t col, bool v) { number(col, OPH_T_BOOL8, "bool").b = v; }
  /** The column keeps the value it came with; also what happens to such a column that is not set.
   */
  void keep(std::size_t col) { slot(col).state = kKeep; }

  void begin() {
    for (std::size_t c = 0; c < info_->write_paths.count; ++c) slots_[c].state = kUnset;
  }
  void commit(std::uint64_t row) {
    for (std::uint32_t c = 0; c < info_->write_paths.count; ++c) {
      Slot& s = slots_[c];
      if (!s.wanted) continue;
      const bool can_stay = is_variable(s.type) && info_->input_of(c) >= 0;
      if (s.state != kSet && !can_stay) {
        throw std::logic_error(std::string("column '") + info_->write_paths.items[c] +
                               "' was not set for row " + std::to_string(row));
      }
      if (is_variable(s.type)) {
        s.state == kSet ? out_->append(c, row, s.text) : out_->keep_input(c, row);
      } else if (s.type == OPH_T_I64) {
        static_cast<std::int64_t*>(s.fixed)[row] = s.i;
      } else if (s.type == OPH_T_F64) {
        static_cast<double*>(s.fixed)[row] = s.d;
      } else if (s.type == OPH_T_BOOL8) {
        static_cast<std::uint8_t*>(s.fixed)[row] = s.b ? 1 : 0;
      }
    }
  }

 private:
  enum State { kUnset, kSet, kKeep };
  struct Slot {
    std::int32_t type = 0;
    State state = kUnset;
    bool wanted = false;
    bool b = false;
    std::int64_t i = 0;
    double d = 0;
    void* fixed = nullptr;
    std::string text;
  };

  const Slot& slot(std::size_t col) const {
    if (col >= info_->write_paths.count) {
      throw std::out_of_range("column " + std::to_string(col) + " is not in the operator's writes");
    }
    return slots_[col];
  }
  Slot& slot(std::size_t col) { return const_cast<Slot&>(std::as_const(*this).slot(col)); }
  Slot& number(std::size_t col, std::int32_t type, const char* name) {
    Slot& s = slot(col);
    if (s.type != type) mismatch(col, name);
    s.state = kSet;
    return s;
  }
  [[noreturn]] void mismatch(std::size_t col, const char* given) const {
    throw std::logic_error(std::string("column '") + info_->write_paths.items[col] +
                           "' was given a value of type " + given +
                           ": its type stands in the operator's writes (\"path:type\")");
  }

  const Out* out_;
  const Info* info_;
  std::array<Slot, PathList::kMax> slots_;
};

/** The output records of one input record (flat mappers, groupers, aggregators). All columns are
 * text. */
class Emit {
 public:
  explicit Emit(std::size_t columns) : columns_(columns) {}

  /** A new output record with these values, one per written column, in order. */
  template <class... Text>
  void operator()(const Text&... values) {
    if (sizeof...(Text) != columns_) {
      throw std::logic_error("a record was emitted with " + std::to_string(sizeof...(Text)) +
                             " values, but the operator writes " + std::to_string(columns_) +
                             " columns");
    }
    sources_.push_back(source_);
    (push(std::string_view(values)), ...);
  }
  /** Groupers: the row whose other fields the following records keep. */
  void from(std::uint64_t row) { source_ = row; }
  std::size_t size() const { return sources_.size(); }

  void begin(std::uint64_t source) {
    bytes_.clear();
    ends_.clear();
    sources_.clear();
    source_ = source;
  }
  /** With `records` false the values are one record's, without a source row (aggregators). */
  void commit(const Out& out, bool records = true) const {
    std::size_t begin = 0;
    std::size_t cell = 0;
    for (const std::uint64_t source : sources_) {
      if (records) out.next_row(source);
      for (std::uint32_t c = 0; c < columns_; ++c, ++cell) {
        const std::string_view v(bytes_.data() + begin, ends_[cell] - begin);
        if (out.wanted(c)) out.append(c, source, v);
        begin = ends_[cell];
      }
    }
  }

 private:
  void push(std::string_view v) {
    bytes_.append(v.data(), v.size());
    ends_.push_back(bytes_.size());
  }

  std::size_t columns_;
  std::uint64_t source_ = 0;
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::uint64_t> sources_;
};

}  // namespace ophost
