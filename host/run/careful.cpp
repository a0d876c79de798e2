#include "host/run/careful.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "host/base/text.hpp"
#include "host/events/events.hpp"

namespace ophost {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Tells of a call while it lives.
class Call {
 public:
  Call(const CallTeller& teller, std::size_t op, std::uint64_t partition, std::uint64_t first_row, std::uint64_t rows, bool single)
      : teller_(teller) {
    if (!teller.slot) return;
    CallSlot& s = *teller.slot;
    s.op.store(static_cast<std::int32_t>(op), kRelaxed);
    s.partition.store(partition, kRelaxed);
    s.first_row.store(first_row, kRelaxed);
    s.rows.store(rows, kRelaxed);
    s.single.store(single, kRelaxed);
    s.began.store(monotonic_ns(), std::memory_order_release);
  }
  // It came back. What it must not have done to this process is looked at while it can still be named.
  void back() {
    if (!teller_.slot) return;
    if (teller_.connection >= 0) {
      if (::getpid() != teller_.process) ::_exit(0);  // a child that the operator forked has no business here
      if (::fcntl(teller_.connection, F_GETFD) < 0) ::_exit(kClosedConnection);
    }
    CallSlot& s = *teller_.slot;
    s.done[counted_op(s.op.load(kRelaxed))].fetch_add(1, kRelaxed);
    s.began.store(0, std::memory_order_release);
  }

 private:
  static constexpr int kClosedConnection = 70;
  const CallTeller& teller_;
};

// The name that a recipe's retry_on_exceptions has for a status.
std::string failure_name(std::int32_t status) {
  switch (status) {
    case OPH_E_CONFIG: return "config";
    case OPH_E_INPUT: return "input";
    case OPH_E_IO: return "io";
    case OPH_E_LIMIT: return "limit";
    case OPH_E_UNSUPPORTED: return "unsupported";
    default: return "internal";
  }
}

// Does a killed call's batch lie among these rows?
bool suspicious(const TaskOrders& orders, std::size_t op, const Batch& batch) {
  const std::uint64_t end = batch.first_row + batch.rows();
  return std::any_of(orders.suspects.begin(), orders.suspects.end(), [&](const TaskOrders::Suspect& s) {
    return s.op == op && s.partition == batch.partition && s.first_row < end && batch.first_row < s.first_row + s.rows;
  });
}

Status once(const CallTeller& teller, std::size_t op, Batch& batch, const std::function<Status()>& turn) {
  if (!teller.orders || !suspicious(*teller.orders, op, batch)) {
    Call call(teller, op, batch.partition, batch.first_row, batch.rows(), batch.rows() == 1);
    Status s = turn();
    call.back();
    return s;
  }
  const Bitmap all = batch.alive;
  Bitmap left;
  left.assign(batch.rows(), false);
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!all.get(r)) continue;
    batch.alive.assign(batch.rows(), false);
    batch.alive.set(r);
    Call call(teller, op, batch.partition, batch.first_row + r, 1, true);
    Status s = turn();
    call.back();
    OPH_TRY(s);
    if (batch.alive.get(r)) left.set(r);
  }
  batch.alive = left;
  return {};
}

Status wait(const CallTeller& teller, double seconds) {
  const std::int64_t until = monotonic_ns() + static_cast<std::int64_t>(seconds * 1e9);
  while (monotonic_ns() < until) {
    if (teller.stop && teller.stop->load(kRelaxed)) return Status::stopped("stopped on request");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

}  // namespace

Status careful(const CallTeller& teller, std::size_t op, const RetryConfig& retry, Batch& batch,
               const std::function<Status()>& turn) {
  if (teller.orders) {
    const std::uint64_t end = batch.first_row + batch.rows();
    for (const auto& g : teller.orders->guilty)
      if (g.op == op && g.partition == batch.partition && g.row >= batch.first_row && g.row < end &&
          batch.alive.get(g.row - batch.first_row))
        batch.fail(g.row - batch.first_row, static_cast<std::int32_t>(op), OPH_E_INTERNAL, g.reason);
  }
  std::size_t fresh = batch.faults.size();
  OPH_TRY(once(teller, op, batch, turn));
  for (int failed = 1; failed < retry.max_attempts; ++failed) {
    Bitmap again;
    again.assign(batch.rows(), false);
    std::size_t keep = fresh;
    for (std::size_t f = fresh; f < batch.faults.size(); ++f) {
      if (retry.retries(failure_name(batch.faults[f].code))) again.set(batch.faults[f].row);
      else if (keep != f) batch.faults[keep++] = std::move(batch.faults[f]);
      else ++keep;
    }
    batch.faults.resize(keep);
    if (again.none()) break;
    fresh = keep;
    std::mt19937 random{std::random_device{}()};
    const double delay = retry.delay(failed, [&] { return std::uniform_real_distribution<>(-1, 1)(random); });
    log_line(LogLevel::kWarn, "process[" + std::to_string(op) + "]: " + std::to_string(again.count()) +
                                  " records failed and are tried again in " + human_seconds(delay) + " (attempt " +
                                  std::to_string(failed + 1) + " of " + std::to_string(retry.max_attempts) + ")");
    OPH_TRY(wait(teller, delay));
    const Bitmap alive = batch.alive;
    batch.alive = again;
    OPH_TRY(once(teller, op, batch, turn));
    for (std::size_t b = 0; b < alive.bytes(); ++b) batch.alive.data()[b] |= alive.data()[b];
  }
  return {};
}

Status tell_whole(const CallTeller& teller, std::size_t op, std::uint64_t rows, const std::function<Status()>& turn) {
  Call call(teller, op, 0, kNoRow, rows, false);
  Status s = turn();
  call.back();
  return s;
}

}  // namespace ophost
