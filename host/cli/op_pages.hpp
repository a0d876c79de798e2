// The pages of operators: what `ophost ops NAME` prints for a terminal, and all of them as one Markdown document, which
// is docs/operators.md. Both say what the operator's descriptor and parameter schema say, and nothing of this machine.
// Owner: cli. One thread.
#pragma once

#include <string>
#include <vector>

#include "host/plugin/registry.hpp"

namespace ophost {

// One operator for a terminal, with the file its plugin was loaded from. Ends with a line feed.
std::string op_page(const Operator& op);

// One operator as JSON, on one line without its end.
std::string op_json(const Operator& op);

// One operator as a section of a Markdown document, with an empty line at its end.
std::string op_markdown_page(const Operator& op);

// The operators in the order of `ops`, grouped by kind under a table of contents. The same operators give the same
// bytes, wherever their plugins lie and in whatever version they are.
std::string op_markdown(const std::vector<const Operator*>& ops);


}  // namespace ophost
