// agent_tool_type_mapper: the most used tools of a dialog. Owner: plugins/agent. One instance per
// worker.
#include <algorithm>
#include <unordered_map>

#include "ophost/ophost.hpp"
#include "plugins/agent/messages.hpp"

namespace ophost {
namespace {

class AgentToolTypeMapper {
 public:
  static constexpr auto kInfo =
      mapper("agent_tool_type_mapper")
          .summary(
              "Names the most used tool, and the few most used ones, from the list of tools in "
              "the record's meta.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("tool_types_meta_key", "string", "\"agent_tool_types\"",
                           "The meta entry with the list of tools."),
              OPHOST_PARAM("primary_key", "string", "\"primary_tool_type\"",
                           "The meta entry for the most used tool (null when there is none)."),
              OPHOST_PARAM("dominant_key", "string", "\"dominant_tool_types\"",
                           "The meta entry for the list of the most used tools."),
              OPHOST_PARAM("top_k_dominant", "integer", "5", "How many tools that list may hold.")))
          .reads("__dj__meta__.${tool_types_meta_key}:json")
          .writes("__dj__meta__.${primary_key}:json", "__dj__meta__.${dominant_key}:json")
          .promises(kPure)
          .example("agent_tool_type_mapper:\n  top_k_dominant: 3\n");

  AgentToolTypeMapper(const Params& params, Host)
      : top_(
            static_cast<std::size_t>(std::max<std::int64_t>(params.get_int("top_k_dominant"), 0))) {
  }

  void map(const Row& in, RowOut& out) const {
    struct Tool {
      std::string name;
      std::size_t count;
    };
    std::vector<Tool> tools;
    std::unordered_map<std::string, std::size_t> number_of;
    const agent::PyValue value = agent::value_of(in, 0);
    for (const agent::PyValue& item : agent::items_of(value)) {
      std::string name = agent::stripped_str(item);
      if (name.empty()) continue;
      const auto [known, fresh] = number_of.emplace(name, tools.size());
      if (fresh) tools.push_back({std::move(name), 0});
      ++tools[known->second].count;
    }
    // Equally often: first seen first.
    std::stable_sort(tools.begin(), tools.end(),
                     [](const Tool& a, const Tool& b) { return a.count > b.count; });
    tools.resize(std::min(tools.size(), top_));
    std::vector<std::string> names;
    for (Tool& tool : tools) names.push_back(std::move(tool.name));
    std::string& primary = out.text(0);
    if (names.empty()) {
      primary = "null";
    } else {
      textkit::append_json(primary, agent::PyValue(names[0]));
    }
    agent::append_json_list(out.text(1), names);
  }

 private:
  std::size_t top_;
};

}  // namespace

OPHOST_OPERATOR(agent_tool_type_mapper, AgentToolTypeMapper);

}  // namespace ophost
