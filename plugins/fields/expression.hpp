// A condition of general_field_filter: the Python expression, parsed once and evaluated per record.
// Owner: plugins/fields. Immutable once parsed; evaluation is for any thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/textkit/pyvalue.hpp"

namespace ophost::fields {

// A node of the syntax tree. What Python's grammar knows but the filter does not evaluate is a
// kUnsupported node: it fails when it is evaluated, not when it is parsed.
struct Node {
  enum class Kind {
    kConstant,     // value
    kName,         // text
    kAttribute,    // text of children[0]
    kAnd,          // children
    kOr,           // children
    kNot,          // children[0]
    kNegative,     // children[0]
    kPositive,     // children[0]
    kCompare,      // children[0] ops[0] children[1] ops[1] children[2] ...
    kList,         // children
    kTuple,        // children
    kSet,          // children
    kUnsupported,  // text: what Python's ast module calls it
  };
  enum class Op { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual, kIn, kNotIn, kIs };

  Kind kind;
  std::string text;
  textkit::PyValue value;
  std::vector<Node> children;
  std::vector<Op> ops;
};

// Throws ConfigError with the place when `condition` is no Python expression.
Node parse_expression(std::string_view condition);

// Members of a record by name; the expression's names are looked up in it.
using Names = textkit::PyValue;  // a dict

// The value of `node`, which lives in `node`, in `names` or in `made`. Throws RecordError
// ("Unsupported node type: ...") and PyTypeError where Python would raise.
const textkit::PyValue& evaluate(const Node& node, const Names& names,
                                 std::deque<textkit::PyValue>& made);

// Appends the names that the expression looks up.
void collect_names(const Node& node, std::vector<std::string>& names);

}  // namespace ophost::fields
