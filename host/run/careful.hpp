// Calls of operators that can be told from outside, and made record by record where one has not come back.
//
// A worker process that dies leaves in its page which operator it was calling on which records. The attempt after that has
// orders: records that are known to be guilty are not shown to the operator again, and where the guilty one is not known yet
// every record is shown alone, so that the next death names it. One worker.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/batch/batch.hpp"
#include "host/recipe/resilience.hpp"
#include "host/run/worker_page.hpp"

namespace ophost {

// What attempts that did not come back have taught about a task.
struct TaskOrders {
  struct Suspect {  // among these records is one that kills
    std::size_t op = 0;
    std::uint64_t partition = 0, first_row = 0, rows = 0;
  };
  struct Guilty {
    std::size_t op = 0;
    std::uint64_t partition = 0, row = 0;  // ordinal within the partition
    std::string reason;
  };
  std::vector<Suspect> suspects;
  std::vector<Guilty> guilty;
};

// Where a worker's calls are told. `connection` is the socket to the supervisor, -1 where there is none.
struct CallTeller {
  CallSlot* slot = nullptr;
  const TaskOrders* orders = nullptr;
  int connection = -1;
  std::int32_t process = 0;
  const std::atomic<bool>* stop = nullptr;
};

// Calls `turn` for the live rows of `batch`, all at once or one after the other (then only that row is alive while it runs);
// the rows that are alive afterwards are those that every turn left alive. Rows known to be guilty get a RowFault.
// Rows that failed in a way that `retry` tries again are shown again after its delay, alone together; `turn` must bear rows
// that come a second time and out of order.
// A worker process whose operator closed its connection, or forked, ends here.
Status careful(const CallTeller& teller, std::size_t op, const RetryConfig& retry, Batch& batch,
               const std::function<Status()>& turn);

// A call that cannot be made record by record: creating the operator (`rows` 0), emitting a group, finishing a state.
constexpr std::uint64_t kNoRow = UINT64_MAX;
Status tell_whole(const CallTeller& teller, std::size_t op, std::uint64_t rows, const std::function<Status()>& turn);

}  // namespace ophost
