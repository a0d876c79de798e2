// An aggregator: the whole data set becomes one record that says how many records and bytes there
// were.
#include <charconv>

#include "ophost/ophost.hpp"

class CountAggregator {
 public:
  struct State {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
  };
  static constexpr auto kInfo =
      ophost::aggregator("example_count_aggregator")
          .summary("Counts records and bytes of text.")
          .reads("$text_key")
          .writes("records:json", "bytes:json")
          .promises(ophost::kDeterministic | ophost::kOrderFree | ophost::kConcurrent)
          .example("example_count_aggregator:\n");

  CountAggregator(const ophost::Params&, ophost::Host) {}

  void update(State& s, const ophost::Row& in) const {
    s.records += 1;
    s.bytes += in.str(0).size();
  }
  void merge(State& into, const State& from) const {
    into.records += from.records;
    into.bytes += from.bytes;
  }
  void save(const State& s, std::string& bytes) const {
    bytes = std::to_string(s.records) + " " + std::to_string(s.bytes);
  }
  void load(State& s, std::string_view bytes, std::uint32_t) const {
    const char* end = bytes.data() + bytes.size();
    const auto first = std::from_chars(bytes.data(), end, s.records);
    if (first.ec == std::errc() && first.ptr != end &&
        std::from_chars(first.ptr + 1, end, s.bytes).ptr == end) {
      return;
    }
    throw ophost::CallError(OPH_E_INPUT, "the saved state of example_count_aggregator is damaged");
  }
  void finish(State& s, ophost::Emit& record) const {
    record(std::to_string(s.records), std::to_string(s.bytes));
  }
};

OPHOST_PLUGIN("org.example.count", "1.0.0", CountAggregator);
