// Why something is reused or runs again: the plan against what the store remembers of an earlier job.
#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/plan/plan.hpp"

namespace ophost {
namespace {

std::string quote(const JsonValue& v) { return canonical_json(v); }

// What differs between the ingredients of an operator then and now; "" when nothing does.
std::string difference(const JsonValue& then, const JsonValue& now) {
  std::string name = get_string(now, "name");
  if (get_string(then, "name") != name)
    return "the operator is another: was " + get_string(then, "name") + ", is " + name;
  const JsonValue *a = get_member(then, "params"), *b = get_member(now, "params");
  if (a && b && canonical_json(*a) != canonical_json(*b)) {
    std::vector<std::string> parts;
    for (const auto& m : b->GetObject()) {
      const JsonValue* old = get_member(*a, m.name.GetString());
      if (!old) parts.push_back(std::string("parameter ") + m.name.GetString() + " is new: " + quote(m.value));
      else if (canonical_json(*old) != canonical_json(m.value))
        parts.push_back(std::string("parameter ") + m.name.GetString() + ": " + quote(*old) + " → " + quote(m.value));
    }
    for (const auto& m : a->GetObject())
      if (!get_member(*b, m.name.GetString())) parts.push_back(std::string("parameter ") + m.name.GetString() + " is gone");
    return join(parts, "; ");
  }
  for (const char* key : {"text_key", "on_error"})
    if (get_string(then, key) != get_string(now, key))
      return std::string(key) + ": " + get_string(then, key) + " → " + get_string(now, key);
  if (get_int(then, "semantics") != get_int(now, "semantics"))
    return "semantics of the operator: " + std::to_string(get_int(then, "semantics")) + " → " +
           std::to_string(get_int(now, "semantics"));
  std::string plugin = get_string(now, "plugin");
  if (get_string(then, "plugin") != plugin) return "it comes from another plugin: " + get_string(then, "plugin") + " → " + plugin;
  if (get_string(then, "version") != get_string(now, "version"))
    return "plugin " + plugin + " " + get_string(then, "version") + " → " + get_string(now, "version");
  if (get_string(then, "abi") != get_string(now, "abi"))
    return "plugin " + plugin + " was built for another ABI: " + get_string(then, "abi") + " → " + get_string(now, "abi");
  if (get_string(then, "digest") != get_string(now, "digest"))
    return "the file of plugin " + plugin + " " + get_string(now, "version") +
           " changed although its version did not (--match version would accept it)";
  const JsonValue *ra = get_member(then, "resources"), *rb = get_member(now, "resources");
  if (ra && rb && canonical_json(*ra) != canonical_json(*rb)) return "a resource file it uses changed";
  return "";
}

std::string place(const Plan& plan, const InputPartition& p) {
  return plan.files[p.file].path + " bytes " + std::to_string(p.begin) + "–" + std::to_string(p.end);
}

// The earlier job's document, parsed once, and what it says of each operator and partition.
class Memory {
 public:
  Memory(const Plan& plan, std::optional<Json> document) : plan_(plan), document_(std::move(document)) {
    if (!document_) return;
    if (const JsonValue* ops = get_member(*document_, "ops"); ops && ops->IsArray()) {
      for (std::size_t k = 0; k < plan_.ops.size() && first_change_ == SIZE_MAX; ++k) {
        auto now = parse_json(plan_.ops[k].ingredients, "ingredients");
        if (!now.ok()) continue;
        if (k >= ops->Size()) change_ = "the operator is new in the recipe";
        else change_ = difference((*ops)[static_cast<rapidjson::SizeType>(k)], *now);
        if (!change_.empty()) first_change_ = k;
      }
    }
    if (const JsonValue* keys = get_member(*document_, "text_keys"); keys && keys->IsString()) {
      std::string now = join(plan_.recipe->text_keys, ",");
      if (keys->GetString() != now) {
        first_change_ = 0;
        change_ = std::string("text_keys: ") + keys->GetString() + " → " + now;
      }
    }
    if (const JsonValue* parts = get_member(*document_, "partitions"); parts && parts->IsArray())
      for (const auto& p : parts->GetArray())
        contents_[get_string(p, "file") + "\n" + std::to_string(get_int(p, "begin"))] =
            {get_int(p, "end"), get_string(p, "content")};
  }

  bool any() const { return document_.has_value(); }
  std::size_t first_change() const { return first_change_; }
  const std::string& change() const { return change_; }

  // "" when the partition is as it was.
  std::string input_change(const InputPartition& p) const {
    auto it = contents_.find(absolute_path(plan_.files[p.file].path) + "\n" + std::to_string(p.begin));
    if (it == contents_.end()) {
      for (const auto& [key, value] : contents_)
        if (value.second == p.content.hex()) return "";  // it moved
      return "new input: " + place(plan_, p);
    }
    if (it->second.second == p.content.hex()) return "";
    if (it->second.first != static_cast<std::int64_t>(p.end))
      return "input cut elsewhere or changed: " + place(plan_, p) + " (was to byte " + std::to_string(it->second.first) + ")";
    return "input changed: " + place(plan_, p);
  }

