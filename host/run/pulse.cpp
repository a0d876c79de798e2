#include "host/run/pulse.hpp"

#include <algorithm>
#include <chrono>

#include "host/base/process.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

constexpr std::int64_t kFirstBeat = 1'000'000'000;
constexpr std::int64_t kBeat = 5'000'000'000;        // between heartbeats
constexpr std::int64_t kSample = 30'000'000'000;     // between samples of the process's resources
constexpr auto kLook = std::chrono::milliseconds(100);

}  // namespace

Pulse::Pulse(EventLog& events, Progress& progress, std::atomic<bool>* stop, std::function<std::string()> why, Deadline deadline)
    : events_(events), progress_(progress), stop_(stop), why_(std::move(why)), deadline_(std::move(deadline)),
      thread_([this] { run(); }) {}

void Pulse::end() {
  {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
  }
  wake_.notify_all();
  thread_.join();
  look_at_stop();
  beat();
  sample();
}

std::string Pulse::stop_reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

void Pulse::run() {
  std::int64_t next_beat = monotonic_ns() + kFirstBeat, next_sample = monotonic_ns() + kSample;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLook, [this] { return ended_; })) {
    lock.unlock();
    look_at_deadline();
    look_at_stop();
    const std::int64_t now = monotonic_ns();
    if (now >= next_beat) {
      beat();
      next_beat = now + kBeat;
    }
    if (now >= next_sample) {
      sample();
      next_sample = now + kSample;
    }
    lock.lock();
  }
}

void Pulse::beat() {
  ProgressSnapshot s = progress_.snapshot();
  JsonObject o;
  o.add("phase", s.phase)
      .add("progress", s.share)
      .add("bytes_done", s.bytes_done)
      .add("bytes_total", s.bytes_total)
      .add("records", s.records)
      .add("records_per_second", s.records_per_second)
      .add("bytes_per_second", s.bytes_per_second);
  if (s.eta_seconds >= 0) o.add("eta_seconds", s.eta_seconds);
  events_.emit(EventType::kHeartbeat, s.phase, std::move(o.add("duration", s.seconds)));
}

void Pulse::sample() {
  ProcessUsage u = this_process_usage();
  events_.emit(EventType::kResourceSample, human_bytes(u.rss_bytes) + " of memory",
               JsonObject().add("rss_bytes", u.rss_bytes).add("peak_rss_bytes", u.peak_rss_bytes).add("cpu_seconds", u.cpu_seconds));
}

void Pulse::look_at_stop() {
  if (!stop_ || !stop_->load(std::memory_order_relaxed)) return;
  {
    std::lock_guard lock(mutex_);
    if (!reason_.empty()) return;
    if (why_) reason_ = why_();
    if (reason_.empty()) reason_ = "on request";
  }
  events_.emit(EventType::kJobStopRequested, "the job is to stop: " + stop_reason(), JsonObject().add("stop_reason", stop_reason()));
}

// Early enough for the batches in work: twice the slowest so far, at most a tenth of all the time there was.
void Pulse::look_at_deadline() {
  if (deadline_.at_ns == 0 || !stop_ || stop_->load()) return;
  double reserve = std::min(std::max(0.25, 2 * progress_.snapshot().slowest_batch), 0.1 * deadline_.seconds);
  if (static_cast<double>(deadline_.at_ns - monotonic_ns()) / 1e9 > reserve) return;
  std::string reason = "because the deadline of " + deadline_.text + " is near";
  {
    std::lock_guard lock(mutex_);
    reason_ = reason;
  }
  stop_->store(true);
  events_.emit(EventType::kJobStopRequested, "the job is to stop: " + reason, JsonObject().add("stop_reason", reason));
}

}  // namespace ophost
