// The walk over a record's JSON text. The rules are Data-Juicer's: first the named fields by their
// kind, then every string inside a list and every string under a key of kValueKeys, anywhere. A
// string that both rules reach is redacted twice.
// Owner: plugins/privacy. One object per instance, one thread at a time.
#include "plugins/privacy/record_walk.hpp"

#include <algorithm>

#include "ophost/json.hpp"
#include "plugins/textkit/scan.hpp"

namespace ophost::privacy {
namespace {

bool holds_personal_data(std::string_view key) {
  for (std::string_view k : {"file_path", "path", "file", "arguments", "file_paths"}) {
    if (key == k) return true;
  }
  return false;
}

void append_token(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
    const std::size_t known = kPlain.find(c);
    out += '\\';
    if (known != std::string_view::npos) {
      out += "\"\\bfnrt"[known];
    } else {
      constexpr const char* kHex = "0123456789abcdef";
      out += "u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text, copied);
  out += '"';
}

}  // namespace

RecordWalk::RecordWalk(Redactor redactor, const RedactionFields& fields)
    : redactor_(std::move(redactor)),
      messages_key_(fields.messages_key),
      has_messages_key_(fields.has_messages_key) {
  for (const std::string& key : fields.keys) ++times_of_[key];
}

bool RecordWalk::redact(std::string_view record, std::string& out) {
  json_ = record;
  at_ = copied_ = 0;
  depth_ = 0;
  changed_ = false;
  out_ = &out;
  space();
  if (peek() != '{') malformed();
  each_member([&](std::string_view key) { top_field(key); });
  if (changed_) out.append(json_, copied_);
  return changed_;
}

void RecordWalk::top_field(std::string_view key) {
  const auto named = times_of_.find(key);
  const int times = named == times_of_.end() ? 0 : named->second;
  const int as_value = holds_personal_data(key) ? 1 : 0;
  if (times == 0 || peek() == '"') return value(times + as_value, 1);
  if (peek() != '[') return value(0, 1);
  if (has_messages_key_ && key == messages_key_) return messages(times);
  if (key == "dialog_history") return history(times);
  element_count() == 2 ? pair(times) : list(1);
}

void RecordWalk::value(int times, int walks) {
  switch (peek()) {
    case '"':
      return string(times);
    case '[':
      return list(walks);
    case '{':
      return dict(walks);
    default:
      skip_value();
  }
}

void RecordWalk::list(int walks) {
  if (walks == 0) return skip_value();
  each_element([&](std::size_t) { value(walks, walks); });
}

void RecordWalk::dict(int walks) {
  if (walks == 0) return skip_value();
  each_member([&](std::string_view key) { value(holds_personal_data(key) ? walks : 0, walks); });
}

void RecordWalk::pair(int times) {
  each_element([&](std::size_t) { value(times + 1, 1); });
}

// Pairs become tuples of two, which the second rule does not enter.
void RecordWalk::history(int times) {
  each_element([&](std::size_t) {
    if (peek() != '[') return value(1, 1);
    const std::size_t count = element_count();
    if (count < 2) return list(1);
    std::size_t end = 0;  // of the second element
    each_element([&](std::size_t i) {
      i < 2 ? value(times, 0) : skip_value();
      if (i == 1) end = at_;
    });
    if (count > 2) replace(end, at_, "]");
  });
}

void RecordWalk::messages(int times) {
  each_element([&](std::size_t) { peek() == '{' ? message(times) : value(1, 1); });
}

void RecordWalk::message(int times) {
  each_member([&](std::string_view key) {
    if (key == "content") return peek() == '[' ? content(times) : value(times, 1);
    const bool is_calls = key == "tool_calls" || key == "tool_use";
    if (is_calls && peek() == '[') return calls(times);
    value(holds_personal_data(key) ? 1 : 0, 1);
  });
}

void RecordWalk::content(int times) {
  each_element([&](std::size_t) { peek() == '{' ? block(times) : value(times + 1, 1); });
}

void RecordWalk::block(int times) {
  each_member([&](std::string_view key) {
    const bool is_text = key == "text" || key == "content";
    value((is_text ? times : 0) + (holds_personal_data(key) ? 1 : 0), 1);
  });
}

void RecordWalk::calls(int times) {
  each_element([&](std::size_t) { peek() == '{' ? call(times) : value(1, 1); });
}

void RecordWalk::call(int times) {
  const std::string_view callee = uses_function_member() ? "function" : "function_call";
  each_member([&](std::string_view key) {
    if (key == callee && peek() == '{') return function(times);
    if (key == "arguments") return arguments(times);
    value(holds_personal_data(key) ? 1 : 0, 1);
  });
}

void RecordWalk::function(int times) {
  each_member([&](std::string_view key) {
    if (key == "arguments") return arguments(times);
    value(holds_personal_data(key) ? 1 : 0, 1);
  });
}

// A string counts for both rules; an object is entered by both.
void RecordWalk::arguments(int times) {
  value(times + 1, peek() == '{' ? times + 1 : 1);
}

void RecordWalk::string(int times) {
  const std::size_t begin = at_;
  skip_string();
  if (times == 0) return;
  std::string_view text = decode(json_.substr(begin, at_ - begin));
  bool changed = false;
  for (; times > 0 && redactor_.redact(text, again_); --times) {
    changed = true;
    redacted_.swap(again_);
    text = redacted_;
  }
  if (!changed) return;
  token_.clear();
  append_token(token_, text);
  replace(begin, at_, token_);
}

template <class F>
void RecordWalk::each_element(F&& element) {
  if (++depth_ > kMaxDepth) {
    throw RecordError("the record is nested deeper than " + std::to_string(kMaxDepth) +
                      " levels; flatten it or drop it");
  }
  ++at_;
  space();
  if (peek() == ']') {
    ++at_;
  } else {
    for (std::size_t i = 0;; ++i) {
      element(i);
      space();
      const char c = peek();
      if (c != ',' && c != ']') malformed();
      ++at_;
      if (c == ']') break;
      space();
    }
  }
  --depth_;
}

template <class F>
void RecordWalk::each_member(F&& member) {
  if (++depth_ > kMaxDepth) {
    throw RecordError("the record is nested deeper than " + std::to_string(kMaxDepth) +
                      " levels; flatten it or drop it");
  }
  ++at_;
  space();
  if (peek() == '}') {
    ++at_;
  } else {
    for (;;) {
      if (peek() != '"') malformed();
      const std::size_t begin = at_;
      skip_string();
      std::string_view key = json_.substr(begin + 1, at_ - begin - 2);
      if (key.find('\\') != std::string_view::npos) {
        key_ = json::decode_string(json_.substr(begin, at_ - begin));
        key = key_;
      }
      space();
      if (peek() != ':') malformed();
      ++at_;
      space();
      member(key);
      space();
      const char c = peek();
      if (c != ',' && c != '}') malformed();
      ++at_;
      if (c == '}') break;
      space();
    }
  }
  --depth_;
}

std::size_t RecordWalk::element_count() const {
  RecordWalk& self = const_cast<RecordWalk&>(*this);  // moves at_ and moves it back
  const std::size_t begin = at_;
  std::size_t count = 0;
  self.each_element([&](std::size_t) {
    ++count;
    self.skip_value();
  });
  self.at_ = begin;
  return count;
}

// Python's call.get("function") or call.get("function_call").
bool RecordWalk::uses_function_member() const {
  RecordWalk& self = const_cast<RecordWalk&>(*this);
  const std::size_t begin = at_;
  bool truthy = false;
  self.each_member([&](std::string_view key) {
    const bool asked = key == "function";
    const std::size_t from = at_;
    self.skip_value();
    if (!asked) return;
    const std::string_view v = json_.substr(from, at_ - from);
    if (v[0] == '[' || v[0] == '{') {
      truthy = v.find_first_not_of(" \t\r\n", 1) != v.size() - 1;
    } else if (v[0] == '"') {
      truthy = v.size() > 2;
    } else if (v[0] == '-' || (v[0] >= '0' && v[0] <= '9')) {
      truthy = v.substr(0, v.find_first_of("eE")).find_first_of("123456789") != v.npos;
    } else {
      truthy = v == "true";
    }
  });
  self.at_ = begin;
  return truthy;
}

void RecordWalk::space() {
  while (at_ < json_.size() &&
         (json_[at_] == ' ' || json_[at_] == '\t' || json_[at_] == '\n' || json_[at_] == '\r')) {
    ++at_;
  }
}

void RecordWalk::skip_string() {
  const char* const end = json_.data() + json_.size();
  for (const char* p = json_.data() + at_ + 1;;) {
    p = textkit::find_any(p, end, {'"', '\\', '"', '"', '"'});
    if (p == end) malformed();
    if (*p == '"') {
      at_ = static_cast<std::size_t>(p - json_.data()) + 1;
      return;
    }
    if (end - p < 2) malformed();
    p += 2;
  }
}

void RecordWalk::skip_value() {
  if (peek() == '"') return skip_string();
  std::size_t open = 0;
  const char* const end = json_.data() + json_.size();
  if (peek() != '{' && peek() != '[') {
    at_ = std::min(json_.find_first_of(",]} \t\r\n", at_), json_.size());
    return;
  }
  do {
    const char* const p = textkit::find_any(json_.data() + at_, end, {'"', '{', '[', '}', ']'});
    if (p == end) malformed();
    at_ = static_cast<std::size_t>(p - json_.data());
    if (*p == '"') {
      skip_string();
      continue;
    }
    *p == '{' || *p == '[' ? ++open : --open;
    ++at_;
  } while (open > 0);
}

// The text of a string token; valid until the next call.
std::string_view RecordWalk::decode(std::string_view token) {
  const std::string_view inner = token.substr(1, token.size() - 2);
  std::size_t escape = inner.find('\\');
  if (escape == std::string_view::npos) return inner;
  decoded_.clear();
  std::size_t copied = 0;
  for (; escape != std::string_view::npos; escape = inner.find('\\', copied)) {
    decoded_.append(inner, copied, escape - copied);
    const char c = inner[escape + 1];
    if (c != 'u') {
      constexpr std::string_view kNames = "\"\\/bfnrt";
      const std::size_t known = kNames.find(c);
      if (known == std::string_view::npos) malformed();
      decoded_ += "\"\\/\b\f\n\r\t"[known];
      copied = escape + 2;
      continue;
    }
    // A run of \uXXXX together: a surrogate needs its other half.
    std::size_t end = escape;
    while (inner.substr(end, 2) == "\\u") end = std::min(end + 6, inner.size());
    decoded_ += json::decode_string("\"" + std::string(inner.substr(escape, end - escape)) + "\"");
    copied = end;
  }
  decoded_.append(inner, copied);
  return decoded_;
}

void RecordWalk::replace(std::size_t begin, std::size_t end, std::string_view by) {
  if (!changed_) out_->clear();
  changed_ = true;
  out_->append(json_, copied_, begin - copied_);
  out_->append(by);
  copied_ = end;
}

void RecordWalk::malformed() const {
  throw RecordError("the record is no JSON object: something is wrong at its byte " +
                    std::to_string(at_));
}

}  // namespace ophost::privacy
