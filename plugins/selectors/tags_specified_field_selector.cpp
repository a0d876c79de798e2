// tags_specified_field_selector: the records whose field is one of some tags.
// Owner: plugins/selectors. Immutable, any thread.
#include <algorithm>
#include <unordered_set>

#include "plugins/selectors/field.hpp"

namespace ophost {
namespace {

// The decision is one byte: whether records are chosen at all. Which ones, each batch shows itself.
class TagsSpecifiedFieldSelector {
 public:
  static constexpr auto kInfo =
      selector("tags_specified_field_selector")
          .summary("Keeps the records whose field is one of some tags.")
          .params(OPHOST_PARAMS(SELECTORS_FIELD_KEY,
                                "\"target_tags\":{\"type\":[\"array\",\"null\"],\"items\":{"
                                "\"type\":\"string\"},\"default\":null,\"description\":\"The tags "
                                "to keep; case-sensitive. Required.\"}"))
          .reads("${field_key}:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example(
              "tags_specified_field_selector:\n  field_key: meta.sentiment\n"
              "  target_tags: [happy, sad]\n");

  using State = selectors::FieldCensus;

  TagsSpecifiedFieldSelector(const Params& params, Host) : field_(kInfo.name, params) {
    if (params.is_null("target_tags")) {
      throw ConfigError("parameter 'target_tags': expected a list of tags to keep, got null");
    }
    for (std::string& tag : params.get_strings("target_tags")) tags_.insert(std::move(tag));
  }

  void update(State& state, const Row& in) const {
    ++state.records;
    if (in.is_null(0)) {
      ++state.absent;
    } else if (const char first = in.json(0)[0]; first == '[' || first == '{') {
      ++state.structured;
    }
  }
  void merge(State& into, const State& from) const { into.merge(from); }
  void save(const State& state, std::string& bytes) const { state.save(bytes); }
  void load(State& state, std::string_view bytes, std::uint32_t) const {
    selectors::ByteReader in(bytes);
    state.load(in);
  }

  void finish(State& state, std::string& decision) const {
    const bool choose = state.records > 1 && field_.named();
    if (choose) {
      field_.require_present(state);
      field_.require_plain(state);
    }
    decision = choose ? "t" : "a";
  }

  void apply(std::string_view decision, const BatchView& in, std::int64_t* order) const {
    const bool choose = decision == "t";
    in.for_each_live([&](std::uint64_t r) { order[r] = choose && !is_tagged(in.row(r)) ? -1 : 0; });
  }

 private:
  // Tags are texts; numbers and null are none of them.
  bool is_tagged(const Row& row) const {
    if (row.is_null(0) || row.json(0)[0] != '"') return false;
    return tags_.count(json::decode_string(row.json(0))) != 0;
  }

  selectors::Field field_;
  std::unordered_set<std::string> tags_;
};

}  // namespace

OPHOST_OPERATOR(tags_specified_field_selector, TagsSpecifiedFieldSelector);

}  // namespace ophost
