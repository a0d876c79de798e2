// The progress bar: redrawn four times a second on a terminal, a line every five seconds otherwise.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <thread>

#include "host/base/text.hpp"
#include "host/events/events.hpp"

namespace ophost {

namespace {

// How far the speed of one stretch may speak for that of another: an operator that is slow by itself says nothing of the machine.
constexpr double kTrust = 3;
// Of a stretch, before its own speed is believed.
constexpr double kTaste = 0.02;

}  // namespace

struct Progress::Impl {
  Style style;
  std::atomic<std::uint64_t> bytes{0}, records{0};
  std::atomic<std::int64_t> slowest{0};
  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  std::int64_t start = monotonic_ns(), stretch_start = start;
  std::vector<Stretch> stretches{{}};
  std::size_t current = 0;
  std::uint64_t before = 0;  // bytes when the current stretch began
  double workers = 1, pace = 1;  // pace: what the last stretch took, against its weight
  std::string phase;
  bool stop = false, drawn = false;
  std::thread thread;

  void begin(const std::string& name, std::vector<Stretch> list, std::size_t n) {
    phase = name;
    stretches = std::move(list);
    if (stretches.empty()) stretches.emplace_back();
    workers = static_cast<double>(std::max<std::size_t>(n, 1));
    current = 0;
    before = 0;
    pace = 1;
    bytes = 0;
    records = 0;
    start = stretch_start = monotonic_ns();
  }

  // Seconds per byte of the current stretch; 0 = there is nothing to go by yet.
  double met(double seconds, double done, double all) const {
    const Stretch& s = stretches[current];
    if (done > 0 && (current == 0 || done >= kTaste * all)) return seconds / done;
    return current == 0 ? 0 : foretold(s, pace);
  }

  double foretold(const Stretch& s, double by) const {
    return s.weight / 1e9 / workers * std::clamp(by, 1 / kTrust, kTrust);
  }

  // The caller holds the mutex.
  ProgressSnapshot snapshot() const {
    ProgressSnapshot s;
    s.phase = phase;
    s.bytes_done = bytes;
    s.records = records;
    const std::int64_t now = monotonic_ns();
    s.seconds = static_cast<double>(now - start) / 1e9;
    s.slowest_batch = static_cast<double>(slowest) / 1e9;
    double units = 0, done_units = 0;
    for (const Stretch& x : stretches) {
      s.bytes_total += x.bytes;
      units += static_cast<double>(x.bytes) * x.weight;
    }
    if (s.seconds <= 0) return s;
    s.bytes_per_second = static_cast<double>(s.bytes_done) / s.seconds;
    s.records_per_second = static_cast<double>(s.records) / s.seconds;
    const Stretch& x = stretches[current];
    const double all = static_cast<double>(x.bytes);
    const double done = std::min(all, static_cast<double>(s.bytes_done - std::min(before, s.bytes_done)));
    for (std::size_t i = 0; i < current; ++i) done_units += static_cast<double>(stretches[i].bytes) * stretches[i].weight;
    done_units += done * x.weight;
    s.share = units > 0 ? std::min(1.0, done_units / units) : 0;
    if (s.bytes_total == 0) return s;
    const double per_byte = met(static_cast<double>(now - stretch_start) / 1e9, done, all);
    if (per_byte == 0) return s;
    s.eta_seconds = (all - done) * per_byte;
    const double by = x.weight > 0 ? per_byte * 1e9 * workers / x.weight : 1;
    for (std::size_t i = current + 1; i < stretches.size(); ++i)
      s.eta_seconds += static_cast<double>(stretches[i].bytes) * foretold(stretches[i], by);
    return s;
  }

  void begin_stretch(std::size_t index) {
    if (index >= stretches.size() || index == current) return;
    const std::int64_t now = monotonic_ns();
    const double done = static_cast<double>(bytes.load() - before);
    if (done > 0 && stretches[current].weight > 0)
      pace = static_cast<double>(now - stretch_start) / done * workers / stretches[current].weight;
    before = bytes;
    stretch_start = now;
    current = index;
  }

  std::string line(bool bar) {
    ProgressSnapshot now = snapshot();
    const double share = now.share;
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
  impl_->stretches = {{total_bytes, 1}};
  if (style != Style::kOff) impl_->thread = std::thread([this] { impl_->run(); });
}

Progress::~Progress() { finish(); }

void Progress::phase(const std::string& name) {
  std::lock_guard lock(impl_->mutex);
  impl_->phase = name;
}

void Progress::restart(const std::string& name, std::uint64_t total_bytes) { restart(name, {{total_bytes, 1}}, 1); }

void Progress::restart(const std::string& name, std::vector<Stretch> stretches, std::size_t workers) {
  std::lock_guard lock(impl_->mutex);
  impl_->begin(name, std::move(stretches), workers);
}

void Progress::begin_stretch(std::size_t index) {
  std::lock_guard lock(impl_->mutex);
  impl_->begin_stretch(index);
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
