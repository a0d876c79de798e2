// The progress bar: redrawn four times a second on a terminal, a line every five seconds otherwise.
#include <sys/ioctl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <thread>

#include "host/base/text.hpp"
#include "host/events/events.hpp"

namespace ophost {

struct Progress::Impl {
  Style style;
  std::atomic<std::uint64_t> total{0}, bytes{0}, records{0};
  std::atomic<std::int64_t> start{monotonic_ns()}, slowest{0};
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::string phase;
  bool stop = false, drawn = false;
  std::thread thread;

  // The caller holds the mutex.
  ProgressSnapshot snapshot() const {
    ProgressSnapshot s;
    s.phase = phase;
    s.bytes_total = total;
    s.bytes_done = bytes;
    s.records = records;
    s.seconds = static_cast<double>(monotonic_ns() - start) / 1e9;
    s.slowest_batch = static_cast<double>(slowest) / 1e9;
    if (s.seconds <= 0) return s;
    s.bytes_per_second = static_cast<double>(s.bytes_done) / s.seconds;
    s.records_per_second = static_cast<double>(s.records) / s.seconds;
    if (s.bytes_done >= s.bytes_total) s.eta_seconds = s.bytes_total ? 0 : -1;
    else if (s.bytes_done) s.eta_seconds = static_cast<double>(s.bytes_total - s.bytes_done) / s.bytes_per_second;
    return s;
  }

  std::string line(bool bar) {
    ProgressSnapshot now = snapshot();
    double share = now.bytes_total ? std::min(1.0, static_cast<double>(now.bytes_done) / static_cast<double>(now.bytes_total)) : 0;
    char head[64];
    std::snprintf(head, sizeof head, "%5.1f%%", share * 100);
    std::string eta = now.eta_seconds > 0 ? human_seconds(now.eta_seconds) : "–";
    std::string facts = std::string(head) + "  " + human_count(now.records) + " records  " +
                        human_count(static_cast<std::uint64_t>(now.records_per_second)) + " records/s  " +
                        human_bytes(static_cast<std::uint64_t>(now.bytes_per_second)) + "/s  ETA " + eta;
    if (!bar) return phase + "  " + facts;
    winsize size{};
    int columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    int room = columns - static_cast<int>(phase.size() + facts.size()) - 6;
    std::string out = phase + "  ";
    if (room >= 8) {
      int filled = static_cast<int>(share * room);
      out += "[" + std::string(static_cast<std::size_t>(filled), '#') +
             std::string(static_cast<std::size_t>(room - filled), '.') + "] ";
    }
    out += facts;
    // "–" is three bytes in one column.
    std::size_t limit = static_cast<std::size_t>(columns - 1) + (eta == "–" ? 2 : 0);
    if (out.size() > limit) out.resize(limit);
    return out;
  }

  void draw() {
    if (style == Style::kBar) {
      std::fprintf(stderr, "\r\033[K%s", line(true).c_str());
      std::fflush(stderr);
      drawn = true;
    } else {
      std::fprintf(stderr, "%s\n", line(false).c_str());
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    auto period = style == Style::kBar ? std::chrono::milliseconds(250) : std::chrono::milliseconds(5000);
    while (!wake.wait_for(lock, period, [this] { return stop; })) draw();
  }
};

Progress::Progress(Style style, std::uint64_t total_bytes) : impl_(std::make_unique<Impl>()) {
  if (style == Style::kAuto) style = ::isatty(STDERR_FILENO) ? Style::kBar : Style::kPlain;
  impl_->style = style;
  impl_->total = total_bytes;
  if (style != Style::kOff) impl_->thread = std::thread([this] { impl_->run(); });
}

Progress::~Progress() { finish(); }

void Progress::phase(const std::string& name) {
  std::lock_guard lock(impl_->mutex);
  impl_->phase = name;
}

void Progress::restart(const std::string& name, std::uint64_t total_bytes) {
  std::lock_guard lock(impl_->mutex);
  impl_->phase = name;
  impl_->total = total_bytes;
  impl_->bytes = 0;
  impl_->records = 0;
  impl_->start = monotonic_ns();
}

void Progress::add(std::uint64_t bytes, std::uint64_t records) {
  impl_->bytes += bytes;
  impl_->records += records;
  thread_local const Impl* whose = nullptr;
  thread_local std::int64_t last = 0;
  std::int64_t now = monotonic_ns();
  if (whose == impl_.get()) {
    std::int64_t slowest = impl_->slowest;
    while (now - last > slowest && !impl_->slowest.compare_exchange_weak(slowest, now - last)) {
    }
  }
  whose = impl_.get();
  last = now;
}

ProgressSnapshot Progress::snapshot() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->snapshot();
}

void Progress::finish() {
  if (!impl_->thread.joinable()) return;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  if (impl_->drawn) {
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
  }
}

}  // namespace ophost
