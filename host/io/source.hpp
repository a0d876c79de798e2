// Input: what dataset_path / dataset name, cut into partitions at line borders, and read back as
// batches of raw lines. The cut depends on the files' bytes and the options only, never on the machine.
// cut_input() may be called once per run; a PartitionReader belongs to one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"
#include "host/batch/batch.hpp"

namespace ophost {

enum class Compression { kNone, kGzip, kZstd };

struct InputFile {
  std::string path;
  Compression compression = Compression::kNone;
  double weight = 1.0;           // systematic sampling: record i is taken floor((i+1)w) - floor(iw) times
  std::uint64_t max_records = 0; // 0 = all; counted after sampling
};

struct SourceSpec {  // as the recipe gives it
  std::string path;  // file, folder (recursively, data files only) or glob (* ? [..] **)
  double weight = 1.0;
  std::uint64_t max_records = 0;
  // Folders and globs: only names that end so ("jsonl", ".jsonl.gz"); empty = data files.
  std::vector<std::string> suffixes = {};
};

// Expands folders and globs, in sorted order. Data files: .jsonl, .json (one object per line, or one array: error with
// how to convert), each also with .gz / .zst; a file named outright may have any name. Errors name the
// path, say what was looked for, and suggest the nearest existing name.
Result<std::vector<InputFile>> resolve_sources(const std::vector<SourceSpec>& specs);

struct CutOptions {
  std::uint64_t target_bytes = 8u << 20;  // a remainder under half of it joins the partition before
  std::uint64_t records = 0;              // partition.size: exactly so many records each (0 = by bytes)
  std::uint64_t count = 0;                // partition.num_of_partitions over all files (0 = by bytes)
  const std::atomic<bool>* stop = nullptr;  // once set, cutting ends with kStopped
  // A file with the path, size and modification time of an earlier cut is not read again when `recall` knows it:
  // its partitions keep the hashes of then (the reader still compares them). Needs recall and remember.
  bool trust_mtime = false;
  // Where cuts are kept, by an opaque key; both may be empty. remember is called for every file that was read.
  std::function<std::optional<std::string>(const std::string& key)> recall;
  std::function<void(const std::string& key, const std::string& cut)> remember;
};

// A stretch of one file. Compressed files are one partition each: they cannot be entered in the middle.
struct InputPartition {
  std::size_t file = 0;           // index into the file list
  std::uint64_t begin = 0, end = 0;  // bytes of the file as it lies on disk
  std::uint64_t first_line = 1;   // 1-based number of its first line in the file (compressed: 1)
  std::uint64_t first_record = 0; // ordinal in the file of its first non-blank line (sampling)
  std::uint64_t lines = 0;        // lines in it; 0 when unknown (compressed)
  Hash128 content;                // XXH3-128 of the bytes [begin, end), mixed with weight and first_record when
                                  // sampling is on
};

// Borders lie at the first line that begins at or behind k * target_bytes, so that a file that grew keeps its
// earlier partitions. A line longer than the target makes a longer partition; an empty file has none.
// `count` is shared out over the plain files by their sizes, at least one each.
// `progress(bytes done, bytes in all)` is called from the calling thread; may be empty.
Result<std::vector<InputPartition>> cut_input(const std::vector<InputFile>& files,
                                              const CutOptions& options,
                                              const std::function<void(std::uint64_t, std::uint64_t)>& progress);

// How batches are cut inside a partition: part of the checkpoint format (chunks of a checkpoint meet
// batches one to one), therefore constants.
constexpr std::size_t kBatchRecords = 1024;
constexpr std::size_t kBatchBytes = 1u << 20;  // a batch ends with the line that reaches this many bytes

// Streams a partition's lines. Blank lines (white space only) are passed over; a UTF-8 BOM at the start of a file
// is skipped; a "\r" before "\n" stays part of the line; a missing newline at the end is not an error.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;
  // Fills bytes, line_*, byte_offset, row_ids, first_row, partition of `batch` (cleared first). False at the end.
  // A truncated or damaged .gz / .zst gives an input error naming file and offset, *after* the whole
  // lines before the damage were delivered. At the end the bytes read are compared with partition.content:
  // a difference is an error ("input changed while the job ran").
  virtual Result<bool> next(Batch& batch) = 0;
  virtual std::uint64_t bytes_read() const = 0;  // on disk, for progress
};

Result<std::unique_ptr<PartitionReader>> open_partition(const InputFile& file,
                                                        const InputPartition& partition,
                                                        std::uint64_t partition_index);

}  // namespace ophost
