// The host's side of oph_out for calls that make records instead of filling columns: FLATMAP and GROUP's emit
// (next_row), GROUP's keys, and the finish of a state. Checks the contract. Belongs to one instance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/batch/batch.hpp"
#include "host/plugin/call_output.hpp"

namespace ophost {

// Records in the order in which they were made. Cell c of record i lies in values; of a group's keys there is one
// "record" per live row, of a finish one in all (source 0).
struct MadeRecords {
  std::size_t columns = 0;
  std::vector<std::size_t> source;  // the row of the batch it was made from
  std::vector<std::size_t> begin, size;  // columns entries per record
  std::string values;

  std::size_t count() const { return source.size(); }
  std::string_view cell(std::size_t record, std::size_t column) const {
    std::size_t i = record * columns + column;
    return std::string_view(values).substr(begin[i], size[i]);
  }
  void clear(std::size_t column_count);
  void append(const MadeRecords& other);
};

class RecordBuffer : public CallOutput {
 public:
  enum class Mode {
    kRecords,  // next_row begins one, appends fill it
    kCells,    // one append per live row and column
    kFinish,   // appends to row 0; there is no batch
  };
  explicit RecordBuffer(Mode mode, std::size_t columns);

  // `batch` and `selection` may be NULL for kFinish only; they must outlive the call.
  void begin(const Batch* batch, const Bitmap* selection);
  void begin(Batch& batch, const Bitmap& selection) override { begin(&batch, &selection); }
  const oph_out* table() const { return &out_; }
  std::string check() override;
  const std::vector<RowError>& row_errors() const override { return row_errors_; }
  const MadeRecords& records() const { return made_; }

 private:
  friend struct RecordCalls;
  bool live(std::uint64_t row) const {
    return selection_ ? row < selection_->size() && selection_->get(row) : row == 0;
  }
  void start(std::uint64_t source);
  void breach(const char* what, std::uint32_t col, std::uint64_t row, const char* why);

  Mode mode_;
  std::size_t columns_;
  oph_out out_{};
  const Bitmap* selection_ = nullptr;
  MadeRecords made_;
  std::vector<bool> given_;  // cells of the record being filled
  std::size_t given_count_ = 0;
  Bitmap errored_;
  std::vector<RowError> row_errors_;
  std::string breach_;
};

}  // namespace ophost
