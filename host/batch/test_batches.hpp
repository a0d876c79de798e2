// Batches made of literal lines, for the tests of this room.
#pragma once

#include <string>
#include <vector>

#include "host/batch/batch.hpp"

namespace ophost::testing_batches {

inline Batch make_batch(const std::vector<std::string>& lines, std::vector<ColumnSpec> specs) {
  Batch batch;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    batch.line_begin.push_back(batch.bytes.size());
    batch.line_size.push_back(lines[i].size());
    batch.line_number.push_back(i + 1);
    batch.byte_offset.push_back(batch.bytes.size());
    batch.row_ids.push_back(row_id(0, i));
    batch.bytes += lines[i] + "\n";
  }
  for (ColumnSpec& spec : specs) {
    batch.columns.emplace_back();
    batch.columns.back().spec = std::move(spec);
  }
  return batch;
}

}  // namespace ophost::testing_batches
