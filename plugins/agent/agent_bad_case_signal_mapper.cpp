// agent_bad_case_signal_mapper: signs of a dialog gone wrong, and how sure they make one.
// Owner: plugins/agent. One instance per worker.
#include <algorithm>

#include "ophost/ophost.hpp"
#include "plugins/agent/calibration.hpp"
#include "plugins/agent/messages.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

using agent::PyValue;
using agent::to_float;
using agent::to_int;
using agent::truthy;
using textkit::py_str;

#define AGENT_SWITCH(name, fallback, what) \
  OPHOST_PARAM(name, "boolean", fallback, "Whether to look for " what ".")
#define AGENT_OPTIONAL(name, type, description) \
  "\"" name "\":{\"type\":[\"" type             \
  "\",\"null\"],\"default\":null,"              \
  "\"description\":\"" description "\"}"

constexpr const char* kQualityAxes[] = {
    "dialog_memory_consistency", "dialog_coreference",           "dialog_topic_shift",
    "dialog_error_recovery",     "dialog_clarification_quality", "dialog_proactivity",
    "dialog_non_repetition",     "agent_trace_coherence",        "agent_tool_relevance"};

constexpr const char* kNegativeWords[] = {"负面", "negative",   "angry",        "沮丧",
                                          "不满", "frustrated", "disappointed", "unhappy"};

// The member of an object; NULL when it is null, absent, or `object` is no object.
const PyValue* told(const PyValue& object, const char* key) {
  const PyValue* v = object.find(key);
  return v == nullptr || v->is_none() ? nullptr : v;
}

// The recommendation in a judge's record, an object or its JSON text; "" when there is none.
std::string recommendation(const PyValue* record) {
  if (record == nullptr) return "";
  PyValue parsed;
  if (const std::string* text = record->as<std::string>()) {
    try {
      parsed = PyValue::parse(*text);
    } catch (const RecordError&) {
      return "";  // what is no JSON recommends nothing
    }
    record = &parsed;
  }
  const PyValue* r = record->find("recommendation");
  const PyValue::List* list = r == nullptr ? nullptr : r->as<PyValue::List>();
  if (list != nullptr && !list->empty()) r = &list->front();
  if (r == nullptr || r->is_none()) return "";
  std::string said = agent::stripped_str(*r);
  const std::size_t begin = said.find_first_not_of('"');
  if (begin == said.npos) return "";
  return agent::lower(said.substr(begin, said.find_last_not_of('"') + 1 - begin));
}

// Length in characters of a text field without the space around it.
std::int64_t text_length(const PyValue& field, const char* what) {
  if (!truthy(&field)) return 0;
  const std::string* text = field.as<std::string>();
  if (text == nullptr) {
    throw textkit::PyTypeError(std::string(what) + " must be text, found " + field.type_name());
  }
  return static_cast<std::int64_t>(textkit::count_chars(textkit::strip(*text)));
}

struct Signal {
  std::string code;
  std::string detail;
  bool high = false;
};

// The rule about one judge's score.
struct Judge {
  const char* score_key;
  const char* record_key;
  const char* code;
  bool on;
  double worst;       // scores up to this one count
  bool must_discard;  // ... when the judge says "discard"
  double high;        // and up to this one with "discard" they weigh more
};

