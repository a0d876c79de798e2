#include "host/plugin/out_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "host/batch/utf8.hpp"

namespace ophost {

std::string plugin_text(oph_str s) {
  constexpr std::uint64_t kMost = 4096;  // a wild size must not lead far beyond the text
  return s.data ? clean_message({s.data, static_cast<std::size_t>(std::min(s.size, kMost))}) : std::string();
}

const char* value_problem(const void* p, std::uint64_t n) {
  if (n > kLargestValue) return "with a value of more than 64 GiB";
  return !p && n > 0 ? "with a null pointer" : nullptr;
}

// The C functions behind the table; each forwards to its OutBuffer.
struct OutCalls {
  static OutBuffer& self(void* ctx) { return *static_cast<OutBuffer*>(ctx); }
  static void* fixed(void* ctx, std::uint32_t col, std::uint32_t width) {
    return self(ctx).fixed(col, width);
  }
  static oph_status append(void* ctx, std::uint32_t col, std::uint64_t row, const void* p, std::uint64_t n) {
    return self(ctx).append(col, row, p, n);
  }
  static oph_status keep(void* ctx, std::uint32_t col, std::uint64_t row) { return self(ctx).keep(col, row); }
  static oph_status next_row(void* ctx, std::uint64_t row) {
    OutBuffer& o = self(ctx);
    if (o.breach_.empty()) o.breach_ = o.misuse("next_row, which only FLATMAP and GROUP have,", 0, row);
    return OPH_E_UNSUPPORTED;
  }
  static void row_error(void* ctx, std::uint64_t row, std::int32_t code, oph_str message) {
    OutBuffer& o = self(ctx);
    if (row >= o.batch_->rows() || !o.selection_->get(row)) {
      if (o.breach_.empty()) o.breach_ = o.misuse("row_error for a row that is not live", 0, row);
      return;
    }
    if (o.errored_.get(row)) return;
    o.errored_.set(row);
    std::string text = plugin_text(message);
    if (text.empty()) text = "the operator gave no reason";
    o.row_errors_.push_back({static_cast<std::size_t>(row), code, std::move(text)});
  }
  static std::int32_t wanted(void* ctx, std::uint32_t col) {
    OutBuffer& o = self(ctx);
    if (o.has_keys_ && col == 0) return 1;
    std::size_t i = col - (o.has_keys_ ? 1 : 0);
    return i < o.outs_.size() && o.outs_[i].column >= 0;
  }
};

void OutBuffer::begin(Batch& batch, const Bitmap& selection) {
  batch_ = &batch;
  selection_ = &selection;
  key_width_ = 0;
  breach_.clear();
  row_errors_.clear();
  errored_.assign(batch.rows(), false);
  outs_.resize(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Out& o = outs_[i];
    o.column = columns_[i];
    o.offsets.clear();
    o.values.clear();
    o.copied = 0;
    o.rewriting = false;
    o.fixed_asked = false;
    o.given.assign(batch.rows(), false);
    o.appended.assign(batch.rows(), false);
  }
  out_ = oph_out{};
  out_.struct_size = sizeof out_;
  out_.ctx = this;
  out_.fixed = OutCalls::fixed;
  out_.append = OutCalls::append;
  out_.keep_input = OutCalls::keep;
  out_.next_row = OutCalls::next_row;
  out_.row_error = OutCalls::row_error;
  out_.wanted = OutCalls::wanted;
}

std::string OutBuffer::misuse(const char* what, std::uint32_t col, std::uint64_t row) const {
  return std::string("it called ") + what + " (column " + std::to_string(col) + ", row " + std::to_string(row) + ")";
}

void* OutBuffer::fixed(std::uint32_t col, std::uint32_t width) {
  const std::size_t rows = batch_->rows();
  if (has_keys_ && col == 0) {
    if (width == 0 || width > 65536) {
      if (breach_.empty()) breach_ = misuse("fixed for keys of an impossible width", col, 0);
      return nullptr;
    }
    key_width_ = width;
    keys_.assign(rows * width, 0);
    return keys_.data();
  }
  std::size_t i = col - (has_keys_ ? 1 : 0);
  if (i >= outs_.size()) {
    if (breach_.empty()) breach_ = misuse("fixed for a column it did not declare", col, 0);
    return nullptr;
  }
  Out& o = outs_[i];
  if (o.column < 0) return nullptr;
  ColumnType type = batch_->columns[static_cast<std::size_t>(o.column)].spec.type;
  if (is_variable(type) || type == ColumnType::kU64X || width != 1) {
    if (breach_.empty()) breach_ = misuse("fixed for a column of another type", col, 0);
    return nullptr;
  }
  o.fixed_asked = true;
  o.fixed.assign(rows, 0);  // BOOL8 uses the first `rows` bytes of it
  return o.fixed.data();
}

OutBuffer::Out* OutBuffer::variable(std::uint32_t col, std::uint64_t row, const char* what) {
  std::size_t i = col - (has_keys_ ? 1 : 0);
  std::string error;
  if ((has_keys_ && col == 0) || i >= outs_.size()) error = misuse(what, col, row) + ", a column it did not declare";
  else if (outs_[i].column < 0) return nullptr;
  else if (!is_variable(batch_->columns[static_cast<std::size_t>(outs_[i].column)].spec.type))
    error = misuse(what, col, row) + ", a fixed-width column";
  else if (row >= batch_->rows() || !selection_->get(row)) error = misuse(what, col, row) + ", a row that is not live";
  else if (outs_[i].given.get(row)) error = misuse(what, col, row) + " a second time for one cell";
  else if (row < outs_[i].copied) error = misuse(what, col, row) + " out of order";
  if (error.empty()) return &outs_[i];
  if (breach_.empty()) breach_ = error;
  return nullptr;
}

// Rows [copied, row) keep their cells: one memcpy for the stretch.
void OutBuffer::copy_until(Out& o, std::size_t row) {
  const Column& c = batch_->columns[static_cast<std::size_t>(o.column)];
  if (!o.rewriting) {
    o.rewriting = true;
    o.offsets.clear();
    o.offsets.reserve(batch_->rows() + 1);
    o.offsets.push_back(0);
    o.values.clear();
    o.values.reserve(c.values.size() + c.values.size() / 8);
  }
  if (row <= o.copied) return;
  if (c.offsets.size() != batch_->rows() + 1) {  // a column that has no cells yet
    o.offsets.resize(row + 1, o.offsets.back());
    o.copied = row;
    return;
  }
  std::int64_t from = c.offsets[o.copied];
  std::int64_t shift = o.offsets.back() - from;
  o.values.append(c.values, static_cast<std::size_t>(from), static_cast<std::size_t>(c.offsets[row] - from));
  for (std::size_t r = o.copied; r < row; ++r) o.offsets.push_back(c.offsets[r + 1] + shift);
  o.copied = row;
}

oph_status OutBuffer::append(std::uint32_t col, std::uint64_t row, const void* p, std::uint64_t n) {
  Out* o = variable(col, row, "append");
  if (!o) return breach_.empty() ? OPH_OK : OPH_E_UNSUPPORTED;
  const std::string_view value(static_cast<const char*>(p), p ? static_cast<std::size_t>(n) : 0);
  const char* why = value_problem(p, n);
  if (!why && batch_->columns[static_cast<std::size_t>(o->column)].spec.type != ColumnType::kBytes && !is_utf8(value))
    why = "with a value that is not UTF-8";
  try {
    if (!why) {
      copy_until(*o, row);
      o->values.append(value);
    }
  } catch (const std::exception&) {  // must not cross a plugin's frames, which may be C's
    why = "with a value for which there is no memory";
  }
  if (why) {
    if (breach_.empty()) breach_ = misuse("append", col, row) + " " + why;
    return OPH_E_LIMIT;
  }
  o->offsets.push_back(static_cast<std::int64_t>(o->values.size()));
  o->copied = row + 1;
  o->given.set(row);
  o->appended.set(row);
  return OPH_OK;
}

oph_status OutBuffer::keep(std::uint32_t col, std::uint64_t row) {
  Out* o = variable(col, row, "keep_input");
  if (!o) return breach_.empty() ? OPH_OK : OPH_E_UNSUPPORTED;
  o->given.set(row);
  return OPH_OK;
}

// A cell is one JSON value on one line when it can stand both as a member and as an element; either alone could be talked
// into more than that ("1, 2" or "1, \"x\": 2").
std::string OutBuffer::check_json() const {
  for (const Out& o : outs_) {
    if (o.column < 0 || !o.rewriting) continue;
    const ColumnSpec& spec = batch_->columns[static_cast<std::size_t>(o.column)].spec;
    if (spec.type != ColumnType::kJson || spec.path.starts_with('$')) continue;  // whole records are checked as such
    Batch probe;
    std::vector<std::size_t> rows;
    auto line = [&](std::string_view before, std::string_view cell, std::string_view behind) {
      probe.line_begin.push_back(probe.bytes.size());
      probe.bytes.append(before).append(cell).append(behind);
      probe.line_size.push_back(probe.bytes.size() - probe.line_begin.back());
    };
    for (std::size_t r = 0; r < o.copied; ++r) {
      if (!o.appended.get(r)) continue;
      const auto begin = static_cast<std::size_t>(o.offsets[r]), end = static_cast<std::size_t>(o.offsets[r + 1]);
      const std::string_view cell = std::string_view(o.values).substr(begin, end - begin);
      if (cell.find('\n') != std::string_view::npos)
        return misuse("append", 0, r) + " with JSON of several lines in the column '" + spec.path + "'";
      rows.push_back(r);
      line("{\"v\":", cell, "}");
      line("{\"v\":[", cell, "]}");
    }
    extract_columns(probe, -1);
    if (!probe.faults.empty())
      return misuse("append", 0, rows[probe.faults.front().row / 2]) +
             " with something that is no JSON value in the column '" + spec.path + "'";
  }
  return "";
}

std::string OutBuffer::check() {
  if (!breach_.empty()) return breach_;
  if (std::string bad = check_json(); !bad.empty()) return bad;
  for (std::size_t i = 0; i < outs_.size(); ++i) {
    const Out& o = outs_[i];
    if (o.column < 0) continue;
    const Column& c = batch_->columns[static_cast<std::size_t>(o.column)];
    if (!is_variable(c.spec.type)) {
      // Every row in error is the one case in which nothing need have been written.
      if (!o.fixed_asked && row_errors_.size() < selection_->count())
        return "it wrote nothing to the column '" + c.spec.path + "'";
      continue;
    }
    const std::size_t bytes = selection_->bytes();
    for (std::size_t b = 0; b < bytes; ++b) {
      std::uint8_t live = selection_->data()[b], given = o.given.data()[b], bad = errored_.data()[b];
      if ((given & bad) != 0)
        return "it gave a row both an error and a value in the column '" + c.spec.path + "'";
      if ((live & ~(given | bad)) != 0)
        return "it left a live row without a value in the column '" + c.spec.path + "'";
    }
  }
  if (has_keys_ && key_width_ == 0 && row_errors_.size() < selection_->count()) return "it wrote no keys";
  return "";
}

std::size_t OutBuffer::commit() {
  const std::size_t rows = batch_->rows();
  Bitmap touched;
  touched.assign(rows, false);
  for (Out& o : outs_) {
    if (o.column < 0) continue;
    Column& c = batch_->columns[static_cast<std::size_t>(o.column)];
    if (is_variable(c.spec.type)) {
      if (!o.rewriting) continue;
      copy_until(o, rows);
      std::swap(c.offsets, o.offsets);
      std::swap(c.values, o.values);
      for (std::size_t b = 0; b < o.appended.bytes(); ++b) {
        std::uint8_t bits = o.appended.data()[b];
        c.valid.data()[b] |= bits;
        c.changed.data()[b] |= bits;
        c.changed_ever.data()[b] |= bits;
        touched.data()[b] |= bits;
      }
      continue;
    }
    if (!o.fixed_asked) continue;
    for (std::size_t r = 0; r < rows; ++r) {
      if (!selection_->get(r) || errored_.get(r)) continue;
      if (c.spec.type == ColumnType::kF64) std::memcpy(&c.f64[r], &o.fixed[r], sizeof(double));
      else if (c.spec.type == ColumnType::kI64) c.i64[r] = static_cast<std::int64_t>(o.fixed[r]);
      else c.i64[r] = reinterpret_cast<const std::uint8_t*>(o.fixed.data())[r] != 0;
      c.valid.set(r);
      c.changed.set(r);
      c.changed_ever.set(r);
      touched.set(r);
    }
  }
  return touched.count();
}

}  // namespace ophost
