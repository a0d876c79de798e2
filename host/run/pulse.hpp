// A job's pulse: while it runs, one thread that says every few seconds how far it is (events heartbeat and
// resource_sample), notices that it is to stop (event job_stop_requested), and stops it in time for its deadline.
// Created and destroyed by the job's main thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "host/events/events.hpp"

namespace ophost {

struct Deadline {
  std::int64_t at_ns = 0;   // monotonic; 0 = none
  double seconds = 0;       // what was asked for
  std::string text;         // as it was asked for
};

class Pulse {
 public:
  // `stop` may be NULL; otherwise it is read, and set when the deadline comes near. `why` gives the reason for a stop that
  // came from outside; it may be empty.
  Pulse(EventLog& events, Progress& progress, std::atomic<bool>* stop, std::function<std::string()> why, Deadline deadline);
  ~Pulse() { end(); }
  // Ends the thread, with a last look at whether the job was to stop, and a last heartbeat. May be called again.
  void end();
  // Why the job was asked to stop; "" when it was not.
  std::string stop_reason() const;

 private:
  void run();
  void beat();
  void sample();
  void look_at_stop();
  void look_at_deadline();

  EventLog& events_;
  Progress& progress_;
  std::atomic<bool>* const stop_;
  const std::function<std::string()> why_;
  const Deadline deadline_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::string reason_;
  std::thread thread_;
};

}  // namespace ophost
