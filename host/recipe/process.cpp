// The list of operators: names, parameters, what leaks from one entry to the next. One thread per
// load.
#include <algorithm>
#include <cstring>
#include <set>

#include "host/base/text.hpp"
#include "host/recipe/internal.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

struct Entry {
  std::size_t index = 0;
  YamlNode at;       // where its name stands
  std::string name;  // as written
  const OpSchema* schema = nullptr;
  YamlNode params = yaml_map();
  std::vector<std::string> inherited;
};

std::string label(const Entry& e) {
  return "process[" + std::to_string(e.index) + "] " + e.name + ": ";
}

const std::vector<std::string>& on_error_choices() {
  return find_recipe_key("on_error")->choices;
}

class Process {
 public:
  Process(const OpCatalog& catalog, Recipe& recipe, Report& report)
      : catalog_(catalog), recipe_(recipe), report_(report) {}

  void read(const YamlNode& list) {
    for (std::size_t i = 0; i < list.items.size() && !report_.full(); ++i) {
      Entry entry;
      entry.index = i;
      if (read_entry(list.items[i], entry)) entries_.push_back(std::move(entry));
    }
  }

  // Data-Juicer merges the parameters of equal names in order: a later entry starts with what
  // earlier ones set.
  void inherit() {
    std::map<std::string, YamlNode> seen;
    for (auto& e : entries_) {
      YamlNode& earlier = seen.try_emplace(e.schema->name, yaml_map()).first->second;
      std::set<std::string> own;
      for (const auto& key : e.params.keys) own.insert(key.key_text());
      for (std::size_t i = 0; i < earlier.keys.size(); ++i) {
        std::string name = earlier.keys[i].key_text();
        const CommonParam* common = find_common_param(name);
        if (own.count(name) != 0 || (common != nullptr && !common->leaks)) continue;
        e.params.set(earlier.keys[i], earlier.items[i]);
        e.inherited.push_back(name);
      }
      for (std::size_t i = 0; i < e.params.keys.size(); ++i)
        earlier.set(e.params.keys[i], e.params.items[i]);
    }
  }

  void override_with(const OpOverride& change) {
    std::size_t ordinal = 0;
    bool applied = false;
    for (auto& e : entries_) {
      if (e.schema->name != change.name) continue;
      ++ordinal;
      if (change.ordinal != 0 && change.ordinal != ordinal) continue;
      YamlNode key = yaml_string(change.param);
      key.option = change.value.option;
      e.params.set(key, change.value);
      std::erase(e.inherited, change.param);
      applied = true;
    }
    if (!applied && change.ordinal != 0)
      report_.error(change.value, "'" + change.name + "' occurs " + std::to_string(ordinal) +
                                      " time(s) in 'process'; there is no #" +
                                      std::to_string(change.ordinal) + ".");
  }

  void finish() {
    for (auto& e : entries_)
      if (!report_.full()) recipe_.process.push_back(config_of(e));
  }

 private:
  bool read_entry(const YamlNode& node, Entry& e) {
    std::string where = "process[" + std::to_string(e.index) + "]: ";
    e.at = node;
    e.at.keys.clear();
    e.at.items.clear();
    if (node.is_string()) {
      e.name = node.text;
    } else if (node.is_map() && node.keys.size() == 1) {
      e.at = node.keys[0];
      e.name = node.keys[0].key_text();
      const YamlNode& params = node.items[0];
      if (params.is_map()) {
        e.params = params;
      } else if (!params.is_null()) {
        report_.error(params, where + "the parameters of " + e.name + " must be a mapping, not " +
                                  describe(params) + ".");
        return false;
      }
    } else {
      std::string hint = ".";
      if (node.is_map() && node.keys.size() > 1)
        hint = " with the keys " + node.keys[0].key_text() + ", " + node.keys[1].key_text() +
               (node.keys.size() > 2 ? ", ..." : "") +
               ". Parameters stand deeper than the operator's name.";
      report_.error(node, where + "an entry is '- operator:' with its parameters below, not " +
                              describe(node) + hint);
      return false;
    }
    e.schema = catalog_.find ? catalog_.find(e.name) : nullptr;
    if (e.schema == nullptr) {
      std::vector<std::string> names =
          catalog_.names ? catalog_.names() : std::vector<std::string>{};
      std::string hint = did_you_mean(e.name, names);
      if (hint.empty())
        hint = " 'ophost ops' lists those there are; --plugin-path names more plugins.";
      report_.error(e.at, where + "no plugin offers the operator '" + e.name + "'." + hint);
      return false;
    }
    return true;
  }

