// key_value_grouper: the records that agree in some fields become one.
// Owner: plugins/groupers. Immutable, any thread.
#include <algorithm>
#include <optional>
#include <vector>

#include "plugins/groupers/lists.hpp"
#include "plugins/textkit/pyvalue.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

using textkit::PyValue;

class KeyValueGrouper {
 public:
  static constexpr auto kInfo =
      grouper("key_value_grouper")
          .summary("Makes one record of all that agree in some fields; its fields are lists.")
          .params(OPHOST_PARAMS(
              "\"group_by_keys\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"},"
              "\"default\":null,\"description\":\"The fields to compare; levels are separated by "
              "dots, digits count into lists. Without any it is the text.\"}"))
          .reads("$record:json", "$text_key:json")
          .writes("$record:json")
          .promises(kDeterministic | kConcurrent)
          .cost("cheap")
          .example("key_value_grouper:\n  group_by_keys: [meta.language]\n");

  KeyValueGrouper(const Params& params, Host) {
    if (!params.is_null("group_by_keys")) paths_ = params.get_strings("group_by_keys");
    std::sort(paths_.begin(), paths_.end());
    paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
  }

  // What Data-Juicer hashes: the values as Python prints them, so that 1 and 1.0 differ.
  void key(const Row& in, std::string& key) const {
    if (paths_.empty()) {
      if (in.is_null(1))
        key = "None";
      else
        textkit::append_repr(key, PyValue::parse(in.json(1)));
      return;
    }
    const PyValue record = PyValue::parse(in.json(0));
    for (const std::string& path : paths_) {
      const auto value = at_path(record, path);
      key += '(';
      textkit::append_repr(key, std::string_view(path));
      key += ", ";
      textkit::append_repr(key, value.value_or(PyValue()));
      key += ')';
    }
  }

  void emit(const BatchView& group, Emit& out) const { out(groupers::record_of_lists(group)); }

 private:
  // Nothing when the path leads nowhere.
  static std::optional<PyValue> at_path(const PyValue& record, std::string_view path) {
    const PyValue* v = &record;
    for (;;) {
      const std::size_t dot = path.find('.');
      const std::string_view part = path.substr(0, dot);
      const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
      const PyValue::List* list = v->as<PyValue::List>();
      if (!digits) {
        v = v->find(part);
      } else if (list != nullptr) {
        const auto place = index_of(part);
        v = place < list->size() ? &(*list)[place] : nullptr;
      } else if (const std::string* text = v->as<std::string>()) {
        return dot == path.npos ? character(*text, index_of(part)) : std::nullopt;
      } else {
        v = nullptr;  // the keys of objects are texts, never numbers
      }
      if (v == nullptr) return std::nullopt;
      if (dot == path.npos) return *v;
      path.remove_prefix(dot + 1);
    }
  }
  static std::size_t index_of(std::string_view digits) {
    std::size_t v = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), v);
    return read.ec == std::errc() ? v : SIZE_MAX;
  }
  static std::optional<PyValue> character(std::string_view text, std::size_t place) {
    const std::size_t at = place == SIZE_MAX ? text.size() : textkit::prefix_bytes(text, place);
    if (at >= text.size()) return std::nullopt;
    return PyValue(text.substr(at, textkit::char_bytes(text[at])));
  }

  std::vector<std::string> paths_;  // sorted, each once
};

}  // namespace

OPHOST_OPERATOR(key_value_grouper, KeyValueGrouper);

}  // namespace ophost
