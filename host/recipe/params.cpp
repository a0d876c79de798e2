// Operator parameters against the operator's JSON Schema, with Data-Juicer's scalar rules. Pure
// functions; any thread.
#include <cmath>
#include <limits>

#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

std::string text_of(const JsonValue& v) {
  return {v.GetString(), v.GetStringLength()};
}

const JsonValue* properties_of(const JsonValue& schema) {
  const JsonValue* p = get_member(schema, "properties");
  return p != nullptr && p->IsObject() ? p : nullptr;
}

// The names in "type", which may be one or a list; empty = anything goes.
std::vector<std::string> types_of(const JsonValue& schema) {
  std::vector<std::string> types;
  const JsonValue* type = get_member(schema, "type");
  if (type == nullptr) return types;
  if (type->IsString()) types.push_back(text_of(*type));
  if (type->IsArray())
    for (const auto& t : type->GetArray())
      if (t.IsString()) types.push_back(text_of(t));
  return types;
}

std::string a_type(const std::string& type) {
  if (type == "integer" || type == "array" || type == "object") return "an " + type;
  return type == "null" ? "null" : "a " + type;
}

std::string expected(const std::vector<std::string>& types) {
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += i + 1 == types.size() ? " or " : ", ";
    out += a_type(types[i]);
  }
  return out;
}

std::string actual(const JsonValue& v) {
  std::string json = dump_json(v);
  if (json.size() > 60) json = json.substr(0, 57) + "...";
  if (v.IsNull()) return "null";
  if (v.IsBool()) return "the boolean " + json;
  if (v.IsString()) return "the string " + json;
  if (v.IsInt64() || v.IsUint64()) return "the integer " + json;
  if (v.IsNumber()) return "the number " + json;
  return (v.IsArray() ? "the array " : "the object ") + json;
}

class Checker {
 public:
  Checker(Json::AllocatorType& allocator, std::vector<std::string>& sentences)
      : allocator_(allocator), sentences_(sentences) {}

  // Brings `v` into the schema's type and checks it; `what` is "parameter 'x'" or "parameter
  // 'x'[2]".
  void check(const JsonValue& schema, JsonValue& v, const std::string& what) {
    if (!schema.IsObject()) return;
    if (!convert(schema, v, what)) return;
    check_enum(schema, v, what);
    if (v.IsNumber()) check_range(schema, v, what);
    if (const JsonValue* items = get_member(schema, "items"); items != nullptr && v.IsArray())
      for (rapidjson::SizeType i = 0; i < v.Size(); ++i)
        check(*items, v[i], what + "[" + std::to_string(i) + "]");
  }

 private:
  bool convert(const JsonValue& schema, JsonValue& v, const std::string& what) {
    std::vector<std::string> types = types_of(schema);
    if (types.empty()) return true;
    auto has = [&](const char* type) {
      for (const auto& t : types)
        if (t == type) return true;
      return false;
    };
    if (v.IsNull() && has("null")) return true;
    if (v.IsBool() && has("boolean")) return true;
    if (v.IsString() && has("string")) return true;
    if (v.IsArray() && has("array")) return true;
    if (v.IsObject() && has("object")) return true;
    bool whole = v.IsInt64() || v.IsUint64();
    if (v.IsInt64() && has("integer")) return true;
    if (v.IsNumber() && has("number")) {
      if (whole) v.SetDouble(v.GetDouble());  // 5 and 5.0 are one value: one fingerprint
      return true;
    }
    if (v.IsUint64() && has("integer")) {
      say(what, "is " + dump_json(v) + "; the largest integer is 9223372036854775807");
      return false;
    }
    if (v.IsDouble() && has("integer")) {
      double d = v.GetDouble();
      if (std::floor(d) == d && d >= -9223372036854775808.0 && d < 9223372036854775808.0) {
        v.SetInt64(static_cast<std::int64_t>(d));
        return true;
      }
    }
    std::string hint;
    if (v.IsNull()) hint = "; leave it out for the default";
    if (v.IsString() && (has("integer") || has("number") || has("boolean")))
      hint = "; remove the quotes";
    say(what, "must be " + expected(types) + ", not " + actual(v) + hint);
    return false;
  }

