// naive_grouper: all records become one.
// Owner: plugins/groupers. Stateless, any thread.
#include "plugins/groupers/lists.hpp"

namespace ophost {
namespace {

class NaiveGrouper {
 public:
  static constexpr auto kInfo =
      grouper("naive_grouper")
          .summary("Makes one record of all records; its fields are the lists of their values.")
          .params(OPHOST_PARAMS(""))
          .reads("$record:json")
          .writes("$record:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example("naive_grouper:\n");

  NaiveGrouper(const Params&, Host) {}

  void key(const Row&, std::string& key) const { key = "all"; }
  void emit(const BatchView& group, Emit& out) const { out(groupers::record_of_lists(group)); }
};

}  // namespace

OPHOST_OPERATOR(naive_grouper, NaiveGrouper);

}  // namespace ophost
