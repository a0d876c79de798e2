// Loosely typed values as Python sees them. Owner: plugins/agent. Pure functions, any thread.
#include "plugins/agent/messages.hpp"

#include <cmath>

#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::agent {
namespace {

using textkit::PyTypeError;

const PyValue::Dict* as_dict(const PyValue* v) {
  return v == nullptr ? nullptr : v->as<PyValue::Dict>();
}
bool is_text(const PyValue* v, std::string_view text) {
  const std::string* s = v == nullptr ? nullptr : v->as<std::string>();
  return s != nullptr && *s == text;
}
// v in (None, "")
bool is_blank(const PyValue& v) {
  const std::string* s = v.as<std::string>();
  return v.is_none() || (s != nullptr && s->empty());
}

// A block's value as flat text, whatever it is nested in.
std::string fragment(const PyValue* v) {
  if (v == nullptr || v->is_none()) return "";
  if (as_dict(v) != nullptr) {
    for (const char* key : {"value", "text", "content"}) {
      const PyValue* inner = v->find(key);
      if (inner != nullptr && !is_blank(*inner)) return fragment(inner);
    }
    return "";
  }
  if (const auto* list = v->as<PyValue::List>()) {
    std::string all;
    bool first = true;
    for (const PyValue& item : *list) {
      if (is_blank(item)) continue;
      if (!first) all += '\n';
      first = false;
      all += fragment(&item);
    }
    return std::string(textkit::strip(all));
  }
  return stripped_str(*v);
}

// The text of one block of a content list; "" for blocks without one.
std::string block_text(const PyValue& block) {
  if (block.as<std::string>() != nullptr) return stripped_str(block);
  if (as_dict(&block) == nullptr) return "";
  const PyValue* type = block.find("type");
  const bool thinks = is_text(type, "thinking") || is_text(type, "reasoning");
  if (is_text(type, "text") || is_text(type, "input_text") ||
      (!thinks && block.find("text") != nullptr)) {
    return fragment(block.find("text"));
  }
  if (!thinks && block.find("thinking") == nullptr && block.find("reasoning_content") == nullptr) {
    return "";
  }
  const PyValue* thought = first_true(block.find("thinking"), block.find("reasoning"));
  return fragment(thought != nullptr ? thought : block.find("reasoning_content"));
}

}  // namespace

PyValue value_of(const Row& row, std::size_t column) {
  return row.is_null(column) ? PyValue() : PyValue::parse(row.json(column));
}

const PyValue* get(const PyValue& dict, std::string_view key, const char* what) {
  if (as_dict(&dict) == nullptr) {
    throw PyTypeError(std::string(what) + " must be an object, found " + dict.type_name());
  }
  return dict.find(key);
}

const PyValue::List& items_of(const PyValue& v) {
  static const PyValue::List none;
  const auto* list = v.as<PyValue::List>();
  return list == nullptr ? none : *list;
}

std::string stripped_str(const PyValue& v) {
  if (const std::string* s = v.as<std::string>()) return std::string(textkit::strip(*s));
  return std::string(textkit::strip(textkit::py_str(v)));
}

std::string lower(std::string_view text) {
  std::string out;
  textkit::lower(text, out);
  return out;
}

double to_float(const PyValue& v, const char* what) {
  if (const auto* i = v.as<std::int64_t>()) return static_cast<double>(*i);
  if (const auto* d = v.as<double>()) return *d;
  if (const auto* b = v.as<bool>()) return *b ? 1.0 : 0.0;
  if (const auto* s = v.as<std::string>()) {
    if (const auto number = textkit::py_float(*s)) return *number;
  }
  throw PyTypeError(std::string(what) + " must be a number, found " + textkit::py_repr(v));
}

std::int64_t to_int(const PyValue& v, const char* what) {
  if (const auto* i = v.as<std::int64_t>()) return *i;
  if (const auto* s = v.as<std::string>()) {
    // int() takes digits alone; the letters and signs of other floats are none of them.
    if (s->find_first_of(".eEnN") != s->npos) {
      throw PyTypeError(std::string(what) + " must be a whole number, found " +
                        textkit::py_repr(v));
    }
  }
  const double d = to_float(v, what);
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(std::abs(d) < kLimit)) {
    throw PyTypeError(std::string(what) + " must be a whole number of 64 bits, found " +
                      textkit::py_repr(v));
  }
  return static_cast<std::int64_t>(d);
}

std::string role_of(const PyValue& message) {
  const PyValue* role = get(message, "role", "a message");
  if (!truthy(role)) return "";
  const std::string* text = role->as<std::string>();
  if (text == nullptr) {
    throw PyTypeError(std::string("the role of a message must be text, found ") +
                      role->type_name());
  }
  return lower(*text);
}

std::string content_text(const PyValue* content) {
  const auto* blocks = content == nullptr ? nullptr : content->as<PyValue::List>();
  if (blocks == nullptr) return fragment(content);
  std::string all;
  for (const PyValue& block : *blocks) {
    const std::string part = block_text(block);
    if (part.empty()) continue;
    if (!all.empty()) all += '\n';
    all += part;
  }
  return all;  // every part is stripped already
}

const PyValue* tool_name(const PyValue& call) {
  if (as_dict(&call) == nullptr) return nullptr;
  const PyValue* callee = first_true(call.find("function"), call.find("function_call"));
  if (as_dict(callee) != nullptr && truthy(callee->find("name"))) return callee->find("name");
  return first_true(call.find("name"), nullptr);
}

void append_json_list(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += ", ";
    textkit::append_json(out, PyValue(texts[i]));
  }
  out += ']';
}

}  // namespace ophost::agent
