// The tokens of a Python expression. Owner: plugins/fields. Used while an operator is constructed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/textkit/pyvalue.hpp"

namespace ophost::fields {

struct Token {
  enum class Kind {
    kEnd,
    kName,    // identifiers and keywords alike
    kSign,    // operators and brackets
    kNumber,  // value
    kString,  // value
    kOpaque,  // a literal whose value the filter does not know: bytes, f-string, complex number
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  // into the expression
  textkit::PyValue value;
  std::size_t at = 0;  // byte of the expression
};

// What is wrong with an expression, and where (a byte of it).
struct SyntaxError {
  std::string what;
  std::size_t at;
};

// Ends with a kEnd token. Throws SyntaxError. The tokens point into `expression`.
std::vector<Token> tokenize(std::string_view expression);

bool is_keyword(std::string_view name);

}  // namespace ophost::fields
