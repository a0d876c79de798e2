// The last pass's end: turns a partition's surviving records into its parts of the output: lines, stats lines and
// quarantine entries, each a file that is whole or absent. One worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/io/sink.hpp"
#include "host/run/context.hpp"

namespace ophost {

// Columns that rendering needs besides what the operators use.
std::vector<ColumnSpec> render_columns(const Plan& plan);

std::string part_manifest(const JobContext& job, std::size_t partition, const PartInfo& part);

class Renderer {
 public:
  static Result<std::unique_ptr<Renderer>> open(JobContext& job, std::size_t partition);
  Status write(Worker& worker, const Batch& batch);
  Result<PartInfo> finish();

 private:
  Renderer(JobContext& job, std::size_t partition) : job_(job), partition_(partition) {}
  void record(const Batch& batch, std::size_t row, std::string& lines, std::string& stats_lines);
  void quarantine(const Batch& batch, const RowFault& fault, std::string& out);

  JobContext& job_;
  std::size_t partition_;
  bool stats_wanted_ = false;
  std::unique_ptr<PartWriter> lines_, stats_, quarantine_;
  std::uint64_t quarantined_ = 0;
  std::vector<std::size_t> order_;  // the batch's columns as the recipe names them; made at the first batch
  // Reused from record to record.
  std::vector<std::string> values_;
  std::string stats_object_, meta_object_;
};

}  // namespace ophost
