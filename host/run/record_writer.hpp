// Turns a row of a batch back into a record's line: the input's own bytes with what operators changed. One worker.
#pragma once

#include <string>
#include <vector>

#include "host/batch/batch.hpp"

namespace ophost {

// Columns that writing needs besides those that changed.
std::vector<ColumnSpec> record_columns();

class RecordWriter {
 public:
  // What stays in the record: "__dj__stats__" and "__dj__meta__"; hashes ("__dj__hash" and their like).
  RecordWriter(bool keep_stats, bool keep_hashes) : keep_stats_(keep_stats), keep_hashes_(keep_hashes) {}

  // Appends the line and its newline. `order`: the columns of the batch in the order in which what they add is
  // written. `stats_lines` (may be NULL) gets {"__dj__stats__": …, "__dj__meta__": …}. The batch has the columns
  // "__dj__stats__" and "__dj__meta__" (JSON), so that what the input brought is seen.
  void write(const Batch& batch, const std::vector<std::size_t>& order, std::size_t row, std::string& lines,
             std::string* stats_lines);

 private:
  bool keep_stats_, keep_hashes_;
  // Reused from record to record.
  std::vector<std::string> values_;
  std::string stats_object_, meta_object_;
};

}  // namespace ophost
