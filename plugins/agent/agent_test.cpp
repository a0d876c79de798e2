// Tests of the agent operators on what the recorded cases leave out: what Data-Juicer 1.6.1 does
// there.
#include <gtest/gtest.h>

#include <fstream>

#include "ophost/testing.hpp"
#include "plugins/agent/dialog.hpp"
#include "plugins/textkit/record_mapper_parity.hpp"

namespace ophost::agent {
namespace {

using testing::Column;

// What an operator makes of one record; "" when it refuses it.
std::string map(const char* op, const std::string& record, const std::string& params = "{}") {
  const auto out = textkit::RecordMapperParity(oph_plugin_entry, op).map(params, {record});
  return out.empty() ? "" : out[0];
}
PyValue meta_of(const std::string& record) {
  const PyValue parsed = PyValue::parse(record);
  const PyValue* meta = parsed.find("__dj__meta__");
  return meta == nullptr ? PyValue() : *meta;
}
std::string meta(const std::string& record, const char* key) {
  const PyValue all = meta_of(record);
  const PyValue* v = all.find(key);
  return v == nullptr ? "absent" : textkit::py_json(*v);
}

TEST(DialogNormalize, MetaThatDoesNotApplyStaysAsItWas) {
  const char* op = "agent_dialog_normalize_mapper";
  const std::string record =
      R"({"text":"","messages":[],"__dj__meta__":{"agent_tool_types":["kept"],"other":1}})";
  const std::string out = map(op, record, R"({"extract_tool_skill_tags":false})");
  EXPECT_EQ(meta(out, "agent_tool_types"), "[\"kept\"]");
  EXPECT_EQ(meta(out, "agent_skill_types"), "absent");
  EXPECT_EQ(meta(out, "agent_last_user_msg_idx"), "absent");
  EXPECT_EQ(meta(out, "agent_request_id"), "absent");
  EXPECT_EQ(meta(out, "other"), "1");
}

TEST(DialogNormalize, IdsAndLineageAreCopied) {
  const std::string out = map("agent_dialog_normalize_mapper",
                              R"({"id":7,"trace_id":" ","request_id":null,"text":"","messages":[],)"
                              R"("request_model":{"a":1},"pt":null,"total_cost_time":1.5})");
  EXPECT_EQ(meta(out, "agent_request_id"), "\"7\"");
  EXPECT_EQ(meta(out, "agent_request_model"), "{\"a\": 1}");
  EXPECT_EQ(meta(out, "agent_pt"), "absent");
  EXPECT_EQ(meta(out, "agent_total_cost_time_ms"), "1.5");
}

TEST(DialogNormalize, BlocksOfContentAreReadByTheirKind) {
  const PyValue content = PyValue::parse(
      R"([" a ",{"type":"text","text":{"value":" b "}},{"type":"thinking","text":"no","thinking":"c"},)"
      R"({"type":"image","url":"no"},{"text":["d",null,["e"]]},{"reasoning_content":0},5])");
  EXPECT_EQ(content_text(&content), "a\nb\nc\nd\ne\n0");
}

TEST(DialogNormalize, MoreThanTenToolsAreCounted) {
  std::string calls;
  for (int i = 0; i < 12; ++i) {
    calls += std::string(i ? "," : "") + "{\"name\":\"t" + std::to_string(i) + "\"}";
  }
  const std::string out =
      map("agent_dialog_normalize_mapper",
          R"({"text":"","messages":[{"role":"assistant","tool_calls":[)" + calls + "]}]}");
  EXPECT_NE(out.find("t8, t9, ...+2]"), out.npos) << out;
}

TEST(DialogNormalize, AMessageThatIsNoneCostsTheRecord) {
  const char* op = "agent_dialog_normalize_mapper";
  EXPECT_EQ(map(op, R"({"text":"","messages":["x"]})"), "");
  EXPECT_EQ(map(op, R"({"text":"","messages":[{"role":5}]})"), "");
  EXPECT_NE(map(op, R"({"text":"","messages":"x"})"), "");
}

TEST(Shorten, KeepsHeadAndTailInCharacters) {
  std::string text = "日本";
  EXPECT_FALSE(shorten(text, 2, 0.62));
  EXPECT_FALSE(shorten(text, 0, 0.62));
  for (int i = 0; i < 999; ++i) text += "日本";
  std::string few = text;
  EXPECT_TRUE(shorten(few, 50, 0.62));
  EXPECT_EQ(few, "日本\n…[truncated — agent_dialog_normalize_mapper]…");
  EXPECT_TRUE(shorten(text, 1000, 0.62));
  EXPECT_NE(text.find("[··· 1128 chars omitted from middle;"), text.npos);
  EXPECT_EQ(text.substr(text.size() - 6), "日本");
}

TEST(ToolType, ValuesOfOtherTypesCountAsTheirText) {
  const std::string out = map("agent_tool_type_mapper",
                              R"({"text":"","__dj__meta__":{"a.b":[1,null,"1 ",true,null,null]}})",
                              R"({"tool_types_meta_key":"a.b"})");
  EXPECT_EQ(meta(out, "primary_tool_type"), "\"None\"");
  EXPECT_EQ(meta(out, "dominant_tool_types"), R"(["None", "1", "True"])");
}

TEST(ToolSuccess, ContentOfOtherKindsIsTurnedIntoText) {
  const std::string out =
      map("tool_success_tagger_mapper",
          R"({"text":"","messages":[{"role":"tool","content":{"error":"x","é":[1.0,true]}},)"
          R"({"role":"TOOL","content":[{"type":"text","text":"a"},5,"",{"k":null}]},)"
          R"({"role":"tool","content":[]},{"role":"tool","content":0}]})");
  EXPECT_EQ(
      meta(out, "tool_results"),
      R"([{"content_preview": "{\"error\": \"x\", \"é\": [1.0, true]}", "result": "success"}, )"
      R"({"content_preview": "a\n\n{\"k\": null}", "result": "success"}, )"
      R"({"content_preview": "", "result": "unknown"}, )"
      R"({"content_preview": "0", "result": "success"}])");
  EXPECT_EQ(meta(out, "tool_success_count"), "3");
}

