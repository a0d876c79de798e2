#include "host/plugin/record_buffer.hpp"

#include <exception>

#include "host/plugin/out_buffer.hpp"

namespace ophost {

void MadeRecords::clear(std::size_t column_count) {
  columns = column_count;
  source.clear();
  begin.clear();
  size.clear();
  values.clear();
}

void MadeRecords::append(const MadeRecords& other) {
  const std::size_t shift = values.size();
  source.insert(source.end(), other.source.begin(), other.source.end());
  for (std::size_t b : other.begin) begin.push_back(b + shift);
  size.insert(size.end(), other.size.begin(), other.size.end());
  values += other.values;
}

// The C functions behind the table; each forwards to its RecordBuffer.
struct RecordCalls {
  static RecordBuffer& self(void* ctx) { return *static_cast<RecordBuffer*>(ctx); }
  static void* fixed(void* ctx, std::uint32_t col, std::uint32_t) {
    self(ctx).breach("fixed", col, 0, "made records hold text only");
    return nullptr;
  }
  static oph_status append(void* ctx, std::uint32_t col, std::uint64_t row, const void* p, std::uint64_t n) {
    RecordBuffer& b = self(ctx);
    const char* why = nullptr;
    const bool fresh = b.mode_ != RecordBuffer::Mode::kRecords &&
                       (b.made_.source.empty() || b.made_.source.back() != row);
    if (col >= b.columns_) why = "a column it did not declare";
    else if (!b.live(row)) why = "a row that is not live";
    else if (b.errored_.size() && b.errored_.get(row)) why = "a row that has an error";
    else if (fresh && !b.made_.source.empty() && b.made_.source.back() > row) why = "rows must come in ascending order";
    else if (!fresh && (b.made_.source.empty() || b.made_.source.back() != row)) why = "next_row began another record";
    if (!why && fresh) b.start(row);
    if (!why && b.given_[col]) why = "the cell has its value already";
    if (!why) why = value_problem(p, n);
    try {
      if (!why && n > 0) b.made_.values.append(static_cast<const char*>(p), n);
    } catch (const std::exception&) {  // must not cross a plugin's frames, which may be C's
      why = "a value for which there is no memory";
    }
    if (why) {
      b.breach("append", col, row, why);
      return OPH_E_UNSUPPORTED;
    }
    b.given_[col] = true;
    ++b.given_count_;
    std::size_t cell = b.made_.begin.size() - b.columns_ + col;
    b.made_.begin[cell] = b.made_.values.size() - n;
    b.made_.size[cell] = n;
    return OPH_OK;
  }
  static oph_status keep(void* ctx, std::uint32_t col, std::uint64_t row) {
    self(ctx).breach("keep_input", col, row, "a made record has no value to keep");
    return OPH_E_UNSUPPORTED;
  }
  static oph_status next_row(void* ctx, std::uint64_t source) {
    RecordBuffer& b = self(ctx);
    const char* why = b.mode_ != RecordBuffer::Mode::kRecords ? "only FLATMAP and GROUP's emit make records"
                      : !b.live(source)                       ? "a row that is not live"
                      : b.errored_.get(source)                ? "a row that has an error"
                                                              : nullptr;
    if (why) {
      b.breach("next_row", 0, source, why);
      return OPH_E_UNSUPPORTED;
    }
    b.start(source);
    return OPH_OK;
  }
  static void row_error(void* ctx, std::uint64_t row, std::int32_t code, oph_str message) {
    RecordBuffer& b = self(ctx);
    if (b.mode_ == RecordBuffer::Mode::kFinish || !b.live(row)) {
      b.breach("row_error", 0, row, "a row that is not live");
      return;
    }
    if (b.errored_.get(row)) return;
    if (!b.made_.source.empty() && b.made_.source.back() == row) b.breach("row_error", 0, row, "it has given output for that row");
    b.errored_.set(row);
    std::string text = plugin_text(message);
    if (text.empty()) text = "the operator gave no reason";
    b.row_errors_.push_back({static_cast<std::size_t>(row), code, std::move(text)});
  }
  static std::int32_t wanted(void* ctx, std::uint32_t col) { return col < self(ctx).columns_; }
};

RecordBuffer::RecordBuffer(Mode mode, std::size_t columns) : mode_(mode), columns_(columns) {
  out_.struct_size = sizeof out_;
  out_.ctx = this;
  out_.fixed = RecordCalls::fixed;
  out_.append = RecordCalls::append;
  out_.keep_input = RecordCalls::keep;
  out_.next_row = RecordCalls::next_row;
  out_.row_error = RecordCalls::row_error;
  out_.wanted = RecordCalls::wanted;
}

void RecordBuffer::begin(const Batch* batch, const Bitmap* selection) {
  selection_ = selection;
  made_.clear(columns_);
  given_.assign(columns_, false);
  given_count_ = 0;
  errored_.assign(batch ? batch->rows() : 0, false);
  row_errors_.clear();
  breach_.clear();
}

void RecordBuffer::start(std::uint64_t source) {
  if (!made_.source.empty() && given_count_ < columns_)
    breach("next_row", 0, source, "the record before it has not all of its values");
  made_.source.push_back(static_cast<std::size_t>(source));
  made_.begin.resize(made_.begin.size() + columns_);
  made_.size.resize(made_.size.size() + columns_);
  given_.assign(columns_, false);
  given_count_ = 0;
}

void RecordBuffer::breach(const char* what, std::uint32_t col, std::uint64_t row, const char* why) {
  if (breach_.empty())
    breach_ = std::string("it called ") + what + " (column " + std::to_string(col) + ", row " + std::to_string(row) +
              "): " + why;
}

std::string RecordBuffer::check() {
  if (!breach_.empty()) return breach_;
  if (!made_.source.empty() && given_count_ < columns_) return "its last record has not all of its values";
  if (mode_ == Mode::kFinish && made_.count() != 1) return "finish wrote no result";
  if (mode_ == Mode::kCells && made_.count() + row_errors_.size() != selection_->count())
    return "it left a live row without a value";
  return "";
}

}  // namespace ophost
