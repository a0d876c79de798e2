// What a job has in the store: what its plan reads, what is to be forgotten before it runs, and what stays after. One thread,
// while no task runs.
#pragma once

#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/run/context.hpp"

namespace ophost {

class JobBlobs {
 public:
  // `export_record`, below, is the blob that says what was exported.
  explicit JobBlobs(const JobContext& job) : job_(job) {}

  // Every blob that the plan, as resolved last, reads.
  std::vector<Fingerprint> used() const;
  // --fresh: everything the plan could reuse is erased first, so that one path computes it.
  Status forget_all(const Fingerprint& export_record) const;
  // A replay of what operators (true by index) put into quarantine: what was made without it goes, the parts and the export
  // with it.
  Status forget_quarantined(const std::vector<bool>& ops, const Fingerprint& export_record) const;
  // At the end: references for retention; or what the recipe does not want to keep is erased, unless another job refers to it.
  Status settle() const;

 private:
  std::vector<Fingerprint> scattered() const;
  Status erase_own(std::vector<Fingerprint> blobs) const;
  const JobContext& job_;
};

}  // namespace ophost
