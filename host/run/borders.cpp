#include "host/run/borders.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

struct Remembered {
  std::vector<std::string> operators;
  BorderChoice choice;
};

// A file that cannot be understood counts for nothing: it only saves work.
std::optional<Remembered> recall(const std::string& path) {
  if (!exists(path)) return std::nullopt;
  auto text = read_file(path);
  if (!text.ok()) return std::nullopt;
  auto doc = parse_json(*text, path);
  if (!doc.ok() || !doc->IsObject()) return std::nullopt;
  const JsonValue *operators = get_member(*doc, "operators"), *after = get_member(*doc, "checkpoint_after");
  if (!operators || !operators->IsArray() || !after || !after->IsArray()) return std::nullopt;
  Remembered out;
  for (const auto& o : operators->GetArray()) {
    if (!o.IsString()) return std::nullopt;
    out.operators.emplace_back(o.GetString(), o.GetStringLength());
  }
  for (const auto& k : after->GetArray()) {
    if (!k.IsUint64()) return std::nullopt;
    out.choice.borders.push_back(k.GetUint64());
  }
  out.choice.like = get_string(*doc, "like");
  out.choice.reason = get_string(*doc, "reason");
  return out;
}

std::vector<std::string> operators_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const PlannedOp& op : plan.ops) out.push_back(op.op->name);
  return out;
}

std::string document(const std::vector<std::string>& operators, const BorderChoice& choice) {
  return JsonObject()
      .add("strategy", "auto")
      .add("like", choice.like)
      .add("reason", choice.reason)
      .add_raw("checkpoint_after", json_number_array(choice.borders))
      .add_raw("operators", json_string_array(operators))
      .text();
}

}  // namespace

MeasureOptions quick_measure(std::size_t workers) {
  MeasureOptions out;
  out.workers = workers;
  out.seconds = 1;
  out.most_of_input = 0.05;
  out.least_bytes = 256u << 10;
  return out;
}

BorderChoice guess_borders(const Plan& plan, const std::string& why) {
  BorderChoice out;
  for (std::size_t k = 0; k < plan.ops.size(); ++k) {
    OpCost op;
    op.name = plan.ops[k].op->name;
    op.declared = plan.ops[k].op->cost;
    op.measured = false;
    if (!plan.ops[k].barrier() && is_expensive(op, 1)) out.borders.push_back(k);
  }
  out.like = out.borders.empty() ? "every_n_ops" : "manual";
  for (std::size_t k = kAutoEvery - 1; out.like == "every_n_ops" && k < plan.ops.size(); k += kAutoEvery) out.borders.push_back(k);
  out.reason = "the operators could not be measured (" + why + "): " +
               (out.like == "manual" ? "checkpoints behind those that are declared to be expensive"
                                     : "a checkpoint every " + std::to_string(kAutoEvery) + " operators");
  return out;
}

Status settle_borders(Recipe& recipe, Plan& plan, const std::string& job_folder, bool keep, bool fresh,
                      const std::function<Result<BorderChoice>()>& choose, std::string& said) {
  const std::string path = job_folder + "/metadata/checkpoint_borders.json";
  const auto operators = operators_of(plan);
  auto before = fresh ? std::nullopt : recall(path);
  BorderChoice choice;
  const bool same = before && before->operators == operators;
  if (same) {
    choice = before->choice;
  } else {
    OPH_ASSIGN(choice, choose());
    if (before) {
      const std::size_t common = static_cast<std::size_t>(
          std::mismatch(operators.begin(), operators.end(), before->operators.begin(), before->operators.end()).first - operators.begin());
      for (std::size_t b : before->choice.borders)
        if (b < common) choice.borders.push_back(b);
      std::sort(choice.borders.begin(), choice.borders.end());
      choice.borders.erase(std::unique(choice.borders.begin(), choice.borders.end()), choice.borders.end());
    }
  }
  recipe.manual_ops = choice.borders;
  place_borders(plan);
  said = "checkpoint.strategy auto" + std::string(same ? ", as the job decided before" : "") + ": " + choice.like + ", because " + choice.reason;
  if (!keep || same) return {};
  OPH_TRY(make_directories(parent_path(path)));
  return write_file_atomic(path, document(operators, choice) + "\n");
}

}  // namespace ophost
