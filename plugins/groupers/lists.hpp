// Many records as one record of lists. Owner: plugins/groupers. Any thread.
#pragma once

#include <string>

#include "ophost/ophost.hpp"

namespace ophost::groupers {

// The record whose fields are the lists of what the records of `group` (column 0: $record) have in
// that field; null for a record that has it not. Fields stand in the order in which they first
// come.
std::string record_of_lists(const BatchView& group);

}  // namespace ophost::groupers
