// expression.cpp: evaluates a condition as Data-Juicer does. Owner: plugins/fields.
#include "plugins/fields/expression.hpp"

#include <algorithm>
#include <limits>

#include "ophost/errors.hpp"

namespace ophost::fields {
namespace {

using textkit::PyOrder;
using textkit::PyTypeError;
using textkit::PyValue;

// Made when first needed: nothing in a plugin runs when it is loaded.
const PyValue& none() {
  static const PyValue& value = *new PyValue;
  return value;
}

// A missing operand decides a comparison: it is "not in" anything and otherwise false.
bool holds(Node::Op op, const PyValue& a, const PyValue& b) {
  using Op = Node::Op;
  switch (op) {
    case Op::kLess:
      return py_compare(PyOrder::kLess, a, b);
    case Op::kLessEqual:
      return py_compare(PyOrder::kLessEqual, a, b);
    case Op::kGreater:
      return py_compare(PyOrder::kGreater, a, b);
    case Op::kGreaterEqual:
      return py_compare(PyOrder::kGreaterEqual, a, b);
    case Op::kEqual:
      return py_equal(a, b);
    case Op::kNotEqual:
      return !py_equal(a, b);
    case Op::kIn:
      return py_contains(b, a);
    case Op::kNotIn:
      return !py_contains(b, a);
    case Op::kIs:
      break;
  }
  throw RecordError("Unsupported comparison operator: Is");
}

PyValue signed_value(const PyValue& v, bool negative) {
  if (const bool* b = v.as<bool>()) return std::int64_t{*b ? (negative ? -1 : 1) : 0};
  if (const std::int64_t* i = v.as<std::int64_t>()) {
    if (!negative) return *i;
    if (*i == std::numeric_limits<std::int64_t>::min()) return -static_cast<double>(*i);
    return -*i;
  }
  if (const double* d = v.as<double>()) return negative ? -*d : *d;
  throw PyTypeError(std::string("bad operand type for unary ") + (negative ? "-" : "+") + ": '" +
                    v.type_name() + "'");
}

template <std::size_t N>
bool is_among(const char* const (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Whether Python's type has a method of this name.
bool has_method(const PyValue& v, std::string_view name) {
  static constexpr const char* kStr[] = {
      "capitalize",   "casefold",    "center",    "count",      "encode",       "endswith",
      "expandtabs",   "find",        "format",    "format_map", "index",        "isalnum",
      "isalpha",      "isascii",     "isdecimal", "isdigit",    "isidentifier", "islower",
      "isnumeric",    "isprintable", "isspace",   "istitle",    "isupper",      "join",
      "ljust",        "lower",       "lstrip",    "maketrans",  "partition",    "removeprefix",
      "removesuffix", "replace",     "rfind",     "rindex",     "rjust",        "rpartition",
      "rsplit",       "rstrip",      "split",     "splitlines", "startswith",   "strip",
      "swapcase",     "title",       "translate", "upper",      "zfill"};
  static constexpr const char* kInt[] = {"as_integer_ratio", "bit_count",  "bit_length",
                                         "conjugate",        "from_bytes", "to_bytes"};
  static constexpr const char* kFloat[] = {"as_integer_ratio", "conjugate", "fromhex", "hex",
                                           "is_integer"};
  static constexpr const char* kList[] = {"append", "clear", "copy",   "count",   "extend", "index",
                                          "insert", "pop",   "remove", "reverse", "sort"};
  static constexpr const char* kTuple[] = {"count", "index"};
  static constexpr const char* kSet[] = {"add",
                                         "clear",
                                         "copy",
                                         "difference",
                                         "difference_update",
                                         "discard",
                                         "intersection",
                                         "intersection_update",
                                         "isdisjoint",
                                         "issubset",
                                         "issuperset",
                                         "pop",
                                         "remove",
                                         "symmetric_difference",
                                         "symmetric_difference_update",
                                         "union",
                                         "update"};
  if (v.as<std::string>()) return is_among(kStr, name);
  if (v.as<bool>() || v.as<std::int64_t>()) return is_among(kInt, name);
  if (v.as<double>()) return is_among(kFloat, name);
  if (v.as<PyValue::List>()) return is_among(kList, name);
  if (v.as<PyValue::Tuple>()) return is_among(kTuple, name);
  return v.as<PyValue::Set>() != nullptr && is_among(kSet, name);
}

class Evaluator {
 public:
  Evaluator(const Names& names, std::deque<PyValue>& made) : names_(names), made_(made) {}

  const PyValue& value(const Node& n) {
    switch (n.kind) {
      case Node::Kind::kConstant:
        return n.value;
      case Node::Kind::kName: {
        const PyValue* found = names_.find(n.text);
        return found != nullptr ? *found : none();
      }
      case Node::Kind::kAttribute:
        return attribute(value(n.children[0]), n.text);
      case Node::Kind::kAnd:
        return keep(std::all_of(n.children.begin(), n.children.end(),
                                [&](const Node& c) { return py_truthy(value(c)); }));
      case Node::Kind::kOr:
        return keep(std::any_of(n.children.begin(), n.children.end(),
                                [&](const Node& c) { return py_truthy(value(c)); }));
      case Node::Kind::kNot:
        return keep(!py_truthy(value(n.children[0])));
      case Node::Kind::kNegative:
      case Node::Kind::kPositive:
        return keep(signed_value(value(n.children[0]), n.kind == Node::Kind::kNegative));
      case Node::Kind::kCompare:
        return keep(compare(n));
      case Node::Kind::kList:
        return keep(items(n));
      case Node::Kind::kTuple:
        return keep(PyValue::Tuple{items(n)});
      case Node::Kind::kSet:
        return keep(set(n));
      case Node::Kind::kUnsupported:
        break;
    }
    throw RecordError("Unsupported node type: " + n.text);
  }

 private:
  const PyValue& keep(PyValue v) { return made_.emplace_back(std::move(v)); }

  const PyValue& attribute(const PyValue& of, const std::string& name) {
    if (of.as<PyValue::Dict>()) {
      const PyValue* found = of.find(name);
      return found != nullptr ? *found : none();
    }
    const bool whole = of.as<bool>() || of.as<std::int64_t>();
    if (whole || of.as<double>()) {
      if (name == "real" || (whole && name == "numerator")) return keep(signed_value(of, false));
      if (name == "imag") return keep(whole ? PyValue(0) : PyValue(0.0));
      if (whole && name == "denominator") return keep(1);
    }
    return has_method(of, name) ? keep(PyValue::Method()) : none();
  }

  bool compare(const Node& n) {
    std::vector<const PyValue*> operands;  // all of them first, then the comparisons
    for (const Node& c : n.children) operands.push_back(&value(c));
    for (std::size_t i = 0; i < n.ops.size(); ++i) {
      const PyValue &a = *operands[i], &b = *operands[i + 1];
      if (a.is_none() || b.is_none()) return n.ops[i] == Node::Op::kNotIn;
      if (!holds(n.ops[i], a, b)) return false;
    }
    return true;
  }

  PyValue::List items(const Node& n) {
    PyValue::List list;
    for (const Node& c : n.children) list.push_back(value(c));
    return list;
  }
  PyValue::Set set(const Node& n) {
    PyValue::Set made;
    for (const Node& c : n.children) {
      const PyValue& v = value(c);
      py_require_hashable(v);
      const auto same = [&](const PyValue& w) { return py_equal(v, w); };
      if (std::none_of(made.items.begin(), made.items.end(), same)) made.items.push_back(v);
    }
    return made;
  }

  const Names& names_;
  std::deque<PyValue>& made_;
};

}  // namespace

const PyValue& evaluate(const Node& node, const Names& names, std::deque<PyValue>& made) {
  return Evaluator(names, made).value(node);
}

void collect_names(const Node& node, std::vector<std::string>& names) {
  if (node.kind == Node::Kind::kName) names.push_back(node.text);
  for (const Node& child : node.children) collect_names(child, names);
}

}  // namespace ophost::fields
