// Values as Python sees them: what a JSON text parses to, and how Python compares, tests and prints
// it. Owner: plugins/textkit. Values own their memory; pure functions, any thread. All text is
// valid UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ophost/errors.hpp"

namespace ophost::textkit {

// What Python raises when an operation does not fit the types of its operands; costs the record.
class PyTypeError : public RecordError {
 public:
  using RecordError::RecordError;
};

// Whole numbers beyond 64 bits become floats, as they do when Data-Juicer loads them.
class PyValue {
 public:
  using List = std::vector<PyValue>;
  using Dict = std::vector<std::pair<std::string, PyValue>>;  // in the order given
  struct Tuple {
    List items;
  };
  struct Set {
    List items;  // no two equal ones
  };
  struct Method {};  // a bound method such as "".upper: true, equal to nothing, in no order
  using None = std::monostate;

  PyValue() = default;
  PyValue(bool v) : v_(v) {}
  PyValue(int v) : v_(std::int64_t{v}) {}
  PyValue(std::int64_t v) : v_(v) {}
  PyValue(double v) : v_(v) {}
  PyValue(std::string v) : v_(std::move(v)) {}
  PyValue(std::string_view v) : v_(std::string(v)) {}
  PyValue(const char* v) : v_(std::string(v)) {}
  PyValue(List v) : v_(std::move(v)) {}
  PyValue(Tuple v) : v_(std::move(v)) {}
  PyValue(Set v) : v_(std::move(v)) {}
  PyValue(Dict v) : v_(std::move(v)) {}
  PyValue(Method v) : v_(v) {}

  // The value a JSON text stands for; NaN and Infinity are accepted. Throws RecordError on anything
  // else, and on more than 512 levels of nesting.
  static PyValue parse(std::string_view json);

  // NULL when the value is of another type.
  template <class T>
  const T* as() const {
    return std::get_if<T>(&v_);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&v_);
  }
  bool is_none() const { return as<None>() != nullptr; }
  // A dict's value under `key` (the last of equal keys), or NULL; also NULL when this is no dict.
  const PyValue* find(std::string_view key) const;
  const char* type_name() const;  // as in Python's messages: "int", "NoneType"

 private:
  std::variant<None, bool, std::int64_t, double, std::string, List, Tuple, Set, Dict, Method> v_;
};

bool py_equal(const PyValue& a, const PyValue& b);  // 1 == 1.0 == True, "1" != 1, NaN != NaN

enum class PyOrder { kLess, kLessEqual, kGreater, kGreaterEqual };
// `a < b` and its kin. Throws PyTypeError for operands that have no order.
bool py_compare(PyOrder op, const PyValue& a, const PyValue& b);
inline bool py_less(const PyValue& a, const PyValue& b) {
  return py_compare(PyOrder::kLess, a, b);
}
// `item in container`. Throws PyTypeError when the container is none, or the item does not fit it.
bool py_contains(const PyValue& container, const PyValue& item);
// Throws PyTypeError for what cannot be a member of a set.
void py_require_hashable(const PyValue& v);

bool py_truthy(const PyValue& v);

// float(text): Unicode white space around it is ignored, underscores may stand between digits, all
// decimal digits of Unicode count. Nothing when Python raises ValueError.
std::optional<double> py_float(std::string_view text);

// repr(). Shortest text of a float that reads back; the quotes Python chooses; \x.. for what does
// not print.
void append_repr(std::string& out, const PyValue& v);
void append_repr(std::string& out, std::string_view text);
void append_repr(std::string& out, double v);
std::string py_repr(const PyValue& v);
std::string py_str(const PyValue& v);  // repr() but for text, which is itself

// json.dumps(v, ensure_ascii=False). Tuples and sets become lists, a method an empty object.
void append_json(std::string& out, const PyValue& v);
std::string py_json(const PyValue& v);

}  // namespace ophost::textkit
