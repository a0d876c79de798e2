#include "host/run/state_reader.hpp"

#include <algorithm>

#include "host/batch/delta.hpp"
#include "host/run/frame_stream.hpp"
#include "host/run/rows.hpp"

namespace ophost {

// A layer, read on from batch to batch.
struct StateReader::LayerCursor {
  Layer layer;
  FrameStream frames;
};

void encode_chunk(Batch& batch, std::int32_t after_op, std::string& out) {
  out.assign(8, '\0');
  encode_delta(batch, after_op, out);
  std::uint64_t size = out.size() - 8;
  for (int i = 0; i < 8; ++i) out[static_cast<std::size_t>(i)] = static_cast<char>(size >> (8 * i));
}

StateReader::~StateReader() = default;

Result<std::unique_ptr<StateReader>> StateReader::open(BlobStore* store, const InputFile& file,
                                                       const InputPartition& partition, std::size_t index,
                                                       const std::vector<Layer>& layers,
                                                       std::vector<ColumnSpec> columns,
                                                       const std::vector<std::string>& text_keys, bool text_required,
                                                       Damage* damage) {
  std::unique_ptr<StateReader> self(new StateReader);
  const bool rows = !layers.empty() && layers[0].rows;
  if (rows) {
    auto input = open_rows(*store, layers[0].blob, index);
    if (!input.ok()) {
      if (damage) *damage = {true, layers[0].blob, input.status().message()};
      return input.status();
    }
    self->input_ = std::move(*input);
    self->rows_ = layers[0].blob;
  } else {
    OPH_ASSIGN(self->input_, open_partition(file, partition, index));
  }
  auto place = [&](const ColumnSpec& spec) {
    auto it = std::find(columns.begin(), columns.end(), spec);
    if (it != columns.end()) return static_cast<std::size_t>(it - columns.begin());
    columns.push_back(spec);
    return columns.size() - 1;
  };
  // Rows that operators made may hold anything under the name of the text.
  for (std::size_t i = 0; i < text_keys.size() && !rows; ++i) {
    if (i == 0 && text_required) self->required_ = static_cast<int>(place({text_keys[0], ColumnType::kStr}));
    else self->also_required_.push_back(place({text_keys[i], ColumnType::kJson}));
  }
  self->columns_ = std::move(columns);
  for (const Layer& layer : layers) {
    if (layer.rows) continue;
    auto blob = store->open_blob(layer.blob);
    if (!blob.ok()) {
      if (damage) *damage = {true, layer.blob, blob.status().message()};
      return blob.status();
    }
    self->cursors_.push_back(std::make_unique<LayerCursor>(LayerCursor{layer, FrameStream(std::move(*blob), layer.label)}));
  }
  return self;
}

std::uint64_t StateReader::bytes_read() const { return input_->bytes_read(); }

Status StateReader::apply(LayerCursor& cursor, Batch& batch) {
  const std::string where = "checkpoint " + cursor.layer.blob.hex();
  if (cursor.layer.decision) {
    // One bit per record of the partition, in order; batches begin at any bit.
    std::size_t last = batch.first_row + batch.rows();
    OPH_TRY(cursor.frames.fill((last + 7) / 8));
    std::string_view bits = cursor.frames.rest();
    if (bits.size() * 8 < last) return Status::store(where + " decides about fewer records than there are");
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      std::size_t bit = batch.first_row + r;
      if (!(static_cast<unsigned char>(bits[bit >> 3]) >> (bit & 7) & 1)) batch.alive.clear(r);
    }
    return {};
  }
  OPH_TRY(cursor.frames.fill(8));
  std::string_view head = cursor.frames.rest();
  if (head.size() < 8) return Status::store(where + " ends before the last batch");
  std::uint64_t size = 0;
  for (int i = 0; i < 8; ++i) size |= std::uint64_t{static_cast<unsigned char>(head[static_cast<std::size_t>(i)])} << (8 * i);
  if (size > (std::uint64_t{1} << 40)) return Status::store(where + " has a chunk of an impossible size");
  OPH_TRY(cursor.frames.fill(8 + size));
  std::string_view chunk = cursor.frames.rest();
  if (chunk.size() < 8 + size) return Status::store(where + " ends inside a chunk");
  chunk = chunk.substr(8, size);
  OPH_TRY(apply_delta(chunk, batch).within(where));
  if (!chunk.empty()) return Status::store(where + " has bytes left over after a chunk");
  cursor.frames.advance(8 + size);
  return {};
}

Result<bool> StateReader::next(Batch& batch) {
  batch.columns.resize(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) batch.columns[i].spec = columns_[i];
  auto more = input_->next(batch);
  if (!more.ok() && rows_) damage_ = {true, *rows_, more.status().message()};
  if (!more.ok()) return more.status();
  if (!*more) return false;
  extract_columns(batch, required_);
  for (std::size_t c : also_required_)
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r) && (!batch.columns[c].valid.get(r) || batch.columns[c].str(r) == "null"))
        batch.fail(r, -1, OPH_E_INPUT, "the text key '" + columns_[c].path + "' is missing or null");
  for (auto& cursor : cursors_)
    if (Status s = apply(*cursor, batch); !s.ok()) {
      damage_ = {true, cursor->layer.blob, s.message()};
      return Status(Code::kStore, s.message());
    }
  return true;
}

}  // namespace ophost
