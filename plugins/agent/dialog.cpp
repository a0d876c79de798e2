// Dialogs of chat messages. Owner: plugins/agent. Pure functions, any thread.
#include "plugins/agent/dialog.hpp"

#include <algorithm>

#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::agent {
namespace {

using textkit::PyTypeError;

constexpr std::size_t kNamesShown = 10;

// What a `for` over the tool calls of a message would see: other things than lists have no calls.
void require_iterable(const PyValue& calls) {
  const bool is_number = calls.as<bool>() != nullptr || calls.as<std::int64_t>() != nullptr ||
                         calls.as<double>() != nullptr;
  if (is_number) {
    throw PyTypeError("the tool calls of a message must be a list, found " +
                      std::string(calls.type_name()));
  }
}

const PyValue* calls_of(const PyValue& message) {
  return first_true(message.find("tool_calls"), message.find("tool_use"));
}

bool contains(const std::vector<const PyValue*>& names, const PyValue& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const PyValue* n) { return textkit::py_equal(*n, name); });
}

// "[Tool calls: a, b]", or "" when no tool is named.
std::string calls_summary(const PyValue* calls) {
  if (calls == nullptr) return "";
  std::vector<const PyValue*> names;
  for (const PyValue& call : items_of(*calls)) {
    const PyValue* name = tool_name(call);
    if (name != nullptr && !contains(names, *name)) names.push_back(name);
  }
  if (names.empty()) return "";
  std::string out = "[Tool calls: ";
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    const std::string* name = names[i]->as<std::string>();
    if (name == nullptr) {
      throw PyTypeError(std::string("the name of a tool must be text, found ") +
                        names[i]->type_name());
    }
    if (i != 0) out += ", ";
    out += *name;
  }
  if (names.size() > kNamesShown) out += ", ...+" + std::to_string(names.size() - kNamesShown);
  return out + "]";
}

}  // namespace

bool shorten(std::string& text, std::int64_t limit, double head_ratio) {
  if (limit <= 0 || text.size() <= static_cast<std::size_t>(limit)) return false;
  const auto length = static_cast<std::int64_t>(textkit::count_chars(text));
  if (length <= limit) return false;
  const auto bytes = [&](std::int64_t chars) {
    return textkit::prefix_bytes(text, static_cast<std::size_t>(chars));
  };
  const std::int64_t budget = limit - 128;
  if (budget < 400) {
    text.resize(bytes(std::max<std::int64_t>(0, limit - 48)));
    text += "\n…[truncated — agent_dialog_normalize_mapper]…";
    return true;
  }
  const double ratio = std::min(0.85, std::max(0.35, head_ratio));
  std::int64_t head =
      std::max<std::int64_t>(200, static_cast<std::int64_t>(static_cast<double>(budget) * ratio));
  std::int64_t tail = budget - head;
  if (tail < 200) {
    tail = 200;
    head = std::max<std::int64_t>(200, budget - tail);
  }
  const std::int64_t omitted = length - head - tail;
  if (omitted <= 0) return true;
  const std::string marker = "\n\n[··· " + std::to_string(omitted) +
                             " chars omitted from middle; head+tail preserved — "
                             "agent_dialog_normalize_mapper]\n\n";
  const std::int64_t over =
      head + static_cast<std::int64_t>(textkit::count_chars(marker)) + tail - limit;
  if (over > 0) head = std::max<std::int64_t>(120, head - over);
  text = text.substr(0, bytes(head)) + marker + text.substr(bytes(length - tail));
  return true;
}

Dialog read_dialog(const PyValue::List& messages, bool system_in_first_user,
                   const DialogLimits& limits) {
  Dialog dialog;
  auto& turns = dialog.turns;
  std::vector<std::string> system;
  const auto cap = [&](std::string& text, std::int64_t limit) {
    dialog.compressed |= shorten(text, limit, limits.head_ratio);
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const PyValue& message = messages[i];
    const std::string role = role_of(message);
    std::string content = content_text(message.find("content"));
    if (role == "system") {
      if (system_in_first_user && !content.empty()) system.push_back(std::move(content));
    } else if (role == "user") {
      dialog.last_user = static_cast<std::int64_t>(i);
      if (!system.empty()) {
        std::string all;
        for (const std::string& part : system) all += part + "\n\n";
        content = std::string(textkit::strip(all + content));
        system.clear();
      }
      cap(content, limits.user);
      turns.emplace_back(std::move(content), "");
    } else if (role == "assistant") {
      dialog.last_assistant = static_cast<std::int64_t>(i);
      if (content.empty()) content = calls_summary(calls_of(message));
      if (turns.empty()) turns.emplace_back();
      std::string& answer = turns.back().second;
      if (!answer.empty() && !content.empty()) answer += "\n\n";
      answer += content;
      cap(answer, limits.assistant);
    } else if (role == "tool") {
      cap(content, limits.tool_result);
      if (turns.empty()) continue;
      std::string& answer = turns.back().second;
      if (!answer.empty()) answer += '\n';
      answer += "[Tool result]\n" + content;
      cap(answer, limits.assistant);
    }
  }
  return dialog;
}

std::string flatten(const Dialog& dialog, const std::string& user, const std::string& assistant) {
  std::string text;
  const auto add = [&](const std::string& label, const std::string& said) {
    if (said.empty()) return;
    if (!text.empty()) text += "\n\n";
    text += label + ": " + said;
  };
  for (const auto& [question, answer] : dialog.turns) {
    add(user, question);
    add(assistant, answer);
  }
  return text;
}

std::string choices_text(const PyValue& choices) {
  for (const PyValue& choice : items_of(choices)) {
    if (choice.as<PyValue::Dict>() == nullptr) continue;
    const PyValue* message = first_true(choice.find("message"), choice.find("delta"));
    const PyValue* content = get(message != nullptr ? *message : choice, "content", "a choice");
    if (content == nullptr) continue;
    if (content->as<std::string>() == nullptr && content->as<PyValue::List>() == nullptr) continue;
    std::string text = content_text(content);
    if (!text.empty()) return text;
  }
  return "";
}

std::vector<std::string> tool_types(const PyValue::List& messages) {
  std::vector<const PyValue*> names;
  std::vector<std::string> types;
  for (const PyValue& message : messages) {
    const PyValue* calls = calls_of(message);
    if (calls == nullptr) continue;
    require_iterable(*calls);
    for (const PyValue& call : items_of(*calls)) {
      const PyValue* name = tool_name(call);
      if (name == nullptr) continue;
      textkit::py_require_hashable(*name);
      if (contains(names, *name)) continue;
      names.push_back(name);
      std::string type = stripped_str(*name);
      if (!type.empty()) types.push_back(std::move(type));
    }
  }
  return types;
}

}  // namespace ophost::agent
