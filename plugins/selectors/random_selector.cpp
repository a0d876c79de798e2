// random_selector: a random sample of the records, the same one in every run.
// Owner: plugins/selectors. Immutable, any thread.
#include <algorithm>
#include <limits>
#include <optional>

#include "plugins/selectors/decision.hpp"
#include "plugins/selectors/field.hpp"
#include "plugins/selectors/permutation.hpp"
#include "plugins/selectors/row_list.hpp"

namespace ophost {
namespace {

class RandomSelector {
 public:
  static constexpr auto kInfo =
      selector("random_selector")
          .summary("Keeps a random sample of the records, shuffled; the same one in every run.")
          .params(OPHOST_PARAMS(
              SELECTORS_OPTIONAL("select_ratio", "number", "Share of the records to select."),
              SELECTORS_OPTIONAL("select_num", "integer",
                                 "Number of records to select (more than there are repeats "
                                 "them); of both the smaller counts.")))
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example("random_selector:\n  select_ratio: 0.1\n");

  using State = selectors::RowList;

  RandomSelector(const Params& params, Host) {
    if (!params.is_null("select_ratio")) ratio_ = params.get_double("select_ratio");
    if (!params.is_null("select_num")) number_ = params.get_int("select_num");
  }

  void update(State& state, const Row& in) const { state.add(in.id()); }
  void merge(State& into, const State& from) const { into.append(from); }
  void save(const State& state, std::string& bytes) const { state.save(bytes); }
  void load(State& state, std::string_view bytes, std::uint32_t) const {
    selectors::ByteReader in(bytes);
    state.load(in);
  }

  void finish(State& state, std::string& decision) const {
    decision = selectors::keep_all();
    if (state.size() <= 1 || (!ratio_ && !number_)) return;
    const auto total = static_cast<std::int64_t>(state.size());
    const std::int64_t count = wanted(total);
    if (count <= 0 || count == total) return;  // less than one record means all of them
    if (total > std::numeric_limits<std::uint32_t>::max()) {
      throw ConfigError(std::string(kInfo.name) +
                        ": it can choose among 4294967295 records at "
                        "most, there are " +
                        std::to_string(total) + "; split the data and run the recipe on each part");
    }
    decision = selectors::keep_in_order(
        sample(state, static_cast<std::size_t>(std::min(count, total))));
  }

  void apply(std::string_view decision, const BatchView& in, std::int64_t* order) const {
    selectors::apply_decision(decision, in, order);
  }

  // More records than there are: the same order again and again, as numpy's choice of indices gives
  // it to Data-Juicer.
  std::uint64_t total(std::string_view decision) const {
    if (decision == selectors::keep_all() || ratio_.value_or(0) != 0) return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number_.value_or(0), 0));
  }

 private:
  std::int64_t wanted(std::int64_t total) const {
    if (ratio_.value_or(0) == 0) {
      if (number_) return *number_;
      throw ConfigError(std::string(kInfo.name) +
                        ": parameter 'select_ratio': 0 selects nothing and 'select_num' is null; "
                        "give a ratio above 0 or a number of records");
    }
    const auto share = static_cast<std::int64_t>(*ratio_ * static_cast<double>(total));
    return number_.value_or(0) != 0 ? std::min(*number_, share) : share;
  }

  // The row ids at the places that the permutation names first.
  static std::vector<std::uint64_t> sample(const State& rows, std::size_t count) {
    struct Run {
      std::uint64_t place, row;
    };
    std::vector<Run> runs;
    std::uint64_t place = 0;
    rows.for_each_run([&](std::uint64_t first, std::uint64_t n) {
      runs.push_back({place, first});
      place += n;
    });
    std::vector<std::uint32_t> places =
        selectors::numpy_permutation(static_cast<std::uint32_t>(rows.size()));
    places.resize(count);
    std::vector<std::uint64_t> chosen;
    chosen.reserve(count);
    for (const std::uint32_t p : places) {
      const auto after = std::upper_bound(
          runs.begin(), runs.end(), p, [](std::uint64_t v, const Run& r) { return v < r.place; });
      chosen.push_back(after[-1].row + (p - after[-1].place));
    }
    return chosen;
  }

  std::optional<double> ratio_;
  std::optional<std::int64_t> number_;
};

}  // namespace

OPHOST_OPERATOR(random_selector, RandomSelector);

}  // namespace ophost
