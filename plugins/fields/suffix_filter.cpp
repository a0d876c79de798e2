// suffix_filter: keeps records that come from files with certain suffixes.
// Owner: plugins/fields. Stateless, any thread.
#include <algorithm>

#include "ophost/ophost.hpp"

namespace ophost {
namespace {

// Data-Juicer's loader gives every record of a JSONL file this suffix when its data name none.
constexpr std::string_view kDefaultSuffix = ".jsonl";

class SuffixFilter {
 public:
  static constexpr auto kInfo =
      filter("suffix_filter")
          .summary("Keeps records whose `__dj__suffix__` is one of a list.")
          .params(OPHOST_FILTER_PARAMS(
              "\"suffixes\":{\"type\":[\"string\",\"array\",\"null\"],\"items\":{\"type\":"
              "\"string\"},\"default\":[],\"x-decides\":true,\"description\":\"Suffixes to keep, "
              "dot included and case-sensitive; an empty list keeps all records.\"}"))
          .reads("__dj__suffix__:json")
          .promises(kPure | kConcurrent)
          .example("suffix_filter:\n  suffixes: ['.txt', '.md']\n");

  SuffixFilter(const Params& params, Host)
      : suffixes_(params.is_null("suffixes") ? std::vector<std::string>()
                                             : params.get_strings("suffixes")),
        reversed_(params.get_bool("reversed_range")) {}

  bool keep(const Row& row) const {
    if (suffixes_.empty()) return true;
    bool listed = false;
    if (row.is_null(0)) {
      listed = has(kDefaultSuffix);
    } else if (const std::string_view raw = row.json(0); raw[0] == '"') {
      listed = has(json::decode_string(raw));
    }
    return listed != reversed_;
  }

 private:
  bool has(std::string_view suffix) const {
    return std::find(suffixes_.begin(), suffixes_.end(), suffix) != suffixes_.end();
  }

  std::vector<std::string> suffixes_;
  bool reversed_;
};

}  // namespace

OPHOST_OPERATOR(suffix_filter, SuffixFilter);

}  // namespace ophost