class AgentBadCaseSignalMapper {
 public:
  static constexpr auto
      kInfo = mapper("agent_bad_case_signal_mapper")
                  .summary(
                      "Lists signs of a bad dialog, found in the record's meta and statistics, and "
                      "sorts it into high_precision, watchlist or none.")
                  .params(
                      OPHOST_PARAMS(
                          OPHOST_PARAM(
                              "query_key", "string", "\"query\"",
                              "The field with the last query.") "," OPHOST_PARAM("response_key",
                                                                                 "string",
                                                                                 "\"response\"",
                                                                                 "The field with "
                                                                                 "the last "
                                                                                 "response."),
                          AGENT_SWITCH("signal_on_tool_fail", "true", "failed tool calls"),
                          OPHOST_PARAM("min_tool_fail_count_for_signal", "integer", "1",
                                       "How many tool calls must have failed."),
                          AGENT_SWITCH("signal_on_low_tool_success_ratio", "true",
                                       "a low share of successful tool calls"),
                          OPHOST_PARAM("tool_success_ratio_max_for_signal", "number", "0.499",
                                       "The largest share that is low."),
                          OPHOST_PARAM("min_tool_rounds_for_ratio_signal", "integer", "2",
                                       "How many tool calls make a share."),
                          AGENT_SWITCH("signal_on_suspect_empty_response", "true",
                                       "a short response to a long query"),
                          OPHOST_PARAM("min_query_len_for_empty_check", "integer", "80",
                                       "The characters of a long query."),
                          OPHOST_PARAM("max_response_len_for_empty_check", "integer", "20",
                                       "The characters of a short response."),
                          AGENT_OPTIONAL("max_total_tokens", "integer",
                                         "More tokens than this are a sign; null: no limit."),
                          AGENT_OPTIONAL("max_latency_ms", "integer",
                                         "More milliseconds than this are a sign; null: no limit."),
                          AGENT_OPTIONAL("calibration_json_path", "string",
                                         "A file with thresholds per model, used with "
                                         "auto_calibrate_thresholds."),
                          OPHOST_PARAM("auto_calibrate_thresholds", "boolean", "false",
                                       "Whether to take thresholds from calibration_json_path."),
                          OPHOST_PARAM(
                              "calibration_manual_overrides_auto", "boolean", "true",
                              "Whether thresholds given here go before those of the file."),
                          OPHOST_PARAM(
                              "auto_enable_perplexity_from_calibration", "boolean", "true",
                              "Whether a perplexity threshold in the file switches its sign on."),
                          AGENT_SWITCH("signal_on_llm_analysis_low", "true",
                                       "a low llm_analysis_score"),
                          OPHOST_PARAM("llm_analysis_score_max_for_bad", "number", "0.28",
                                       "The largest analysis score that is low."),
                          OPHOST_PARAM("llm_analysis_discard_must_be_strict", "boolean", "true",
                                       "Whether the analysis must also say discard."),
                          OPHOST_PARAM("high_precision_llm_analysis_discard_threshold", "number",
                                       "0.24", "The largest analysis score that weighs high."),
                          AGENT_SWITCH("signal_on_llm_text_quality_low", "true",
                                       "a low llm_quality_score"),
                          OPHOST_PARAM(
                              "llm_text_quality_score_max_for_bad", "number", "0.28",
                              "The largest quality score that is low.") "," OPHOST_PARAM("llm_text_"
                                                                                         "quality_"
                                                                                         "discard_"
                                                                                         "must_be_"
                                                                                         "strict",
                                                                                         "boolean",
                                                                                         "true",
                                                                                         "Whether "
                                                                                         "the "
                                                                                         "quality "
                                                                                         "record "
                                                                                         "must "
                                                                                         "also say "
                                                                                         "discard"
                                                                                         "."),
                          OPHOST_PARAM("high_precision_llm_text_quality_discard_threshold",
                                       "number", "0.24",
                                       "The largest quality score that weighs high."),
                          AGENT_SWITCH("signal_on_negative_sentiment_hint", "false",
                                       "negative words in dialog_sentiment_labels"),
                          "\"negative_sentiment_substrings\":{\"type\":[\"array\",\"null\"],"
                          "\"items\":{\"type\":"
                          "\"string\"},\"default\":null,\"description\":\"Those words; null: "
                          "English and Chinese "
                          "ones.\"}",
                          AGENT_SWITCH("signal_on_high_perplexity", "false", "a high perplexity"),
                          OPHOST_PARAM("perplexity_high_threshold", "number", "800.0",
                                       "The smallest perplexity that is high."),
                          AGENT_SWITCH(
                              "signal_hard_query_poor_reply", "false",
                              "a hard query with a reply of low quality") "," OPHOST_PARAM("hard_"
                                                                                           "query_"
                                                                                           "difficu"
                                                                                           "lty_"
                                                                                           "min",
                                                                                           "number",
                                                                                           "0.72",
                                                                                           "The "
                                                                                           "smalles"
                                                                                           "t "
                                                                                           "difficu"
                                                                                           "lty "
                                                                                           "that "
                                                                                           "is "
                                                                                           "hard."),
                          OPHOST_PARAM("poor_reply_quality_max", "number", "0.36",
                                       "The largest quality that is low."),
                          OPHOST_PARAM("high_precision_on_tool_fail_alone", "boolean", "true",
                                       "Whether failed tool calls alone make the tier "
                                       "high_precision.") "," OPHOST_PARAM("min_medium_signals_for_"
                                                                           "watchlist",
                                                                           "integer", "2",
                                                                           "How many signs of "
                                                                           "medium weight make the "
                                                                           "tier watchlist."),
                          AGENT_SWITCH("signal_on_low_dialog_quality_meta", "true",
                                       "low scores of dialog judges in the meta"),
                          OPHOST_PARAM("dialog_quality_low_score_threshold", "number", "2.0",
                                       "The largest of these scores that is low."),
                          OPHOST_PARAM("min_dialog_quality_low_axes_for_signal", "integer", "1",
                                       "How many judges must give low scores.")))
                  .reads("${query_key}:json", "${response_key}:json", "__dj__meta__:json",
                         "__dj__stats__:json")
                  .writes("__dj__meta__.agent_bad_case_signals:json",
                          "__dj__meta__.agent_bad_case_tier:json")
                  .promises(kPure)
                  .example(
                      "agent_bad_case_signal_mapper:\n  max_total_tokens: 100000\n  "
                      "min_tool_fail_count_for_signal: 2\n");

