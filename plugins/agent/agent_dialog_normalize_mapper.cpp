// agent_dialog_normalize_mapper: chat messages as text, dialog history, query and response.
// Owner: plugins/agent. One instance per worker (the patterns keep match data inside).
#include <algorithm>

#include "ophost/ophost.hpp"
#include "plugins/agent/dialog.hpp"
#include "plugins/textkit/pyregex.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

using agent::PyValue;

// Names of skills that a text points to: paths to a SKILL.md and headings.
class SkillFinder {
 public:
  SkillFinder()
      : path_(R"([/\\]([a-zA-Z][a-zA-Z0-9_]*)[/\\]SKILL\.md)", textkit::RegexFlavor::kRe,
              textkit::kRegexIgnoreCase),
        heading_(R"(##\s+([a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)?)\s*(?:\n|$))",
                 textkit::RegexFlavor::kRe),
        check_(R"re(Check\s+["'].*?([a-zA-Z][a-zA-Z0-9_]*)/SKILL\.md)re", textkit::RegexFlavor::kRe,
               textkit::kRegexIgnoreCase) {}

  // Appends the names that `found` does not hold yet.
  void find(std::string_view text, std::vector<std::string>& found) {
    const bool has_file = names_markdown(text);
    if (has_file) collect(path_, text, found);
    if (text.find("##") != text.npos) collect(heading_, text, found);
    if (has_file) collect(check_, text, found);
  }

 private:
  // ".md" in any case: without it two of the patterns need not run.
  static bool names_markdown(std::string_view text) {
    for (std::size_t at = 0; (at = text.find('.', at)) != text.npos; ++at) {
      if (at + 2 < text.size() && (text[at + 1] | 0x20) == 'm' && (text[at + 2] | 0x20) == 'd') {
        return true;
      }
    }
    return false;
  }
  static void collect(textkit::PyRegex& regex, std::string_view text,
                      std::vector<std::string>& found) {
    regex.for_each(text, [&](const textkit::RegexMatch& match) {
      const std::string_view name = textkit::strip(match.text(1));
      if (!name.empty() && std::find(found.begin(), found.end(), name) == found.end()) {
        found.emplace_back(name);
      }
      return true;
    });
  }

  textkit::PyRegex path_, heading_, check_;
};