  void check_enum(const JsonValue& schema, const JsonValue& v, const std::string& what) {
    const JsonValue* allowed = get_member(schema, "enum");
    if (allowed == nullptr || !allowed->IsArray()) return;
    std::string mine = canonical_json(v);
    std::vector<std::string> shown;
    std::vector<std::string> words;
    for (const auto& choice : allowed->GetArray()) {
      if (canonical_json(choice) == mine) return;
      if (choice.IsNumber() && v.IsNumber() && choice.GetDouble() == v.GetDouble()) return;
      shown.push_back(dump_json(choice));
      if (choice.IsString()) words.push_back(text_of(choice));
    }
    say(what, "must be one of " + join(shown, ", ") + ", not " + actual(v),
        v.IsString() ? did_you_mean(text_of(v), words) : "");
  }

  void check_range(const JsonValue& schema, const JsonValue& v, const std::string& what) {
    auto bound = [&](const char* name) -> const JsonValue* {
      const JsonValue* b = get_member(schema, name);
      return b != nullptr && b->IsNumber() ? b : nullptr;
    };
    auto less = [](const JsonValue& a, const JsonValue& b) {
      if (a.IsInt64() && b.IsInt64()) return a.GetInt64() < b.GetInt64();
      return a.GetDouble() < b.GetDouble();
    };
    const JsonValue* low = bound("minimum");
    const JsonValue* high = bound("maximum");
    const JsonValue* above = bound("exclusiveMinimum");
    const JsonValue* below = bound("exclusiveMaximum");
    if (low != nullptr && less(v, *low))
      say(what, "is " + dump_json(v) + "; the smallest value is " + dump_json(*low));
    if (high != nullptr && less(*high, v))
      say(what, "is " + dump_json(v) + "; the largest value is " + dump_json(*high));
    if (above != nullptr && !less(*above, v))
      say(what, "is " + dump_json(v) + "; it must be above " + dump_json(*above));
    if (below != nullptr && !less(v, *below))
      say(what, "is " + dump_json(v) + "; it must be below " + dump_json(*below));
  }

  void say(const std::string& what, const std::string& sentence, const std::string& after = "") {
    sentences_.push_back(what + " " + sentence + "." + after);
  }

  Json::AllocatorType& allocator_;
  std::vector<std::string>& sentences_;
};

}  // namespace

bool declares(const Json& schema, const std::string& param) {
  const JsonValue* properties = properties_of(schema);
  return properties != nullptr && get_member(*properties, param.c_str()) != nullptr;
}

bool takes_only_strings(const Json& schema, const std::string& param) {
  if (!declares(schema, param)) return false;
  bool strings = false;
  for (const auto& type : types_of(*get_member(*properties_of(schema), param.c_str()))) {
    if (type == "string") strings = true;
    if (type == "integer" || type == "number" || type == "boolean") return false;
  }
  return strings;
}

