// Reads a partition's records in the state that a list of layers describes: the input's own lines, then what each
// tap stored as changed, then what each barrier decided. One worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/io/source.hpp"
#include "host/plan/plan.hpp"
#include "host/store/store.hpp"

namespace ophost {

// A checkpoint that cannot be read although it is listed. The job erases it and plans again.
struct Damage {
  bool found = false;
  Fingerprint blob;
  std::string reason;
};

class StateReader {
 public:
  // `columns` are what the batch shall hold (columns that layers wrote are added); `text_keys` are the recipe's: the
  // first is required to be a string (with text_required), the others to be there. A layer that cannot be opened is told in `damage` (may be null).
  static Result<std::unique_ptr<StateReader>> open(BlobStore* store, const InputFile& file,
                                                   const InputPartition& partition, std::size_t index,
                                                   const std::vector<Layer>& layers,
                                                   std::vector<ColumnSpec> columns,
                                                   const std::vector<std::string>& text_keys, bool text_required,
                                                   Damage* damage = nullptr);
  ~StateReader();

  // The next batch, its dead rows and faults as the layers say. False at the end. When a layer is damaged the
  // status is a store error and damage() says which.
  Result<bool> next(Batch& batch);
  const Damage& damage() const { return damage_; }
  std::uint64_t bytes_read() const;

 private:
  struct LayerCursor;
  StateReader() = default;
  Status apply(LayerCursor& cursor, Batch& batch);

  std::unique_ptr<PartitionReader> input_;
  std::vector<std::unique_ptr<LayerCursor>> cursors_;
  std::vector<ColumnSpec> columns_;
  int required_ = -1;
  std::vector<std::size_t> also_required_;
  std::optional<Fingerprint> rows_;  // what stands in the input's place
  Damage damage_;
};

// One chunk as a blob holds it: u64 length (little-endian), then encode_delta's bytes. Replaces `out`.
void encode_chunk(Batch& batch, std::int32_t after_op, std::string& out);

}  // namespace ophost
