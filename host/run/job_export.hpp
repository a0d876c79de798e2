// The end of a job: the parts that its tasks wrote become the exported files, and the store remembers them, so that a
// later run of the same recipe need not write them again. One thread.
#pragma once

#include <string>
#include <vector>

#include "host/run/context.hpp"
#include "host/run/job.hpp"

namespace ophost {

class JobExport {
 public:
  JobExport(const Recipe& recipe, const JobPlaces& places, JobContext& context, JobResult& result)
      : recipe_(recipe), places_(places), context_(context), result_(result) {}

  // Under which fingerprint the store remembers that an export was written.
  Fingerprint record() const;
  // Has this very result been exported to this very place, and does it still stand there? Then the result's counts and
  // files are filled in. `damage` says it when what the store remembered cannot be read.
  Result<bool> already_there(std::string& damage);
  // Puts the parts together under the final names, fills in the result and checks that its records add up.
  Status write();
  // Parts are of no use once the export stands; a kill may have come between it and this.
  Status remove_parts();

 private:
  void take_counts(const std::vector<OpStats>& ops, std::uint64_t in, std::uint64_t reader, std::uint64_t quarantined,
                   std::uint64_t out);
  Status remember(const std::string& stats_file, const std::string& stats_content);

  const Recipe& recipe_;
  const JobPlaces& places_;
  JobContext& context_;
  JobResult& result_;
};

}  // namespace ophost