  AgentBadCaseSignalMapper(const Params& p, Host host)
      : on_tool_fail_(p.get_bool("signal_on_tool_fail")),
        on_low_ratio_(p.get_bool("signal_on_low_tool_success_ratio")),
        on_empty_response_(p.get_bool("signal_on_suspect_empty_response")),
        on_negative_(p.get_bool("signal_on_negative_sentiment_hint")),
        on_perplexity_(p.get_bool("signal_on_high_perplexity")),
        on_hard_query_(p.get_bool("signal_hard_query_poor_reply")),
        on_quality_(p.get_bool("signal_on_low_dialog_quality_meta")),
        least_fails_(std::max<std::int64_t>(1, p.get_int("min_tool_fail_count_for_signal"))),
        least_rounds_(p.get_int("min_tool_rounds_for_ratio_signal")),
        worst_ratio_(p.get_double("tool_success_ratio_max_for_signal")),
        long_query_(p.get_int("min_query_len_for_empty_check")),
        short_response_(p.get_int("max_response_len_for_empty_check")),
        max_tokens_(optional_int(p, "max_total_tokens")),
        max_latency_(optional_int(p, "max_latency_ms")),
        given_first_(p.get_bool("calibration_manual_overrides_auto")),
        file_enables_perplexity_(p.get_bool("auto_enable_perplexity_from_calibration")),
        perplexity_(p.get_double("perplexity_high_threshold")),
        hard_query_(p.get_double("hard_query_difficulty_min")),
        poor_reply_(p.get_double("poor_reply_quality_max")),
        fails_are_sure_(p.get_bool("high_precision_on_tool_fail_alone")),
        least_mediums_(p.get_int("min_medium_signals_for_watchlist")),
        low_quality_(p.get_double("dialog_quality_low_score_threshold")),
        least_axes_(std::max<std::int64_t>(1, p.get_int("min_dialog_quality_low_axes_for_signal"))),
        judges_{{"llm_analysis_score", "llm_analysis_record", "llm_agent_analysis_eval_low",
                 p.get_bool("signal_on_llm_analysis_low"),
                 p.get_double("llm_analysis_score_max_for_bad"),
                 p.get_bool("llm_analysis_discard_must_be_strict"),
                 p.get_double("high_precision_llm_analysis_discard_threshold")},
                {"llm_quality_score", "llm_quality_record", "llm_reply_quality_eval_low",
                 p.get_bool("signal_on_llm_text_quality_low"),
                 p.get_double("llm_text_quality_score_max_for_bad"),
                 p.get_bool("llm_text_quality_discard_must_be_strict"),
                 p.get_double("high_precision_llm_text_quality_discard_threshold")}} {
    if (!p.is_null("negative_sentiment_substrings")) {
      negative_ = p.get_strings("negative_sentiment_substrings");
    }
    if (negative_.empty()) negative_.assign(std::begin(kNegativeWords), std::end(kNegativeWords));
    for (std::string& word : negative_) word = agent::lower(word);
    if (p.get_bool("auto_calibrate_thresholds") && !p.is_null("calibration_json_path")) {
      calibration_ = agent::Calibration(p.get_string("calibration_json_path"), host);
    }
  }