class AgentDialogNormalizeMapper {
 public:
  static constexpr auto kInfo =
      mapper("agent_dialog_normalize_mapper")
          .summary(
              "Turns chat messages with tool calls into text, dialog history, query and "
              "response, and notes turns, tools, skills and lineage in the record's meta.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("messages_key", "string", "\"messages\"",
                           "The field with the chat messages."),
              OPHOST_PARAM("choices_key", "string", "\"choices\"",
                           "The field with choices, whose text is the response when the messages "
                           "end without one."),
              OPHOST_PARAM("text_key", "string", "\"text\"", "The field for the whole dialog."),
              OPHOST_PARAM("history_key", "string", "\"dialog_history\"",
                           "The field for the list of [query, response] pairs."),
              OPHOST_PARAM("query_key", "string", "\"query\"", "The field for the last query."),
              OPHOST_PARAM("response_key", "string", "\"response\"",
                           "The field for the last response."),
              OPHOST_PARAM("extract_tool_skill_tags", "boolean", "true",
                           "Whether to note the names of tools and skills."),
              OPHOST_PARAM("include_system_in_first_user", "boolean", "false",
                           "Whether system messages go in front of the next user message."),
              OPHOST_PARAM("user_label", "string", "\"User\"",
                           "What users are called in the text."),
              OPHOST_PARAM("assistant_label", "string", "\"Assistant\"",
                           "What assistants are called in the text."),
              OPHOST_PARAM("copy_lineage_fields", "boolean", "true",
                           "Whether request_model, pt and total_cost_time are copied to meta."),
              OPHOST_PARAM("copy_request_id", "boolean", "true",
                           "Whether the record's id is copied to meta."),
              "\"request_id_keys\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
              "\"default\":[\"request_id\",\"trace_id\",\"id\"],\"description\":\"The fields that "
              "may hold that id; the first that is not blank counts.\"}",
              OPHOST_PARAM("history_tool_result_max_chars", "integer", "10000",
                           "The longest result of a tool; 0: no limit."),
              OPHOST_PARAM("history_max_assistant_trace_chars", "integer", "0",
                           "The longest response of a turn; 0: no limit."),
              OPHOST_PARAM("history_max_user_chars", "integer", "0",
                           "The longest user message; 0: no limit."),
              OPHOST_PARAM("history_compress_head_ratio", "number", "0.62",
                           "How much of what a limit leaves is the beginning, from 0.35 to "
                           "0.85.")))
          .reads("$record:json", "__dj__meta__.agent_tool_types:json",
                 "__dj__meta__.agent_skill_types:json", "__dj__meta__.agent_last_user_msg_idx:json",
                 "__dj__meta__.agent_last_assistant_msg_idx:json",
                 "__dj__meta__.agent_request_id:json", "__dj__meta__.agent_request_model:json",
                 "__dj__meta__.agent_pt:json", "__dj__meta__.agent_total_cost_time_ms:json")
          .writes("$text_key", "${history_key}:json", "${query_key}", "${response_key}",
                  "__dj__meta__.agent_dialog_history_compressed:json",
                  "__dj__meta__.agent_turn_count:json", "__dj__meta__.agent_tool_types:json",
                  "__dj__meta__.agent_skill_types:json",
                  "__dj__meta__.agent_last_user_msg_idx:json",
                  "__dj__meta__.agent_last_assistant_msg_idx:json",
                  "__dj__meta__.agent_request_id:json", "__dj__meta__.agent_request_model:json",
                  "__dj__meta__.agent_pt:json", "__dj__meta__.agent_total_cost_time_ms:json")
          .promises(kPure)
          .cost("medium")
          .example(
              "agent_dialog_normalize_mapper:\n  include_system_in_first_user: true\n  "
              "history_max_assistant_trace_chars: 20000\n");

  AgentDialogNormalizeMapper(const Params& params, Host)
      : messages_key_(params.get_string("messages_key")),
        choices_key_(params.get_string("choices_key")),
        text_key_(params.get_string("text_key")),
        query_key_(params.get_string("query_key")),
        response_key_(params.get_string("response_key")),
        user_label_(params.get_string("user_label")),
        assistant_label_(params.get_string("assistant_label")),
        request_id_keys_(params.get_strings("request_id_keys")),
        tags_(params.get_bool("extract_tool_skill_tags")),
        system_in_first_user_(params.get_bool("include_system_in_first_user")),
        copy_lineage_(params.get_bool("copy_lineage_fields")),
        copy_request_id_(params.get_bool("copy_request_id")),
        limits_{params.get_int("history_tool_result_max_chars"),
                params.get_int("history_max_assistant_trace_chars"),
                params.get_int("history_max_user_chars"),
                params.get_double("history_compress_head_ratio")} {}

  void map(const Row& in, RowOut& out) {
    const PyValue record = agent::value_of(in, 0);
    static const PyValue none;
    const PyValue* found = record.find(messages_key_);
    const PyValue::List& messages = agent::items_of(found != nullptr ? *found : none);
    const agent::Dialog dialog = agent::read_dialog(messages, system_in_first_user_, limits_);

    const std::string text = agent::flatten(dialog, user_label_, assistant_label_);
    const bool empty = dialog.turns.empty();
    const std::string query = empty ? "" : dialog.turns.back().first;
    std::string response = empty ? "" : dialog.turns.back().second;
    const PyValue* choices = record.find(choices_key_);
    if (response.empty() && choices != nullptr) response = agent::choices_text(*choices);

    out.set(kText, text);
    std::string& history = out.text(kHistory);
    history = "[";
    for (const auto& [question, answer] : dialog.turns) {
      if (history.size() > 1) history += ", ";
      agent::append_json_list(history, {question, answer});
    }
    history += "]";
    out.set(kQuery, query);
    out.set(kResponse, response);
    out.set(kCompressed, dialog.compressed ? "true" : "false");
    out.set(kTurnCount, std::to_string(dialog.turns.size()));
    if (tags_) {
      append_tags(out.text(kToolTypes), agent::tool_types(messages));
      std::vector<std::string> skills;
      for (const PyValue& message : messages) {
        skills_.find(agent::content_text(message.find("content")), skills);
      }
      append_tags(out.text(kSkillTypes), skills);
    }
    if (dialog.last_user >= 0) out.set(kLastUser, std::to_string(dialog.last_user));
    if (dialog.last_assistant >= 0) out.set(kLastAssistant, std::to_string(dialog.last_assistant));
    if (copy_request_id_) {
      for (const std::string& key : request_id_keys_) {
        // The fields written above are the new ones already.
        const std::string id = key == response_key_ ? std::string(textkit::strip(response))
                               : key == query_key_  ? std::string(textkit::strip(query))
                               : key == text_key_   ? std::string(textkit::strip(text))
                                                    : id_in(record.find(key));
        if (id.empty()) continue;
        textkit::append_json(out.text(kRequestId), PyValue(id));
        break;
      }
    }
    if (copy_lineage_) {
      copy(record.find("request_model"), kRequestModel, out);
      copy(record.find("pt"), kPt, out);
      copy(record.find("total_cost_time"), kTotalCostTime, out);
    }
  }

 private:
  // Numbers of the written columns.
  enum Column : std::size_t {
    kText,
    kHistory,
    kQuery,
    kResponse,
    kCompressed,
    kTurnCount,
    kToolTypes,
    kSkillTypes,
    kLastUser,
    kLastAssistant,
    kRequestId,
    kRequestModel,
    kPt,
    kTotalCostTime,
  };

  static std::string id_in(const PyValue* v) {
    return v == nullptr || v->is_none() ? "" : agent::stripped_str(*v);
  }
  static void copy(const PyValue* v, Column column, RowOut& out) {
    if (v != nullptr && !v->is_none()) textkit::append_json(out.text(column), *v);
  }
  // A list that is never empty, as Data-Juicer writes it.
  static void append_tags(std::string& out, const std::vector<std::string>& tags) {
    agent::append_json_list(out, tags.empty() ? std::vector<std::string>{""} : tags);
  }

  std::string messages_key_, choices_key_, text_key_, query_key_, response_key_;
  std::string user_label_, assistant_label_;
  std::vector<std::string> request_id_keys_;
  bool tags_, system_in_first_user_, copy_lineage_, copy_request_id_;
  agent::DialogLimits limits_;
  SkillFinder skills_;
};

}  // namespace

OPHOST_OPERATOR(agent_dialog_normalize_mapper, AgentDialogNormalizeMapper);

}  // namespace ophost
