// replace_content_mapper: replaces the matches of regular expressions.
// Owner: plugins/text-mappers. One instance per worker (the patterns keep match data inside).
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/text-mappers/pattern_replacer.hpp"

namespace ophost {
namespace {

class ReplaceContentMapper {
 public:
  static constexpr auto kInfo =
      mapper("replace_content_mapper")
          .summary("Replaces the matches of one or more regular expressions, one after the other.")
          .params(OPHOST_PARAMS(
              "\"pattern\":{\"type\":[\"string\",\"array\",\"null\"],\"items\":{\"type\":"
              "\"string\"},"
              "\"default\":null,\"description\":\"Python regular expressions (regex module), "
              "applied in "
              "this order; null changes nothing.\"}",
              "\"repl\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},"
              "\"default\":\"\",\"description\":\"Python templates: one for all patterns, or a "
              "list with "
              "one for each.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .cost("medium")
          .example("replace_content_mapper:\n  pattern: 'colou?r'\n  repl: hue\n");

  ReplaceContentMapper(const Params& params, Host) {
    if (params.is_null("pattern")) return;
    const std::vector<std::string> patterns = params.get_strings("pattern");
    const std::vector<std::string> templates = params.get_strings("repl");
    const bool one_for_all = params.json("repl").starts_with('"');
    if (!one_for_all && templates.size() < patterns.size()) {
      throw ConfigError("replace_content_mapper: 'repl' lists " + std::to_string(templates.size()) +
                        " templates for " + std::to_string(patterns.size()) +
                        " patterns; give one for each, or one text for all");
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      steps_.emplace_back(patterns[i], templates[one_for_all ? 0 : i]);
    }
  }

  bool map(std::string_view text, std::string& out) {
    bool changed = false;
    for (PatternReplacer& step : steps_) {
      if (!step.replace(changed ? std::string_view(out) : text, next_)) continue;
      out.swap(next_);
      changed = true;
    }
    return changed;
  }

 private:
  std::vector<PatternReplacer> steps_;
  std::string next_;
};

}  // namespace

OPHOST_OPERATOR(replace_content_mapper, ReplaceContentMapper);

}  // namespace ophost
