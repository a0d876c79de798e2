// Output: the export file(s), put together from the parts that tasks wrote, under a temporary name until they
// are whole. One thread calls; compression has threads of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"
#include "host/io/source.hpp"

namespace ophost {

struct ExportSpec {
  std::string path;             // ends in .jsonl, .json(l).gz, .json(l).zst; compression follows the name
  std::uint64_t shard_size = 0; // bytes of uncompressed records per shard, an upper bound unless one
                                // record alone is larger; 0 = one file. Shards: NAME-00-of-05.jsonl, padded as
                                // Data-Juicer does: one digit more than their number has
};

struct ExportedFile {
  std::string path;
  std::uint64_t bytes = 0, records = 0;
  Hash128 content;  // of the file's bytes
};

// Parts are appended in their order; lines are whole within a part and end with '\n'.
class ExportWriter {
 public:
  virtual ~ExportWriter() = default;
  // Appends the whole file `part` (records = its lines). `expected` is checked against its bytes:
  // a part that was damaged since it was written is an error.
  virtual Status append_part(const std::string& part, std::uint64_t records, const Hash128& expected) = 0;
  virtual Status append(std::string_view lines, std::uint64_t records) = 0;
  // fsync, rename each file under its final name (shards: once their number is known), fsync the folder. Removes
  // temporary files of this export when it fails or is destroyed before.
  virtual Result<std::vector<ExportedFile>> finish() = 0;
};
// Compressed output is one stream of frames / members cut every 4 MiB of records whatever the partitions, so that the
// bytes depend on nothing else. `suffix` marks the temporary names (the job's id).
Result<std::unique_ptr<ExportWriter>> open_export(const ExportSpec& spec, const std::string& suffix);

// "<dir>/<stem>_stats.jsonl" as Data-Juicer names it, for x.jsonl, x.jsonl.gz, x.jsonl.zst alike.
std::string stats_path(const std::string& export_path);

// One part file written by a task: temporary name, fsync, rename. One worker.
class PartWriter {
 public:
  virtual ~PartWriter() = default;
  virtual Status append(std::string_view lines, std::uint64_t records) = 0;
  virtual Result<ExportedFile> finish() = 0;
};
Result<std::unique_ptr<PartWriter>> open_part(const std::string& final_path);

}  // namespace ophost