  OpConfig config_of(Entry& e) {
    OpConfig config;
    config.index = e.index;
    config.name = e.schema->name;
    config.text_key = recipe_.text_keys.front();
    config.on_error = recipe_.on_error;
    config.inherited = e.inherited;
    Result<Json> schema = parse_json(e.schema->schema.empty() ? "{}" : e.schema->schema, "schema");
    Json no_schema(rapidjson::kObjectType);
    const Json& known = schema.ok() && schema->IsObject() ? *schema : no_schema;

    Json given(rapidjson::kObjectType);
    Json own(rapidjson::kObjectType);
    std::map<std::string, const YamlNode*> places;
    const YamlNode* on_error = nullptr;
    const YamlNode* skip = nullptr;
    for (std::size_t i = 0; i < e.params.keys.size(); ++i) {
      std::string name = e.params.keys[i].key_text();
      YamlNode& value = e.params.items[i];
      places[name] = &e.params.keys[i];
      const CommonParam* common = find_common_param(name);
      bool declared = declares(known, name);
      if (value.loose && takes_string(known, common, name, declared) && !value.is_list() &&
          !value.is_map())
        value.kind = Kind::kString;
      std::vector<std::string> problems;
      JsonValue json = to_json(value, given.GetAllocator(), problems);
      for (const auto& p : problems)
        report_.error(value, label(e) + "parameter '" + name + "': " + p + ".");
      if (declared || common == nullptr)
        own.AddMember(JsonValue(name, own.GetAllocator()), JsonValue(json, own.GetAllocator()),
                      own.GetAllocator());
      given.AddMember(JsonValue(name, given.GetAllocator()), json, given.GetAllocator());
      if (common == nullptr || value.is_null()) continue;
      if (!declared && !check_common(e, *common, value)) continue;
      if (name == "text_key" && value.is_string()) config.text_key = value.text;
      if (name == "batch_size" && value.is(Kind::kInt)) config.batch_size = value.integer;
      if (name == "on_error") on_error = &value;
      if (name == "skip_op_error") skip = &value;
      const JsonValue& kept = given[name.c_str()];
      std::string wrong;
      if (!declared && name == "retry") wrong = read_retry(kept, config.retry);
      if (!declared && name == "circuit_breaker") wrong = read_circuit_breaker(kept, config.circuit_breaker);
      if (!wrong.empty())
        report_.error(value, label(e) + wrong);
    }
    if (skip != nullptr && skip->is(Kind::kBool))
      config.on_error = skip->boolean ? quarantine_or(recipe_.on_error) : "fail";
    if (on_error != nullptr) config.on_error = on_error->text;
    if (declares(known, "text_key") && own.FindMember("text_key") == own.MemberEnd())
      own.AddMember("text_key", JsonValue(config.text_key, own.GetAllocator()), own.GetAllocator());

    std::vector<ParamProblem> problems;
    config.params = fill_params(*e.schema, own, problems);
    config.given = canonical_json(given);
    for (const auto& p : problems) {
      auto place = places.find(p.param);
      const YamlNode& at = place == places.end() ? e.at : *place->second;
      if (p.unknown && !recipe_.strict_preflight)
        report_.warn(at, label(e) + p.sentence + " It is left out (strict_preflight: false).");
      else
        report_.error(at, label(e) + p.sentence);
    }
    if (!e.inherited.empty())
      report_.warn(e.at, label(e) + "takes " + join(e.inherited, ", ") + " over from an earlier " +
                             e.name + " (Data-Juicer's behaviour). Set " +
                             (e.inherited.size() == 1 ? "it" : "them") +
                             " here to choose another value.");
    return config;
  }