 private:
  const Plan& plan_;
  std::optional<Json> document_;
  std::size_t first_change_ = SIZE_MAX;
  std::string change_;
  std::map<std::string, std::pair<std::int64_t, std::string>> contents_;
};

Result<std::optional<Json>> earlier_job(Store* store, const std::string& job_id) {
  if (!store) return std::optional<Json>();
  OPH_ASSIGN(auto ids, store->jobs());
  std::optional<Json> best;
  std::int64_t newest = INT64_MIN;
  for (const std::string& id : ids) {
    OPH_ASSIGN(auto text, store->get_job(id));
    if (!text) continue;
    OPH_ASSIGN(Json doc, parse_json(*text, "the document of job " + id));
    std::int64_t t = id == job_id ? INT64_MAX : get_int(doc, "updated_ns");
    if (t > newest) {
      newest = t;
      best = std::move(doc);
    }
  }
  return best;
}

}  // namespace

std::string job_document(const Plan& plan, const std::string& job_id, const std::string& status) {
  std::string ops = "[", partitions = "[";
  for (const PlannedOp& op : plan.ops) {
    if (ops.size() > 1) ops += ',';
    ops += op.ingredients;
  }
  for (const PartitionPlan& p : plan.partitions) {
    if (partitions.size() > 1) partitions += ',';
    partitions += JsonObject()
                      .add("file", absolute_path(plan.files[p.input.file].path))
                      .add("begin", p.input.begin)
                      .add("end", p.input.end)
                      .add("content", p.input.content.hex())
                      .text();
  }
  return JsonObject()
      .add("job_id", job_id)
      .add("status", status)
      .add("updated_ns", now_ns())
      .add("project_name", plan.recipe->project_name)
      .add("export_path", absolute_path(plan.recipe->export_path))
      .add("text_keys", join(plan.recipe->text_keys, ","))
      .add_raw("ops", ops + "]")
      .add_raw("partitions", partitions + "]")
      .text();
}

Result<std::vector<Explanation>> explain_plan(const Plan& plan, Store* store, const std::string& job_id) {
  OPH_ASSIGN(auto document, earlier_job(store, job_id));
  Memory memory(plan, std::move(document));
  std::vector<std::string> input(plan.partitions.size());
  std::string any_input_change;
  for (std::size_t p = 0; p < input.size(); ++p)
    if (memory.any()) {
      input[p] = memory.input_change(plan.partitions[p].input);
      if (any_input_change.empty()) any_input_change = input[p];
    }

  auto why = [&](std::size_t k, std::size_t p, std::size_t pass) -> std::string {
    if (!memory.any()) return "nothing is stored yet";
    if (!input[p].empty()) return input[p];
    if (memory.first_change() < k)
      return "after process[" + std::to_string(memory.first_change()) + "] " +
             plan.ops[memory.first_change()].op->name + ", which changed: " + memory.change();
    if (memory.first_change() == k) return memory.change();
    const PlannedOp* global = nullptr;  // the first operator up to this one that sees everything
    for (std::size_t j = 0; j <= pass && !global; ++j)
      if (plan.passes[j].barrier && *plan.passes[j].barrier <= k && plan.boundary(j) != Boundary::kLocal)
        global = &plan.ops[*plan.passes[j].barrier];
    if (global && !any_input_change.empty())
      return (plan.ops[k].barrier() ? std::string("it") : std::string(global->op->desc.kind == OPH_KIND_AGGREGATE ? "an " : "a ") +
                                                                        kind_name(global->op->desc.kind) + " before it") +
             " sees the whole data set: " + any_input_change;
    const Pass& own = plan.passes[pass];
    bool border = std::find(own.borders.begin(), own.borders.end(), k + 1) != own.borders.end();
    if (!border && !plan.ops[k].barrier()) {
      std::size_t start = plan.partitions[p].passes[pass].start;
      return start > own.begin ? "no checkpoint after it; the nearest is after process[" + std::to_string(start - 1) + "] " +
                                     plan.ops[start - 1].op->name
                               : "no checkpoint between it and what runs (checkpoint.strategy: every_op keeps one after every operator)";
    }
    return "not finished, or not kept, by the earlier job";
  };

  std::vector<Explanation> out;
  for (std::size_t j = 0; j < plan.passes.size(); ++j) {
    const Pass& pass = plan.passes[j];
    std::size_t end = pass.barrier ? pass.end + 1 : pass.end;
    for (std::size_t k = pass.begin; k < end; ++k)
      for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
        Explanation e{k, p, p, false, ""};
        if (pass.barrier && k == *pass.barrier && plan.boundary(j) != Boundary::kLocal) e.reuse = plan.decided[j].has_value();
        else e.reuse = !plan.needed(j, p) || k < plan.partitions[p].passes[j].start;
        e.reason = e.reuse ? "stored" : why(k, p, j);
        if (!out.empty() && out.back().op == k && out.back().reuse == e.reuse && out.back().reason == e.reason &&
            out.back().last_partition + 1 == p)
          out.back().last_partition = p;
        else
          out.push_back(e);
      }
  }
  return out;
}

}  // namespace ophost
