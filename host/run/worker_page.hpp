// What a worker process and its supervisor see of each other without a word: memory that both have mapped. The worker's
// threads write it, the supervisor reads it (also after the worker's death, which is what it is for), and both only through
// atomics. With --isolation thread there is one of it in ordinary memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ophost {

// What a task has done so far, for progress, the budget of quarantined records and the summary.
struct TaskCounters {
  std::atomic<std::uint64_t> bytes{0}, records{0};
  std::atomic<std::uint64_t> quarantined{0};
  std::atomic<std::int64_t> tap_ns{0};  // spent encoding, compressing and committing checkpoints
};

constexpr std::size_t kCountedOps = 64;  // operators beyond share the last place
constexpr std::size_t kCallSlots = 32;

// The call of an operator that a thread is making, or made last.
struct CallSlot {
  std::atomic<std::int64_t> began{0};  // CLOCK_MONOTONIC, ns; 0 = it came back
  std::atomic<std::int32_t> op{-1};    // -1: this task has made none yet
  std::atomic<std::int32_t> thread{0};
  std::atomic<std::uint64_t> partition{0}, first_row{0};
  std::atomic<std::uint64_t> rows{0};       // 0: it is being created
  std::atomic<bool> single{false};          // one record alone
  std::atomic<std::uint32_t> done[kCountedOps] = {};  // calls that came back in this task, by operator
};

struct WorkerPage {
  std::atomic<bool> stop{false};  // the supervisor's only word here
  TaskCounters counters;
  // Of the signal that ended the worker, as far as its handler came.
  std::atomic<std::int32_t> crash_signal{0}, crash_slot{-1};
  std::atomic<bool> crash_told{false};
  char crash_where[512] = {};  // "symbol+0x1f (file.so)", ends with a zero; whole once crash_told is set
  CallSlot slots[kCallSlots];
};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "shared between processes");

inline std::size_t counted_op(std::int32_t op) {
  return op < 0 ? 0 : op < static_cast<std::int32_t>(kCountedOps) ? static_cast<std::size_t>(op) : kCountedOps - 1;
}

}  // namespace ophost
