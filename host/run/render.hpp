// The last pass's end: turns a partition's surviving records into its parts of the output: lines, stats lines and
// quarantine entries, each a file that is whole or absent. One worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/io/sink.hpp"
#include "host/run/context.hpp"
#include "host/run/record_writer.hpp"

namespace ophost {

std::string part_manifest(const JobContext& job, std::size_t partition, const PartInfo& part);

class Renderer {
 public:
  static Result<std::unique_ptr<Renderer>> open(JobContext& job, std::size_t partition);
  Status write(Worker& worker, const Batch& batch);
  // Quarantine entries of before, JSON lines.
  Status quarantine(std::string_view lines, std::uint64_t records);
  Result<PartInfo> finish();

 private:
  Renderer(JobContext& job, std::size_t partition)
      : job_(job),
        partition_(partition),
        record_(job.recipe->keep_stats_in_res_ds, job.recipe->keep_hashes_in_res_ds) {}

  JobContext& job_;
  std::size_t partition_;
  RecordWriter record_;
  bool stats_wanted_ = false;
  std::unique_ptr<PartWriter> lines_, stats_, quarantine_;
  std::uint64_t quarantined_ = 0;
  std::vector<std::size_t> order_;  // the batch's columns as the recipe names them; made at the first batch
};

}  // namespace ophost
