#include "host/run/rows.hpp"

#include <bit>
#include <cstring>

#include "host/run/frame_stream.hpp"

namespace ophost {
namespace {

static_assert(std::endian::native == std::endian::little, "the store's integers are little-endian");

template <class T>
T load(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

template <class T>
void save(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

class RowsReader : public PartitionReader {
 public:
  RowsReader(std::unique_ptr<BlobReader> blob, std::uint64_t partition)
      : frames_(std::move(blob), kRowsLabel), partition_(partition) {}

  Result<bool> next(Batch& batch) override {
    batch.clear();
    batch.partition = partition_;
    batch.first_row = rows_;
    while (batch.rows() < kBatchRecords && batch.bytes.size() < kBatchBytes) {
      OPH_TRY(frames_.fill(kRowHeader));
      std::string_view entry = frames_.rest();
      if (entry.empty()) break;
      if (entry.size() < kRowHeader) return damaged();
      const auto size = load<std::uint32_t>(entry.data() + 20);
      OPH_TRY(frames_.fill(kRowHeader + size));
      entry = frames_.rest();
      if (entry.size() < kRowHeader + size) return damaged();
      batch.origin_partition.push_back(load<std::uint32_t>(entry.data()));
      batch.line_number.push_back(load<std::uint64_t>(entry.data() + 4));
      batch.byte_offset.push_back(load<std::uint64_t>(entry.data() + 12));
      batch.line_begin.push_back(batch.bytes.size());
      batch.line_size.push_back(size);
      batch.bytes.append(entry.substr(kRowHeader, size));
      batch.bytes += '\n';
      batch.row_ids.push_back(row_id(partition_, rows_++));
      frames_.advance(kRowHeader + size);
    }
    return batch.rows() > 0;
  }
  std::uint64_t bytes_read() const override { return frames_.stored_read(); }

 private:
  Status damaged() const { return Status::store("the rows " + frames_.blob().hex() + " end inside a record"); }

  FrameStream frames_;
  std::uint64_t partition_, rows_ = 0;
};

}  // namespace

Origin origin_of(const Batch& batch, std::size_t row, std::size_t own_partition) {
  const bool own = batch.origin_partition.empty() || batch.origin_partition[row] == kOwnPartition;
  return {own ? static_cast<std::uint32_t>(own_partition) : batch.origin_partition[row],
          batch.line_number[row], batch.byte_offset[row]};
}

void append_row(std::string& out, const Origin& origin, std::string_view line) {
  save(out, origin.partition);
  save(out, origin.line);
  save(out, origin.byte_offset);
  save(out, static_cast<std::uint32_t>(line.size()));
  out += line;
}

Carried Carried::from_json(const JsonValue& manifest) {
  auto n = [&](const char* key) { return static_cast<std::uint64_t>(get_int(manifest, key)); };
  return {n("input_records"), n("reader_quarantined"), n("quarantined")};
}

void Carried::add_to(JsonObject& manifest) const {
  manifest.add("input_records", input_records).add("reader_quarantined", reader_quarantined).add("quarantined", quarantined);
}

Result<std::unique_ptr<RowsWriter>> RowsWriter::open(BlobStore& store) {
  auto self = std::make_unique<RowsWriter>();
  OPH_ASSIGN(self->blob_, store.new_blob());
  return self;
}

Status RowsWriter::add(const Origin& origin, std::string_view line) {
  if (line.size() > UINT32_MAX)
    return Status::failed("a record of " + std::to_string(line.size()) + " bytes cannot be kept between operators; the most is 4 GiB");
  entry_.clear();
  append_row(entry_, origin, line);
  return add_entry(entry_);
}

Status RowsWriter::add_entry(std::string_view entry) {
  ++rows_;
  return blob_->append(entry);
}

Status RowsWriter::quarantine(std::string_view lines, std::uint64_t records) {
  quarantine_ += lines;
  quarantined_ += records;
  return {};
}

Status RowsWriter::carry_quarantine(BlobStore& store, const std::vector<Layer>& layers) {
  if (layers.empty() || !layers[0].rows) return {};
  OPH_ASSIGN(auto info, store.find(layers[0].blob));
  if (!info) return Status::store("the rows " + layers[0].blob.hex() + " are no longer in the store");
  OPH_ASSIGN(Json doc, parse_json(info->manifest, "the manifest of " + layers[0].blob.hex()));
  quarantined_ += Carried::from_json(doc).quarantined;
  return read_quarantine(store, layers[0].blob, [&](std::string_view lines) {
    quarantine_ += lines;
    return Status();
  });
}

Result<std::unique_ptr<BlobWriter>> RowsWriter::finish() {
  OPH_TRY(blob_->end_frame(kRowsLabel));
  if (!quarantine_.empty()) {
    OPH_TRY(blob_->append(quarantine_));
    OPH_TRY(blob_->end_frame(kRowsQuarantineLabel));
  }
  return std::move(blob_);
}

Status read_quarantine(BlobStore& store, const Fingerprint& rows, const std::function<Status(std::string_view)>& use) {
  OPH_ASSIGN(auto blob, store.open_blob(rows));
  return each_frame(*blob, kRowsQuarantineLabel, use);
}

Result<std::unique_ptr<PartitionReader>> open_rows(BlobStore& store, const Fingerprint& rows, std::uint64_t partition) {
  OPH_ASSIGN(auto blob, store.open_blob(rows));
  return std::unique_ptr<PartitionReader>(std::make_unique<RowsReader>(std::move(blob), partition));
}

}  // namespace ophost
