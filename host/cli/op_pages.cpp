#include "host/cli/op_pages.hpp"

#include <algorithm>
#include <cctype>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

// The kinds in the order of the document; what they have in common, in one sentence.
struct Kind {
  std::int32_t kind;
  const char* title;
  const char* about;
};
constexpr Kind kKinds[] = {
    {OPH_KIND_MAP, "Mappers", "Change records: one comes in, one goes out."},
    {OPH_KIND_FLATMAP, "Flat mappers", "Make any number of records out of each one."},
    {OPH_KIND_FILTER, "Filters",
     "Compute a statistic of each record and keep the records for which it lies within bounds; the statistic stays "
     "with the record. A bound of null does not bound."},
    {OPH_KIND_DEDUP, "Deduplicators", "Keep one of the records that are the same, or nearly so."},
    {OPH_KIND_SELECT, "Selectors", "Look at all records before they choose which ones stay, or what to change in them."},
    {OPH_KIND_GROUP, "Groupers", "Make one record of several that belong together, or take it apart again."},
    {OPH_KIND_AGGREGATE, "Aggregators", "Sum up the records of a group."},
    {OPH_KIND_DERIVE, "Derived columns",
     "Are computed once per batch for the operators that read them; no steps of a recipe."},
    {OPH_KIND_OBSERVER, "Observers", "Look at records without changing them; no steps of a recipe."},
};

struct Promise {
  std::uint64_t bit;
  const char* name;
};
constexpr Promise kPromises[] = {
    {OPH_P_DETERMINISTIC, "deterministic"}, {OPH_P_ROW_LOCAL, "row-local"},   {OPH_P_ORDER_FREE, "order-free"},
    {OPH_P_CONCURRENT, "concurrent"},       {OPH_P_IDEMPOTENT, "idempotent"}, {OPH_P_READS_FILES, "reads-files"},
    {OPH_P_NETWORK, "network"},
};

// A parameter as both forms of a page show it.
struct Parameter {
  std::string name, type, fallback, description;
};

std::string type_text(const JsonValue& schema) {
  std::vector<std::string> names;
  const JsonValue* type = get_member(schema, "type");
  auto add = [&](const JsonValue& t) {
    if (!t.IsString()) return;
    names.emplace_back(t.GetString(), t.GetStringLength());
    const JsonValue* items = get_member(schema, "items");
    if (names.back() == "array" && items && items->IsObject()) names.back() += " of " + type_text(*items);
  };
  if (type && type->IsString()) add(*type);
  if (type && type->IsArray())
    for (const auto& t : type->GetArray()) add(t);
  return names.empty() ? "any" : join(names, " or ");
}

std::string range_text(const JsonValue& schema) {
  std::vector<std::string> out;
  auto bound = [&](const char* member, const char* words) {
    if (const JsonValue* v = get_member(schema, member)) out.push_back(words + dump_json(*v));
  };
  if (const JsonValue* choices = get_member(schema, "enum"); choices && choices->IsArray()) {
    std::vector<std::string> shown;
    for (const auto& c : choices->GetArray()) shown.push_back(dump_json(c));
    out.push_back("one of " + join(shown, ", "));
  }
  bound("minimum", "at least ");
  bound("exclusiveMinimum", "above ");
  bound("maximum", "at most ");
  bound("exclusiveMaximum", "below ");
  if (const JsonValue* items = get_member(schema, "items"); items && items->IsObject())
    if (std::string of_items = range_text(*items); !of_items.empty()) out.push_back("each " + of_items);
  return join(out, ", ");
}

std::string fallback_text(const JsonValue* v, bool required) {
  if (!v) return required ? "required" : "none";
  std::string text = dump_json(*v);
  // Python's sys.maxsize, which Data-Juicer takes where there is no bound.
  return text == "9223372036854775807" || text == "-9223372036854775807" ? text + " (no bound)" : text;
}

std::vector<Parameter> parameters(const Operator& op) {
  std::vector<Parameter> out;
  auto schema = parse_json(op.schema, "the parameter schema of " + op.name);
  const JsonValue* properties = schema.ok() ? get_member(*schema, "properties") : nullptr;
  if (!properties || !properties->IsObject()) return out;
  const JsonValue* required = get_member(*schema, "required");
  for (const auto& p : properties->GetObject()) {
    const bool must = required && required->IsArray() &&
                      std::any_of(required->Begin(), required->End(), [&](const JsonValue& v) { return v == p.name; });
    std::string type = type_text(p.value), range = range_text(p.value);
    out.push_back({p.name.GetString(), range.empty() ? type : type + ", " + range,
                   fallback_text(get_member(p.value, "default"), must), get_string(p.value, "description")});
  }
  return out;
}

// The example as an entry of `process`, whether its author wrote the dash or not.
std::string example_text(const std::string& example) {
  std::string out;
  const bool entry = example.starts_with("- ");
  for (const std::string& line : split(example, '\n')) {
    if (line.empty()) continue;
    out += (entry ? "" : out.empty() ? "- " : "  ") + line + "\n";
  }
  return out;
}

std::string list_or(const std::vector<std::string>& items, const char* nothing) {
  return items.empty() ? nothing : join(items, ", ");
}

// Prose for Markdown: what it would take for markup is escaped, what stands between back-quotes is left alone.
std::string prose(std::string_view s) {
  auto in_word = [&](std::size_t i) { return i < s.size() && std::isalnum(static_cast<unsigned char>(s[i])); };
  std::string out;
  bool code = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '`') code = !code;
    const bool loose = s[i] == '_' && !(i > 0 && in_word(i - 1) && in_word(i + 1));
    if (s[i] == '|' || (!code && (loose || std::string_view("\\<>*[]").find(s[i]) != std::string_view::npos)))
      out += '\\';
    out += s[i] == '\n' ? ' ' : s[i];
  }
  return out;
}