  static std::string quarantine_or(const std::string& on_error) {
    return on_error == "fail" ? "quarantine" : on_error;
  }

  static bool takes_string(const Json& schema, const CommonParam* common, const std::string& name,
                           bool declared) {
    if (declared) return takes_only_strings(schema, name);
    return common != nullptr && std::strcmp(common->type, "string") == 0;
  }

  bool check_common(const Entry& e, const CommonParam& common, YamlNode& value) {
    auto wrong = [&](const std::string& wanted) {
      report_.error(value, label(e) + "parameter '" + common.name + "' must be " + wanted +
                               ", not " + describe(value) + ".");
      return false;
    };
    std::string type = common.type;
    if (type == "string" && !value.is_string()) return wrong("a string");
    if (type == "boolean" && !value.is(Kind::kBool)) return wrong("true or false");
    if (type == "integer") {
      if (value.is(Kind::kFloat) && value.number >= 1 && value.number < 9e15 &&
          value.number == static_cast<double>(static_cast<std::int64_t>(value.number))) {
        value.integer = static_cast<std::int64_t>(value.number);
        value.kind = Kind::kInt;
      }
      if (!value.is(Kind::kInt) || !value.fits || value.integer < 1)
        return wrong("an integer >= 1");
    }
    if (std::strcmp(common.name, "on_error") == 0 &&
        std::find(on_error_choices().begin(), on_error_choices().end(), value.text) ==
            on_error_choices().end())
      return wrong("one of " + join(on_error_choices(), ", "));
    if (common.note != nullptr)
      report_.warn(value, label(e) + "parameter '" + common.name +
                              "' is accepted and ignored: " + common.note + ".");
    return true;
  }

  const OpCatalog& catalog_;
  Recipe& recipe_;
  Report& report_;
  std::vector<Entry> entries_;
};

}  // namespace

void read_process(const KeyValues& values, const std::vector<OpOverride>& op_overrides,
                  const OpCatalog& catalog, Recipe& recipe, Report& report) {
  auto list = values.find("process");
  if (list == values.end()) return;
  Process process(catalog, recipe, report);
  process.read(list->second);
  process.inherit();
  for (const auto& change : op_overrides) process.override_with(change);
  process.finish();
}

void read_manual_ops(const YamlNode& names, Recipe& recipe, Report& report) {
  std::vector<std::string> known;
  for (const auto& op : recipe.process) known.push_back(op.name);
  std::set<std::size_t> chosen;
  for (const auto& item : names.items) {
    if (report.full()) return;
    if (item.is(Kind::kInt)) {
      if (!item.fits || item.integer < 0 || static_cast<std::size_t>(item.integer) >= known.size())
        report.error(item, "checkpoint.op_names: there is no operator with index " + item.text +
                               "; 'process' has " + std::to_string(known.size()) +
                               " (0 is the first).");
      else
        chosen.insert(static_cast<std::size_t>(item.integer));
      continue;
    }
    std::size_t hash = item.text.find('#');
    std::string name = item.text.substr(0, hash);
    YamlNode ordinal;
    bool one = hash != std::string::npos;
    if (!item.is_string() || (one && (!type_plain_scalar(item.text.substr(hash + 1), ordinal) ||
                                      !ordinal.is(Kind::kInt) || ordinal.integer < 1))) {
      report.error(item, "checkpoint.op_names takes an operator's name, name#2 or an index, not " +
                             describe(item) + ".");
      continue;
    }
    std::int64_t seen = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known[i] != name) continue;
      ++seen;
      if (!one || seen == ordinal.integer) chosen.insert(i);
    }
    if (seen == 0)
      report.error(item, "checkpoint.op_names: '" + name + "' is not in 'process'." +
                             did_you_mean(name, known));
    else if (one && ordinal.integer > seen)
      report.error(item, "checkpoint.op_names: '" + name + "' occurs " + std::to_string(seen) +
                             " time(s) in 'process'; there is no #" +
                             std::to_string(ordinal.integer) + ".");
  }
  recipe.manual_ops.assign(chosen.begin(), chosen.end());
}

}  // namespace ophost
