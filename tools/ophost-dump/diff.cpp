// ophost-dump diff: which ingredient of two checkpoints differs. See dump.hpp.
#include <algorithm>
#include <set>

#include "host/base/text.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

struct Difference {
  std::string step;  // "input", "operator 4 text_length_filter"
  std::string what;  // "parameter min_len", "plugin version"
  std::string a, b;  // JSON texts; "" when it is not there
};

std::string text(const JsonValue* v) {
  return v == nullptr ? "" : canonical_json(*v);
}

void compare(const std::string& step, const std::string& what, const JsonValue* a,
             const JsonValue* b, std::vector<Difference>& out) {
  if (text(a) != text(b)) out.push_back({step, what, text(a), text(b)});
}

void compare_params(const std::string& step, const JsonValue* a, const JsonValue* b,
                    std::vector<Difference>& out) {
  if (a == nullptr || b == nullptr || !a->IsObject() || !b->IsObject()) {
    compare(step, "parameters", a, b, out);
    return;
  }
  std::set<std::string> keys;
  for (const auto& m : a->GetObject()) keys.insert(m.name.GetString());
  for (const auto& m : b->GetObject()) keys.insert(m.name.GetString());
  for (const std::string& k : keys)
    compare(step, "parameter " + k, get_member(*a, k.c_str()), get_member(*b, k.c_str()), out);
}

std::string label(const JsonValue& step) {
  if (get_string(step, "step") != "op") return get_string(step, "step", "?");
  return "operator " + std::to_string(get_int(step, "index")) + " " + get_string(step, "name", "?");
}

// What of one step's own ingredients differs. Its fingerprint covers the steps before it and says
// nothing more.
void compare_steps(const JsonValue& a, const JsonValue& b, std::vector<Difference>& out) {
  std::string name = label(a);
  bool same_operator = get_string(a, "step") == get_string(b, "step") &&
                       get_string(a, "name") == get_string(b, "name");
  if (!same_operator) {
    std::string x, y;
    append_json_string(x, label(a));
    append_json_string(y, label(b));
    out.push_back({name, "the step itself", x, y});
    return;
  }
  compare_params(name, get_member(a, "params"), get_member(b, "params"), out);
  std::set<std::string> keys;
  for (const JsonValue* step : {&a, &b})
    for (const auto& m : step->GetObject()) keys.insert(m.name.GetString());
  for (const char* k : {"params", "fingerprint", "index", "step", "name"}) keys.erase(k);
  for (const std::string& k : keys) {
    std::string what = k == "version"   ? "plugin version"
                       : k == "digest"  ? "the plugin's file (digest)"
                       : k == "content" ? "the input's bytes (content)"
                                        : k;
    compare(name, what, get_member(a, k.c_str()), get_member(b, k.c_str()), out);
  }
}

Result<std::vector<Difference>> differences(const Row& a, const Row& b) {
  std::vector<Difference> out;
  const JsonValue* x = get_member(*a.manifest, "ingredients");
  const JsonValue* y = get_member(*b.manifest, "ingredients");
  for (const auto& [row, list] : {std::pair{&a, x}, std::pair{&b, y}})
    if (list == nullptr || !list->IsArray() ||
        !std::all_of(list->Begin(), list->End(),
                     [](const JsonValue& step) { return step.IsObject(); }))
      return Status::store("the manifest of " + row->id() +
                           " has no list of ingredients to compare");
  for (rapidjson::SizeType i = 0; i < std::max(x->Size(), y->Size()); ++i) {
    if (i < x->Size() && i < y->Size()) {
      compare_steps((*x)[i], (*y)[i], out);
      continue;
    }
    const JsonValue& only = i < x->Size() ? (*x)[i] : (*y)[i];
    std::string name;
    append_json_string(name, label(only));
    out.push_back(
        {label(only), "the step itself", i < x->Size() ? name : "", i < x->Size() ? "" : name});
  }
  return out;
}

}  // namespace

Status command_diff(Context& context) {
  OPH_ASSIGN(Row a, select_one(context, context.options.words[0]));
  OPH_ASSIGN(Row b, select_one(context, context.options.words[1]));
  OPH_ASSIGN(auto found, differences(a, b));
  if (context.options.json) {
    std::vector<std::string> items;
    auto value = [](const std::string& json) { return json.empty() ? std::string("null") : json; };
    for (const Difference& d : found)
      items.push_back(JsonObject()
                          .add("step", d.step)
                          .add("what", d.what)
                          .add_raw("a", value(d.a))
                          .add_raw("b", value(d.b))
                          .text());
    context.print(JsonObject()
                      .add("a", a.id())
                      .add("b", b.id())
                      .add("same_ingredients", found.empty())
                      .add_raw("differences", json_array(items))
                      .text() +
                  "\n");
    return {};
  }
  context.print("a  " + a.id() + "  operator " + a.op_label() + "\nb  " + b.id() + "  operator " +
                b.op_label() + "\n");
  if (found.empty()) {
    context.print(a.id() == b.id() ? "the same checkpoint\n" : "the same ingredients\n");
    return {};
  }
  std::string first = found.front().step;
  context.print("they part at: " + first + "\n");
  for (const Difference& d : found)
    context.print("  " + d.step + ": " + d.what + ": " + (d.a.empty() ? "(none)" : d.a) + " -> " +
                  (d.b.empty() ? "(none)" : d.b) + "\n");
  return {};
}

}  // namespace ophost::dump
