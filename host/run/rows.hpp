// Rows: records that took the place of a partition's input, because an operator made others of them. A blob of kind
// "rows" holds, under kRowsLabel, one entry a record (u32 partition, u64 line, u64 byte offset of the input record it came
// from, u32 size, then the line without a newline; little-endian), and under kRowsQuarantineLabel the quarantine
// entries of everything before it, as JSON lines. Its manifest carries the counts of everything before it too.
// Layout: docs/store-contents.md. Writers and readers belong to one worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/base/json.hpp"
#include "host/base/status.hpp"
#include "host/io/source.hpp"
#include "host/plan/plan.hpp"
#include "host/store/store.hpp"

namespace ophost {

constexpr std::uint32_t kRowsQuarantineLabel = 1;
constexpr std::size_t kRowHeader = 24;

// Where in the input a record came from. Lines and offsets count from the start of the file.
struct Origin {
  std::uint32_t partition = 0;
  std::uint64_t line = 0, byte_offset = 0;
};
Origin origin_of(const Batch& batch, std::size_t row, std::size_t own_partition);

// Appends one entry. kOwnPartition stands for the partition that the rows will be.
void append_row(std::string& out, const Origin& origin, std::string_view line);

// What of a partition's history stands in a rows blob's manifest and quarantine frames.
struct Carried {
  std::uint64_t input_records = 0, reader_quarantined = 0, quarantined = 0;
  static Carried from_json(const JsonValue& manifest);
  void add_to(JsonObject& manifest) const;
};

class RowsWriter {
 public:
  static Result<std::unique_ptr<RowsWriter>> open(BlobStore& store);
  Status add(const Origin& origin, std::string_view line);
  Status add_entry(std::string_view entry);  // as append_row made it
  // JSON lines; `records` of them.
  Status quarantine(std::string_view lines, std::uint64_t records);
  // Copies the quarantine of the rows that `layers` begin with, if they do.
  Status carry_quarantine(BlobStore& store, const std::vector<Layer>& layers);
  std::uint64_t rows() const { return rows_; }
  std::uint64_t quarantined() const { return quarantined_; }
  Result<std::unique_ptr<BlobWriter>> finish();

 private:
  std::unique_ptr<BlobWriter> blob_;
  std::string entry_, quarantine_;
  std::uint64_t rows_ = 0, quarantined_ = 0;
};

// All quarantine lines of a rows blob, in pieces.
Status read_quarantine(BlobStore& store, const Fingerprint& rows, const std::function<Status(std::string_view)>& use);

// Reads rows in batches of the usual size; origin_partition, line_number and byte_offset of the batch are those of the input
// record. A damaged blob is a store error.
Result<std::unique_ptr<PartitionReader>> open_rows(BlobStore& store, const Fingerprint& rows, std::uint64_t partition);

}  // namespace ophost
