// The host's side of oph_out: collects what one call writes, checks it against the contract, and then moves it
// into the batch. Belongs to one instance.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/batch/batch.hpp"
#include "ophost/abi.h"

namespace ophost {

class OutBuffer {
 public:
  // Begins a call: output columns are `columns` of `batch` (indexes, -1 = not wanted); only rows with a set
  // bit in `selection` may be written. A first column of keys (U64X) is collected apart when `keys` is true.
  void begin(Batch& batch, const std::vector<int>& columns, const Bitmap& selection, bool keys);
  const oph_out* table() { return &out_; }

  // After a call that returned OPH_OK: "" or what the plugin did against the contract.
  std::string check();
  // Moves the results into the batch. Returns the number of rows for which any column changed.
  std::size_t commit();
  // Rows reported by row_error, in order.
  struct RowError {
    std::size_t row;
    std::int32_t code;
    std::string message;
  };
  const std::vector<RowError>& row_errors() const { return row_errors_; }
  std::vector<std::uint64_t>& keys() { return keys_; }
  std::uint32_t key_width() const { return key_width_; }

 private:
  struct Out {
    int column = -1;
    // variable width: a rewritten copy of the column, built from the first append on
    std::vector<std::int64_t> offsets;
    std::string values;
    std::size_t copied = 0;   // rows [0, copied) are in offsets/values
    bool rewriting = false;
    Bitmap given, appended;
    // fixed width
    std::vector<std::uint64_t> fixed;
    bool fixed_asked = false;
  };
  void copy_until(Out& o, std::size_t row);
  std::string misuse(const char* what, std::uint32_t col, std::uint64_t row);
  oph_status append(std::uint32_t col, std::uint64_t row, const void* p, std::uint64_t n);
  oph_status keep(std::uint32_t col, std::uint64_t row);
  void* fixed(std::uint32_t col, std::uint32_t width);
  Out* variable(std::uint32_t col, std::uint64_t row, const char* what);
  friend struct OutCalls;

  oph_out out_{};
  Batch* batch_ = nullptr;
  const Bitmap* selection_ = nullptr;
  std::vector<Out> outs_;
  bool has_keys_ = false;
  std::vector<std::uint64_t> keys_;
  std::uint32_t key_width_ = 0;
  Bitmap errored_;
  std::vector<RowError> row_errors_;
  std::string breach_;
};

}  // namespace ophost
