// tool_success_tagger_mapper: counts tool results that succeeded and failed.
// Owner: plugins/agent. One instance per worker (the patterns keep match data inside).
#include <algorithm>

#include "ophost/ophost.hpp"
#include "plugins/agent/messages.hpp"
#include "plugins/textkit/pyregex.hpp"
#include "plugins/textkit/unicode.hpp"

#define AGENT_PATTERNS(name, description)                                               \
  "\"" name                                                                             \
  "\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"},\"default\":null," \
  "\"description\":\"" description "\"}"

namespace ophost {
namespace {

using agent::PyValue;

// One expression per alternative of Data-Juicer's list: a text is an error when any of them
// matches.
constexpr const char* kErrorPatterns[] = {
    R"((?i)\berror\s*:)",
    R"((?i)\bexception\b)",
    R"((?i)\bfailed\b)",
    R"((?i)\bfailure\b)",
    R"((?i)not\s+found)",
    R"((?i)permission\s+denied)",
    "(?:执行|操作|请求|调用|接口)失败",
    "(?:发生|出现)错误",
    "错误码",
    "无法访问",
    "权限不足",
    "无权限",
    "找不到(?:文件|路径)?",
};

// A tool message's content as one text. Objects stay JSON, and are not stripped.
std::string tool_text(const PyValue* content) {
  if (content == nullptr || content->is_none()) return "";
  if (content->as<PyValue::Dict>() != nullptr) {
    std::string text = textkit::py_json(*content);
    text.resize(textkit::prefix_bytes(text, 10000));
    return text;
  }
  const auto* blocks = content->as<PyValue::List>();
  if (blocks == nullptr) return agent::stripped_str(*content);
  std::string all;
  bool first = true;
  for (const PyValue& block : *blocks) {
    const bool is_dict = block.as<PyValue::Dict>() != nullptr;
    if (!is_dict && block.as<std::string>() == nullptr) continue;
    if (!first) all += '\n';
    first = false;
    const PyValue* type = block.find("type");
    const std::string* kind = type == nullptr ? nullptr : type->as<std::string>();
    all += tool_text(kind != nullptr && *kind == "text" ? block.find("text") : &block);
  }
  return std::string(textkit::strip(all));
}

class ToolSuccessTaggerMapper {
 public:
  static constexpr auto kInfo =
      mapper("tool_success_tagger_mapper")
          .summary(
              "Counts in the record's meta how many results of tools were successes, errors or "
              "empty.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("messages_key", "string", "\"messages\"",
                           "The field with the chat messages."),
              AGENT_PATTERNS(
                  "tool_role_names",
                  "Roles, in lower case, whose messages are results of tools; null: tool "
                  "and tool_use."),
              AGENT_PATTERNS("success_patterns",
                             "Python regular expressions (re module) of successes. Every text that "
                             "is no error is one, so they change no result."),
              AGENT_PATTERNS("error_patterns",
                             "Python regular expressions (re module) of errors; null: English and "
                             "Chinese words for errors."),
              OPHOST_PARAM("store_per_tool_results", "boolean", "true",
                           "Whether tool_results lists every result.")))
          .reads("${messages_key}:json", "__dj__meta__.tool_results:json")
          .writes("__dj__meta__.tool_success_count:json", "__dj__meta__.tool_fail_count:json",
                  "__dj__meta__.tool_unknown_count:json", "__dj__meta__.tool_success_ratio:json",
                  "__dj__meta__.tool_results:json")
          .promises(kPure)
          .cost("medium")
          .example("tool_success_tagger_mapper:\n  error_patterns: ['(?i)\\btimeout\\b']\n");

  ToolSuccessTaggerMapper(const Params& params, Host)
      : store_results_(params.get_bool("store_per_tool_results")) {
    roles_ = list(params, "tool_role_names");
    if (roles_.empty()) roles_ = {"tool", "tool_use"};
    // Kept only for what their constructor says about a pattern that Python refuses.
    for (const std::string& p : list(params, "success_patterns")) compile(p);
    for (const std::string& p : list(params, "error_patterns")) errors_.push_back(compile(p));
    if (errors_.empty()) {
      for (const char* p : kErrorPatterns) errors_.push_back(compile(p));
    }
  }

  void map(const Row& in, RowOut& out) {
    std::int64_t successes = 0, failures = 0, unknown = 0;
    std::string results;
    const PyValue messages = agent::value_of(in, 0);
    for (const PyValue& message : agent::items_of(messages)) {
      const std::string role = agent::role_of(message);
      if (std::find(roles_.begin(), roles_.end(), role) == roles_.end()) continue;
      const std::string text = tool_text(message.find("content"));
      const char* result = "unknown";
      if (text.empty()) {
        ++unknown;
      } else if (is_error(text)) {
        ++failures;
        result = "error";
      } else {
        ++successes;
        result = "success";
      }
      if (!store_results_) continue;
      results += results.empty() ? "{\"content_preview\": " : ", {\"content_preview\": ";
      textkit::append_json(results, PyValue(text.substr(0, textkit::prefix_bytes(text, 200))));
      results += std::string(", \"result\": \"") + result + "\"}";
    }
    out.set(0, std::to_string(successes));
    out.set(1, std::to_string(failures));
    out.set(2, std::to_string(unknown));
    const std::int64_t total = successes + failures;
    if (total == 0) {
      out.set(3, "null");
    } else {
      textkit::append_json(out.text(3),
                           PyValue(static_cast<double>(successes) / static_cast<double>(total)));
    }
    if (store_results_) out.set(4, "[" + results + "]");
  }

 private:
  static std::vector<std::string> list(const Params& params, const char* name) {
    if (params.is_null(name)) return {};
    return params.get_strings(name);
  }
  static textkit::PyRegex compile(const std::string& pattern) {
    return textkit::PyRegex(pattern, textkit::RegexFlavor::kRe);
  }
  bool is_error(std::string_view text) {
    textkit::RegexMatch match;
    return std::any_of(errors_.begin(), errors_.end(),
                       [&](textkit::PyRegex& error) { return error.search(text, match); });
  }

  std::vector<std::string> roles_;
  std::vector<textkit::PyRegex> errors_;
  bool store_results_;
};

}  // namespace

OPHOST_OPERATOR(tool_success_tagger_mapper, ToolSuccessTaggerMapper);

}  // namespace ophost
