// decision.cpp: see the header. Owner: plugins/selectors.
#include "plugins/selectors/decision.hpp"

#include <algorithm>
#include <numeric>

#include "plugins/selectors/bytes.hpp"

namespace ophost::selectors {
namespace {

// 'a', or 's' and pairs (row id, position) of eight bytes each, ascending by row id: rows are found
// in the bytes themselves.
constexpr char kAll = 'a', kSome = 's';
constexpr std::size_t kPair = 16;

}  // namespace

std::string keep_all() {
  return std::string(1, kAll);
}

std::string keep_in_order(const std::vector<std::uint64_t>& rows) {
  std::vector<std::size_t> by_row(rows.size());
  std::iota(by_row.begin(), by_row.end(), std::size_t{0});
  std::sort(by_row.begin(), by_row.end(),
            [&](std::size_t a, std::size_t b) { return rows[a] < rows[b]; });
  std::string out(1, kSome);
  out.reserve(1 + kPair * rows.size());
  for (const std::size_t position : by_row) {
    put_u64(out, rows[position]);
    put_u64(out, position);
  }
  return out;
}

void apply_decision(std::string_view decision, const BatchView& in, std::int64_t* order) {
  const bool all = decision.substr(0, 1) == std::string_view(&kAll, 1);
  if (!all && decision.substr(0, 1) != std::string_view(&kSome, 1)) {
    throw std::logic_error("not a decision of this selector");
  }
  const char* const pairs = decision.data() + 1;
  const std::size_t count = (decision.size() - 1) / kPair;
  std::size_t from = 0;  // row ids ascend, so each search begins where the last one ended
  in.for_each_live([&](std::uint64_t r) {
    if (all) {
      order[r] = 0;
      return;
    }
    const std::uint64_t row = in.row_id(r);
    std::size_t low = from, high = count;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (u64_at(pairs + kPair * middle) < row)
        low = middle + 1;
      else
        high = middle;
    }
    from = low;
    const bool found = low < count && u64_at(pairs + kPair * low) == row;
    order[r] = found ? static_cast<std::int64_t>(u64_at(pairs + kPair * low + 8)) : -1;
  });
}

}  // namespace ophost::selectors