TEST(ToolSuccess, RefusesAPatternPythonRefuses) {
  EXPECT_THROW(testing::Harness(oph_plugin_entry, "tool_success_tagger_mapper",
                                R"({"success_patterns":["("]})"),
               ConfigError);
}

TEST(Usage, AUsageThatIsNoObjectLeavesItToTheRecord) {
  const char* op = "usage_counter_mapper";
  const std::string counts = R"(,"prompt_tokens":2,"completion_tokens":0.5})";
  EXPECT_EQ(meta(map(op, R"({"text":"","usage":null)" + counts), "total_tokens"), "2.5");
  EXPECT_EQ(meta(map(op, R"({"text":"")" + counts), "total_tokens"), "null");
}

TEST(Usage, TheFirstTotalCountsAsItIs) {
  const std::string record =
      R"({"text":"","choices":[{"prompt_tokens":1,"total_tokens":"9"},)"
      R"({"prompt_tokens":1,"total_tokens":9},{"prompt_tokens":1,"total_tokens":8}]})";
  const char* op = "usage_counter_mapper";
  EXPECT_EQ(meta(map(op, record), "total_tokens"), "\"9\"");
  EXPECT_EQ(meta(map(op, record), "prompt_tokens"), "2");
  EXPECT_EQ(meta(map(op, record, R"({"dedupe_identical_usage":false})"), "prompt_tokens"), "3");
}

TEST(Usage, ACountThatIsNoNumberCostsTheRecord) {
  EXPECT_EQ(map("usage_counter_mapper", R"({"text":"","usage":{"prompt_tokens":"3"}})"), "");
}

std::string signals(const std::string& meta, const std::string& stats, const std::string& params) {
  const std::string out =
      map("agent_bad_case_signal_mapper",
          R"({"text":"","__dj__meta__":)" + meta + R"(,"__dj__stats__":)" + stats + "}", params);
  std::string all;
  if (out.empty()) return "refused";
  const PyValue found = meta_of(out);
  for (const PyValue& s : items_of(*found.find("agent_bad_case_signals"))) {
    all += *s.find("detail")->as<std::string>() + " " + *s.find("weight")->as<std::string>() + "; ";
  }
  return all + *found.find("agent_bad_case_tier")->as<std::string>();
}

TEST(BadCase, JudgesScores) {
  const std::string low = R"({"llm_analysis_score":0.25,"llm_analysis_record":)";
  EXPECT_EQ(signals("{}", low + R"({"recommendation":[" \"Discard\" "]}})", "{}"),
            "score=0.25, recommendation=discard medium; watchlist");
  EXPECT_EQ(signals("{}", low + R"("no json"})", "{}"), "none");
  EXPECT_EQ(signals("{}", low + R"("[]"})", R"({"llm_analysis_discard_must_be_strict":false})"),
            "score=0.25, recommendation=n/a medium; watchlist");
  EXPECT_EQ(signals("{}", low + R"({"recommendation":"discard"}})",
                    R"({"high_precision_llm_analysis_discard_threshold":0.25})"),
            "score=0.25, recommendation=discard high; high_precision");
}

