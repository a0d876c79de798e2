// lists.cpp: see the header. Owner: plugins/groupers.
#include "plugins/groupers/lists.hpp"

#include <unordered_map>
#include <vector>

namespace ophost::groupers {
namespace {

struct List {
  std::string name;
  std::string items;        // JSON texts with ", " between them
  std::size_t count = 0;    // of items
  std::size_t last_at = 0;  // where the last of them begins
};

void add_item(List& list, std::string_view json) {
  if (list.count != 0) list.items += ", ";
  list.last_at = list.items.size();
  list.items += json;
  ++list.count;
}
void fill(List& list, std::size_t count) {
  while (list.count < count) add_item(list, "null");
}

}  // namespace

std::string record_of_lists(const BatchView& group) {
  std::vector<List> lists;
  std::unordered_map<std::string, std::size_t> index;
  const StrColumn records = group.str(0);
  std::size_t done = 0;
  group.for_each_live([&](std::uint64_t r) {
    json::for_each_member(records[r], [&](const std::string& name, std::string_view value) {
      const auto [at, fresh] = index.emplace(name, lists.size());
      if (fresh) lists.push_back({name, {}, 0, 0});
      List& list = lists[at->second];
      fill(list, done);
      if (list.count > done) {  // the record names the field twice: the last one counts
        list.items.resize(list.last_at);
        list.items += value;
      } else {
        add_item(list, value);
      }
    });
    ++done;
  });
  std::string out = "{";
  for (List& list : lists) {
    fill(list, done);
    if (out.size() > 1) out += ", ";
    out += json::encode_string(list.name);
    out += ": [";
    out += list.items;
    out += ']';
  }
  return out += '}';
}

}  // namespace ophost::groupers