  void map(const Row& in, RowOut& out) const {
    const PyValue meta = agent::value_of(in, 2);
    const PyValue stats = agent::value_of(in, 3);
    std::vector<Signal> signals;
    judge_tools(meta, signals);
    judge_response(agent::value_of(in, 0), agent::value_of(in, 1), signals);
    judge_cost(meta, signals);
    for (const Judge& judge : judges_) judge_score(judge, stats, signals);
    judge_sentiment(meta, signals);
    judge_perplexity(meta, stats, signals);
    judge_hard_query(stats, signals);
    judge_quality(meta, signals);

    std::string& list = out.text(0);
    list = "[";
    for (const Signal& s : signals) {
      list += list.size() > 1 ? ", {\"code\": \"" : "{\"code\": \"";
      list += s.code + "\", \"detail\": ";
      textkit::append_json(list, PyValue(s.detail));
      list += std::string(", \"weight\": \"") + (s.high ? "high" : "medium") + "\"}";
    }
    list += "]";
    out.set(1, std::string("\"") + tier_of(signals) + "\"");
  }

 private:
  using Signals = std::vector<Signal>;

  static std::optional<std::int64_t> optional_int(const Params& p, const char* name) {
    if (p.is_null(name)) return std::nullopt;
    return p.get_int(name);
  }
  static std::int64_t count_of(const PyValue& meta, const char* key) {
    const PyValue* v = meta.find(key);
    return truthy(v) ? to_int(*v, key) : 0;
  }
  static std::string model_of(const PyValue& meta) {
    const PyValue* model = meta.find("agent_request_model");
    return truthy(model) ? agent::stripped_str(*model) : "";
  }

  void judge_tools(const PyValue& meta, Signals& signals) const {
    const std::int64_t fails = count_of(meta, "tool_fail_count");
    if (on_tool_fail_ && fails >= least_fails_) {
      signals.push_back(
          {"tool_message_error_pattern", "tool_fail_count=" + std::to_string(fails), true});
    }
    const std::int64_t successes = count_of(meta, "tool_success_count");
    const PyValue* ratio = told(meta, "tool_success_ratio");
    if (on_low_ratio_ && successes + fails >= least_rounds_ && ratio != nullptr &&
        to_float(*ratio, "tool_success_ratio") <= worst_ratio_) {
      signals.push_back({"low_tool_success_ratio", "ratio=" + py_str(*ratio) +
                                                       ", success=" + std::to_string(successes) +
                                                       ", fail=" + std::to_string(fails)});
    }
  }

  void judge_response(const PyValue& query, const PyValue& response, Signals& signals) const {
    const std::int64_t asked = text_length(query, "the query");
    const std::int64_t said = text_length(response, "the response");
    if (!on_empty_response_ || asked < long_query_ || said > short_response_) return;
    signals.push_back(
        {"suspect_empty_or_trivial_final_response",
         "query_len=" + std::to_string(asked) + ", response_len=" + std::to_string(said)});
  }

  // The limit that holds for records of this model: the one given, or that of the file.
  std::optional<std::int64_t> limit(const std::optional<std::int64_t>& given, const char* name,
                                    const std::string& model) const {
    if (given_first_ && given) return given;
    const std::optional<std::int64_t> calibrated = calibration_.whole(name, model);
    return calibrated ? calibrated : given;
  }

  void judge_cost(const PyValue& meta, Signals& signals) const {
    const std::string model = model_of(meta);
    const auto judge = [&](const std::optional<std::int64_t>& most, const char* key,
                           const char* code, const char* shown) {
      const PyValue* v = told(meta, key);
      if (!most || v == nullptr || to_int(*v, key) <= *most) return;
      signals.push_back({code, shown + py_str(*v)});
    };
    judge(limit(max_tokens_, "max_total_tokens", model), "total_tokens", "high_token_usage",
          "total_tokens=");
    judge(limit(max_latency_, "max_latency_ms", model), "agent_total_cost_time_ms",
          "high_latency_ms", "total_cost_time_ms=");
  }

  static void judge_score(const Judge& judge, const PyValue& stats, Signals& signals) {
    const PyValue* score = told(stats, judge.score_key);
    if (!judge.on || score == nullptr) return;
    const double value = to_float(*score, judge.score_key);
    if (value > judge.worst) return;
    const std::string said = recommendation(stats.find(judge.record_key));
    const bool discard = said == "discard";
    if (judge.must_discard && !discard) return;
    signals.push_back(
        {judge.code,
         "score=" + py_str(*score) + ", recommendation=" + (said.empty() ? "n/a" : said),
         discard && value <= judge.high});
  }