TEST(BadCase, PrintsAsPythonDoes) {
  EXPECT_EQ(
      signals(R"({"dialog_sentiment_labels":["it's sad",null,1.0,true,"ANGRY",2,3],)"
              R"("dialog_coreference":{"score":"1"},"agent_tool_relevance":{"score":"x"}})",
              R"({"perplexity":1e16})",
              R"({"signal_on_negative_sentiment_hint":true,"signal_on_high_perplexity":true})"),
      "labels=[\"it's sad\", None, 1.0, True, 'ANGRY', 2] medium; perplexity=1e+16 medium; "
      "axes=['dialog_coreference'], threshold=2.0 medium; watchlist");
}

TEST(BadCase, ValuesThatAreNoNumbersCostTheRecord) {
  EXPECT_EQ(signals(R"({"tool_fail_count":"2"})", "{}", "{}"),
            "tool_fail_count=2 high; high_precision");
  EXPECT_EQ(signals(R"({"tool_fail_count":"2.0"})", "{}", "{}"), "refused");
  EXPECT_EQ(signals("{}", R"({"llm_quality_score":"x"})", "{}"), "refused");
}

TEST(BadCase, CalibrationFilesGiveThresholds) {
  const std::string path = ::testing::TempDir() + "ophost_calibration.json";
  std::ofstream(path) << R"({"default":{"max_total_tokens":500,"perplexity_high_threshold":"120"},)"
                         R"("by_request_model":{"big":{"max_total_tokens":1000.9}}})";
  const std::string on =
      R"({"auto_calibrate_thresholds":true,"calibration_json_path":")" + path + "\"";
  const std::string tokens = R"({"total_tokens":501,"agent_request_model":" big "})";
  EXPECT_EQ(signals(R"({"total_tokens":501})", "{}", on + "}"),
            "total_tokens=501 medium; watchlist");
  EXPECT_EQ(signals(tokens, "{}", on + "}"), "none");
  EXPECT_EQ(signals(tokens, "{}", on + ",\"max_total_tokens\":1}"),
            "total_tokens=501 medium; watchlist");
  EXPECT_EQ(signals(tokens, "{}",
                    on + ",\"max_total_tokens\":1,\"calibration_manual_overrides_auto\":false}"),
            "none");
  EXPECT_EQ(signals("{}", R"({"perplexity":120})", on + "}"), "perplexity=120 medium; watchlist");
  std::remove(path.c_str());
  testing::Harness harness(oph_plugin_entry, "agent_bad_case_signal_mapper", on + "}");
  EXPECT_EQ(harness.logged().size(), 1u);
}

}  // namespace
}  // namespace ophost::agent
