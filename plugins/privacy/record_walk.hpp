// Which strings of a record are redacted, and how often: a walk over its JSON text that rewrites
// the string tokens that change and leaves every other byte as it is. Owner: plugins/privacy. One
// object per instance, one thread at a time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/privacy/redactor.hpp"

namespace ophost::privacy {

// Which fields are redacted beside the strings in lists and those under PII_VALUE_KEYS.
struct RedactionFields {
  std::vector<std::string> keys;  // in this order; a field named twice is redacted twice
  std::string messages_key;
  bool has_messages_key = true;
};

class RecordWalk {
 public:
  RecordWalk(Redactor redactor, const RedactionFields& fields);

  // False: the record stays as it is and `out` is undefined. `record` is a JSON object. Throws
  // RecordError for one that is nested too deeply or is no JSON.
  bool redact(std::string_view record, std::string& out);

 private:
  // Python's recursion ends at a depth like this, and with it the record.
  static constexpr int kMaxDepth = 900;

  // All of them expect at_ on the first byte of a value and leave it behind the value. `times` says
  // how often a string is redacted, `walks` how often the strings inside a list or under one of
  // the keys that hold personal data are.
  void value(int times, int walks);
  void string(int times);
  void list(int walks);
  void dict(int walks);
  void top_field(std::string_view key);
  void pair(int times);
  void history(int times);
  void messages(int times);
  void message(int times);
  void content(int times);
  void block(int times);
  void calls(int times);
  void call(int times);
  void function(int times);
  void arguments(int times);

  template <class F>
  void each_element(F&& element);
  template <class F>
  void each_member(F&& member);
  std::size_t element_count() const;
  bool uses_function_member() const;

  char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
  void space();
  void skip_string();
  void skip_value();
  std::string_view decode(std::string_view token);
  void replace(std::size_t begin, std::size_t end, std::string_view by);
  [[noreturn]] void malformed() const;

  Redactor redactor_;
  std::map<std::string, int, std::less<>> times_of_;
  std::string messages_key_;
  bool has_messages_key_;

  std::string_view json_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string* out_ = nullptr;
  std::size_t copied_ = 0;  // what lies before is in *out_
  bool changed_ = false;
  std::string decoded_, redacted_, again_, token_, key_;
};

}  // namespace ophost::privacy