std::string fill_params(const OpSchema& schema, const JsonValue& given,
                        std::vector<ParamProblem>& problems) {
  Result<Json> parsed =
      parse_json(schema.schema.empty() ? "{}" : schema.schema, "the schema of " + schema.name);
  if (!parsed.ok() || !parsed->IsObject()) {
    problems.push_back({"", "the plugin's parameter schema cannot be used: " +
                                (parsed.ok() ? std::string("it is not a JSON object.")
                                             : parsed.status().message())});
    return "{}";
  }
  JsonValue nothing(rapidjson::kObjectType);
  const JsonValue* properties = properties_of(*parsed);
  if (properties == nullptr) properties = &nothing;

  Json out(rapidjson::kObjectType);
  auto& allocator = out.GetAllocator();
  std::vector<std::string> names;
  for (const auto& p : properties->GetObject()) names.push_back(text_of(p.name));
  if (given.IsObject()) {
    for (const auto& member : given.GetObject()) {
      std::string name = text_of(member.name);
      const JsonValue* property = get_member(*properties, name.c_str());
      if (property == nullptr) {
        std::vector<std::string> known = names;
        for (const auto& common : common_params()) known.push_back(common.name);
        std::string hint = did_you_mean(name, known);
        if (hint.empty())
          hint = names.empty() ? " " + schema.name + " has no parameters."
                               : " It has " + join(names, ", ") + ".";
        problems.push_back({name, "parameter '" + name + "' is unknown." + hint, true});
        continue;
      }
      JsonValue value(member.value, allocator);
      std::vector<std::string> sentences;
      Checker(allocator, sentences).check(*property, value, "parameter '" + name + "'");
      for (auto& s : sentences) problems.push_back({name, std::move(s)});
      out.AddMember(JsonValue(name, allocator), value, allocator);
    }
  }
  for (const auto& p : properties->GetObject()) {
    std::string name = text_of(p.name);
    if (get_member(out, name.c_str()) != nullptr) continue;
    const JsonValue* fallback = get_member(p.value, "default");
    if (fallback == nullptr) continue;
    JsonValue value(*fallback, allocator);
    std::vector<std::string>
        ignored;  // a default is the author's word, whatever its own schema says
    Checker(allocator, ignored).check(p.value, value, name);
    out.AddMember(JsonValue(name, allocator), value, allocator);
  }
  if (const JsonValue* required = get_member(*parsed, "required");
      required != nullptr && required->IsArray())
    for (const auto& name : required->GetArray())
      if (name.IsString() && get_member(out, name.GetString()) == nullptr)
        problems.push_back({"", "parameter '" + text_of(name) + "' is required."});
  return canonical_json(out);
}

std::string check_params(const OpSchema& schema, const JsonValue& given, const std::string& where,
                         std::vector<std::string>& errors) {
  if (!given.IsObject() && !given.IsNull())
    errors.push_back(where + ": the parameters must be an object, not " + actual(given) + ".");
  std::vector<ParamProblem> problems;
  std::string filled = fill_params(schema, given, problems);
  for (const auto& p : problems) errors.push_back(where + ": " + p.sentence);
  return filled;
}

const std::vector<CommonParam>& common_params() {
  constexpr const char* kMedia = "ophost processes text";
  constexpr const char* kHost = "the host decides that";
  constexpr const char* kField = "this operator does not read that field";
  static const std::vector<CommonParam> params = {
      {"text_key", "string", nullptr, false},
      {"on_error", "string", nullptr, false},
      {"skip_op_error", "boolean", nullptr, false},
      {"retry", "", nullptr, false},
      {"circuit_breaker", "", nullptr, false},
      {"batch_size", "integer", nullptr, true},
      {"image_key", "string", kMedia, false},
      {"image_bytes_key", "string", kMedia, false},
      {"audio_key", "string", kMedia, false},
      {"video_key", "string", kMedia, false},
      {"system_key", "string", kField, true},
      {"instruction_key", "string", kField, true},
      {"prompt_key", "string", kField, true},
      {"query_key", "string", kField, true},
      {"response_key", "string", kField, true},
      {"history_key", "string", kField, true},
      {"index_key", "", "an index column is not added by this version", true},
      {"stats_export_path", "", "statistics are kept with keep_stats_in_res_ds", true},
      {"work_dir", "", kHost, false},
      {"input_columns", "", kHost, true},
      {"output_columns", "", kHost, true},
      {"adaptive_batching", "", kHost, true},
      {"auto_op_parallelism", "boolean", kHost, false},
      {"batch_mode", "", kHost, true},
      {"accelerator", "", kHost, true},
      {"num_proc", "", kHost, false},
      {"turbo", "boolean", kHost, false},
      {"cpu_required", "", kHost, true},
      {"gpu_required", "", kHost, true},
      {"mem_required", "", kHost, true},
      {"num_cpus", "", kHost, true},
      {"num_gpus", "", kHost, true},
      {"memory", "", kHost, true},
      {"runtime_env", "", kHost, true},
      {"ray_execution_mode", "", kHost, true},
  };
  return params;
}

const CommonParam* find_common_param(const std::string& name) {
  for (const auto& p : common_params())
    if (name == p.name) return &p;
  return nullptr;
}

}  // namespace ophost