  void judge_sentiment(const PyValue& meta, Signals& signals) const {
    const PyValue* labels = told(meta, "dialog_sentiment_labels");
    if (!on_negative_ || labels == nullptr) return;
    std::string all;
    PyValue::List shown;
    for (const PyValue& label : agent::items_of(*labels)) {
      if (!shown.empty()) all += ' ';
      all += agent::lower(py_str(label));
      if (shown.size() < 6) shown.push_back(label);
    }
    const bool negative =
        std::any_of(negative_.begin(), negative_.end(),
                    [&](const std::string& w) { return all.find(w) != all.npos; });
    if (shown.empty() || !negative) return;
    signals.push_back({"negative_sentiment_label_hint", "labels=" + py_str(PyValue(shown))});
  }

  // The threshold that holds for records of this model; nothing when the sign is off.
  std::optional<double> perplexity_threshold(const std::string& model) const {
    const std::optional<double> calibrated = calibration_.real("perplexity_high_threshold", model);
    if (!on_perplexity_ && !(calibrated && file_enables_perplexity_)) return std::nullopt;
    if (!calibrated || (given_first_ && on_perplexity_)) return perplexity_;
    return calibrated;
  }

  void judge_perplexity(const PyValue& meta, const PyValue& stats, Signals& signals) const {
    const std::optional<double> threshold = perplexity_threshold(model_of(meta));
    const PyValue* perplexity = told(stats, "perplexity");
    if (!threshold || perplexity == nullptr) return;
    if (to_float(*perplexity, "perplexity") >= *threshold) {
      signals.push_back({"high_perplexity", "perplexity=" + py_str(*perplexity)});
    }
  }

  void judge_hard_query(const PyValue& stats, Signals& signals) const {
    const PyValue* difficulty = told(stats, "llm_difficulty_score");
    const PyValue* quality = told(stats, "llm_quality_score");
    if (!on_hard_query_ || difficulty == nullptr || quality == nullptr) return;
    if (to_float(*difficulty, "llm_difficulty_score") >= hard_query_ &&
        to_float(*quality, "llm_quality_score") <= poor_reply_) {
      signals.push_back(
          {"hard_query_low_reply_quality_conjunction",
           "difficulty=" + py_str(*difficulty) + ", llm_quality_score=" + py_str(*quality)});
    }
  }

  void judge_quality(const PyValue& meta, Signals& signals) const {
    if (!on_quality_) return;
    PyValue::List low;
    for (const char* axis : kQualityAxes) {
      const PyValue* record = meta.find(axis);
      if (record == nullptr || truthy(record->find("skipped")) || truthy(record->find("error"))) {
        continue;
      }
      const PyValue* score = told(*record, "score");
      if (score == nullptr) continue;
      try {
        if (to_float(*score, "score") <= low_quality_) low.emplace_back(axis);
      } catch (const textkit::PyTypeError&) {
        continue;  // Data-Juicer passes over scores that are no numbers
      }
    }
    if (static_cast<std::int64_t>(low.size()) < least_axes_) return;
    signals.push_back(
        {"dialog_turn_quality_meta_low",
         "axes=" + py_str(PyValue(low)) + ", threshold=" + py_str(PyValue(low_quality_))});
  }

  const char* tier_of(const Signals& signals) const {
    bool tools_failed = false, judged_high = false;
    std::int64_t mediums = 0;
    for (const Signal& s : signals) {
      if (!s.high)
        ++mediums;
      else if (s.code == "tool_message_error_pattern")
        tools_failed = true;
      else
        judged_high = true;
    }
    if (tools_failed) return fails_are_sure_ ? "high_precision" : "watchlist";
    if (judged_high) return "high_precision";
    const bool one_medium = signals.size() == 1 && mediums == 1;
    return mediums >= least_mediums_ || one_medium ? "watchlist" : "none";
  }

  bool on_tool_fail_, on_low_ratio_, on_empty_response_, on_negative_, on_perplexity_;
  bool on_hard_query_, on_quality_;
  std::int64_t least_fails_, least_rounds_;
  double worst_ratio_;
  std::int64_t long_query_, short_response_;
  std::optional<std::int64_t> max_tokens_, max_latency_;
  bool given_first_, file_enables_perplexity_;
  double perplexity_, hard_query_, poor_reply_;
  bool fails_are_sure_;
  std::int64_t least_mediums_;
  double low_quality_;
  std::int64_t least_axes_;
  Judge judges_[2];
  std::vector<std::string> negative_;
  agent::Calibration calibration_;
};

}  // namespace

OPHOST_OPERATOR(agent_bad_case_signal_mapper, AgentBadCaseSignalMapper);

}  // namespace ophost
