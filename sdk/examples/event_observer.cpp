// An observer: sees the events of a run (one JSON object each) on a thread of its own and can
// change nothing. This one logs how many operators failed.
#include "ophost/ophost.hpp"

class EventObserver {
 public:
  static constexpr auto kInfo = ophost::observer("example_event_observer")
                                    .summary("Logs how many events speak of a failure.")
                                    .example("example_event_observer:\n");

  EventObserver(const ophost::Params&, ophost::Host host) : host_(host) {}

  void on_event(std::string_view json) {
    if (json.find("_failed\"") != std::string_view::npos) ++failures_;
  }
  void flush(std::uint64_t) { host_.info(std::to_string(failures_) + " failures so far"); }

 private:
  ophost::Host host_;
  int failures_ = 0;
};

OPHOST_PLUGIN("org.example.events", "1.0.0", EventObserver);