// A code span that may stand in a table.
std::string code(const std::string& s) {
  std::string quotes = "`", out;
  while (s.find(quotes) != std::string::npos) quotes += '`';
  for (char c : s) {
    if (c == '|') out += '\\';
    out += c;
  }
  const char* space = quotes.size() > 1 ? " " : "";
  return quotes + space + out + space + quotes;
}

std::string code_list(const std::vector<std::string>& items, const char* nothing) {
  std::vector<std::string> out;
  for (const std::string& s : items) out.push_back(code(s));
  return list_or(out, nothing);
}

std::string anchor(std::string title) {
  for (char& c : title) c = c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return title;
}

constexpr char kHead[] = R"(# Operators

<!-- Written by `ophost ops --markdown > docs/operators.md`. Change the plugins, not this file. -->

All operators of the bundled plugins, from the descriptions that they are checked by. `ophost ops` lists what your
installation offers, your own plugins included; `ophost ops NAME` prints the page of one.

- **Parameters** of every operator, beside its own: [`text_key`, `on_error` and others](recipe.md#operators). A default
  of `none` means that there is no value unless you give one.
- **Reads, writes**: fields of the record, with a type if it is not text. `$text_key` is the field that `text_key`
  names (by default `text`), `${x}` the field that the parameter `x` names, `${x?a:b}` stands for `a` when the parameter
  `x` is true and for `b` otherwise, `$record` is the whole record, `$keys` what a deduplicator compares. Statistics are in `__dj__stats__`, metadata in `__dj__meta__`.
- **Cost**: `cheap` operators read a text about as fast as memory allows, `medium` ones look at its words, `expensive` ones do more
  ([speed of each](performance.md#operators)). Put the cheap ones that drop much first.
- The examples are entries of a recipe's `process`. Names of files and folders in them are looked for in the folders of
  `--resource-path`.

)";

}  // namespace

std::string op_markdown_page(const Operator& op) {
  std::string out = "### " + op.name + "\n\n" + prose(op.summary) + "\n\n";
  const auto params = parameters(op);
  if (params.empty()) {
    out += "No parameters of its own.\n\n";
  } else {
    out += "| Parameter | Type, range | Default | |\n|---|---|---|---|\n";
    for (const Parameter& p : params)
      out += "| " + code(p.name) + " | " + prose(p.type) + " | " + code(p.fallback) + " | " + prose(p.description) + " |\n";
    out += "\n";
  }
  out += "Reads " + code_list(op.reads, "nothing") + " · writes " + code_list(op.writes, "nothing") + " · cost: " +
         (op.cost.empty() ? "not said" : op.cost) + " · plugin " + code(op.plugin->id) +
         (op.aliases.empty() ? "" : " · also called " + code_list(op.aliases, "")) + "\n\n";
  if (!op.example.empty()) out += "```yaml\n" + example_text(op.example) + "```\n\n";
  return out;
}

std::string op_page(const Operator& op) {
  std::string out = op.name + "  —  " + kind_name(op.desc.kind) + "\n\n  " + op.summary + "\n\n";
  const auto params = parameters(op);
  out += params.empty() ? "Parameters: none of its own\n" : "Parameters\n";
  for (const Parameter& p : params) {
    out += "  " + p.name + "  (" + p.type + ", " + (p.fallback == "required" ? "" : "default ") + p.fallback + ")\n";
    if (!p.description.empty()) out += "      " + p.description + "\n";
  }
  out += "\nReads    " + list_or(op.reads, "nothing") + "\nWrites   " + list_or(op.writes, "nothing") + "\nCost     " +
         (op.cost.empty() ? "not said" : op.cost) + "\nPlugin   " + op.plugin->id + " " + op.plugin->version + "  " +
         op.plugin->file + "\n";
  if (!op.aliases.empty()) out += "Aliases  " + join(op.aliases, ", ") + "\n";
  if (!op.example.empty()) out += "\nExample\n" + example_text(op.example);
  return out;
}

std::string op_json(const Operator& op) {
  std::vector<std::string> promises;
  for (const Promise& p : kPromises)
    if (op.desc.promises & p.bit) promises.push_back(p.name);
  return JsonObject()
      .add("name", op.name)
      .add("kind", kind_name(op.desc.kind))
      .add("summary", op.summary)
      .add_raw("aliases", json_string_array(op.aliases))
      .add("semantics", std::uint64_t{op.desc.semantics})
      .add_raw("promises", json_string_array(promises))
      .add("plugin", op.plugin->id)
      .add("plugin_version", op.plugin->version)
      .add("file", op.plugin->file)
      .add_raw("reads", json_string_array(op.reads))
      .add_raw("writes", json_string_array(op.writes))
      .add("cost", op.cost)
      .add("example", example_text(op.example))
      .add_raw("params_schema", op.schema)
      .text();
}

std::string op_markdown(const std::vector<const Operator*>& ops) {
  std::string contents = "## Contents\n\n", pages;
  for (const Kind& kind : kKinds) {
    std::string rows, texts;
    for (const Operator* op : ops) {
      if (op->desc.kind != kind.kind) continue;
      rows += "| [" + op->name + "](#" + op->name + ") | " + prose(op->summary) + " |\n";
      texts += op_markdown_page(*op);
    }
    if (rows.empty()) continue;
    contents += std::string("[") + kind.title + "](#" + anchor(kind.title) + ")\n\n| | |\n|---|---|\n" + rows + "\n";
    pages += std::string("## ") + kind.title + "\n\n" + kind.about + "\n\n" + texts;
  }
  std::string out = kHead + contents + pages;
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace ophost
