// The host's side of oph_out: collects what one call writes, checks it against the contract, and then moves it
// into the batch. Belongs to one instance.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/plugin/call_output.hpp"
#include "ophost/abi.h"

namespace ophost {

// Larger values are taken for a mistake of the plugin.
constexpr std::uint64_t kLargestValue = std::uint64_t{64} << 30;
// A text that a plugin hands over for people to read: shortened and made UTF-8.
std::string plugin_text(oph_str s);
// What is wrong with a value by its pointer and size alone, or NULL.
const char* value_problem(const void* p, std::uint64_t n);

class OutBuffer : public CallOutput {
 public:
  // For the calls that follow: output columns are `columns` of the batch (indexes, -1 = not wanted). A first column of
  // keys (U64X) is collected apart when `keys` is true.
  void prepare(std::vector<int> columns, bool keys) {
    columns_ = std::move(columns);
    has_keys_ = keys;
  }
  void begin(Batch& batch, const Bitmap& selection) override;
  const oph_out* table() { return &out_; }

  std::string check() override;
  // Moves the results into the batch. Returns the number of rows for which any column changed.
  std::size_t commit();
  const std::vector<RowError>& row_errors() const override { return row_errors_; }
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
  std::string check_json() const;
  void copy_until(Out& o, std::size_t row);
  std::string misuse(const char* what, std::uint32_t col, std::uint64_t row) const;
  oph_status append(std::uint32_t col, std::uint64_t row, const void* p, std::uint64_t n);
  oph_status keep(std::uint32_t col, std::uint64_t row);
  void* fixed(std::uint32_t col, std::uint32_t width);
  Out* variable(std::uint32_t col, std::uint64_t row, const char* what);
  friend struct OutCalls;

  oph_out out_{};
  Batch* batch_ = nullptr;
  const Bitmap* selection_ = nullptr;
  std::vector<int> columns_;
  std::vector<Out> outs_;
  bool has_keys_ = false;
  std::vector<std::uint64_t> keys_;
  std::uint32_t key_width_ = 0;
  Bitmap errored_;
  std::vector<RowError> row_errors_;
  std::string breach_;
};

}  // namespace ophost
