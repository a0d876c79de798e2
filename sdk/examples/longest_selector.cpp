// A selector: keeps the `count` longest records of the whole data set. Every partition collects a
// state, states merge in input order, finish() makes the decision, and apply() carries it out
// record by record.
#include <algorithm>

#include "ophost/ophost.hpp"

class LongestSelector {
 public:
  // The longest records so far: (bytes, row id). Never more than `count`, so memory is bounded.
  struct State {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> best;
  };
  static constexpr auto kInfo =
      ophost::selector("example_longest_selector")
          .summary("Keeps the longest records of the whole data set.")
          .params(OPHOST_PARAMS(OPHOST_PARAM_WITH("count", "integer", "100", ",\"minimum\":0",
                                                  "How many records to keep.")))
          .reads("$text_key")
          .promises(ophost::kDeterministic | ophost::kConcurrent)
          .example("example_longest_selector:\n  count: 100\n");

  LongestSelector(const ophost::Params& params, ophost::Host)
      : count_(static_cast<std::size_t>(params.get_int("count"))) {}

  void update(State& s, const ophost::Row& in) const {
    s.best.emplace_back(in.str(0).size(), in.id());
    if (s.best.size() > 2 * count_ + 16) shrink(s);
  }
  void merge(State& into, const State& from) const {
    into.best.insert(into.best.end(), from.best.begin(), from.best.end());
    shrink(into);
  }
  // Saved as text, "bytes row " per record; raise encver() when this changes.
  void save(const State& s, std::string& bytes) const {
    for (const auto& [size, id] : s.best) {
      bytes += std::to_string(size) + " " + std::to_string(id) + " ";
    }
  }
  void load(State& s, std::string_view bytes, std::uint32_t) const {
    const auto number = [&] {
      std::uint64_t v = 0;
      const auto read = std::from_chars(bytes.data(), bytes.data() + bytes.size(), v);
      if (read.ec != std::errc() || read.ptr == bytes.data() + bytes.size() || *read.ptr != ' ') {
        throw ophost::CallError(OPH_E_INPUT,
                                "the saved state of example_longest_selector is damaged");
      }
      bytes.remove_prefix(static_cast<std::size_t>(read.ptr - bytes.data()) + 1);
      return v;
    };
    while (!bytes.empty()) {
      const std::uint64_t size = number();
      s.best.emplace_back(size, number());
    }
  }
  void finish(State& s, std::string& decision) const {
    shrink(s);
    save(s, decision);
  }
  void apply(std::string_view decision, const ophost::BatchView& in, std::int64_t* order) const {
    State s;
    load(s, decision, kInfo.encver_value);
    std::vector<std::uint64_t> ids;
    for (const auto& entry : s.best) ids.push_back(entry.second);
    std::sort(ids.begin(), ids.end());
    in.for_each_live([&](std::uint64_t r) {
      // All records that stay get the same position, so they leave in input order.
      order[r] = std::binary_search(ids.begin(), ids.end(), in.row_id(r)) ? 0 : -1;
    });
  }

 private:
  void shrink(State& s) const {
    std::sort(s.best.begin(), s.best.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (s.best.size() > count_) s.best.resize(count_);
  }
  std::size_t count_;
};

OPHOST_PLUGIN("org.example.longest", "1.0.0", LongestSelector);
