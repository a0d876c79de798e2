// Chunks of checkpoints: any bytes are an error or a change of the batch, never a crash; what encode_delta writes,
// apply_delta reads.
#include "host/batch/delta.hpp"
#include "host/batch/test_batches.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

static Batch batch_of(std::size_t rows) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < rows; ++i)
    lines.push_back("{\"text\": \"row " + std::to_string(i) + "\", \"n\": " + std::to_string(i) + ", \"f\": 1.5, \"b\": true, \"j\": [1]}");
  Batch batch = testing_batches::make_batch(lines, {{"text", ColumnType::kStr}, {"n", ColumnType::kI64},
                                                    {"f", ColumnType::kF64}, {"b", ColumnType::kBool}, {"j", ColumnType::kJson}});
  extract_columns(batch, -1);
  return batch;
}

// Every cell can be read.
static void touch(const Batch& batch) {
  std::size_t sum = 0;
  for (const Column& c : batch.columns) {
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      if (!c.valid.get(r)) continue;
      if (is_variable(c.spec.type)) sum += c.str(r).size();
      else if (c.spec.type == ColumnType::kF64) sum += c.f64.at(r) > 0;
      else sum += static_cast<std::size_t>(c.i64.at(r) & 1);
    }
  }
  for (const RowFault& f : batch.faults) fuzz::must(f.row < batch.rows() && !batch.alive.get(f.row), "a fault is of a dead row");
  fuzz::must(sum != static_cast<std::size_t>(-1), "it was read");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  Batch batch = batch_of(in.byte() % 20);
  std::string_view rest = in.rest();
  while (!rest.empty()) {
    const std::size_t before = rest.size();
    if (!apply_delta(rest, batch).ok()) break;
    fuzz::must(rest.size() < before, "a chunk is not empty");
    touch(batch);
  }
  touch(batch);
  // Written again, it is the same.
  Batch copy = batch_of(batch.rows());
  std::string chunk;
  for (Column& c : batch.columns) c.changed = c.changed_ever;
  const Batch as_it_was = batch;
  encode_delta(batch, -1, chunk);
  std::string_view view = chunk;
  fuzz::must(apply_delta(view, copy).ok() && view.empty(), "what was written is read");
  for (std::size_t r = 0; r < copy.rows(); ++r)
    fuzz::must(copy.alive.get(r) == as_it_was.alive.get(r), "the same rows live");
  return 0;
}
