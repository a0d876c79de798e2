// A selector's decision: all records stay as they are, or these records in this order. Owner:
// plugins/selectors. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"

namespace ophost::selectors {

std::string keep_all();

// The records with these row ids, in this order.
std::string keep_in_order(const std::vector<std::uint64_t>& rows);

// Fills `order` as oph_select_api wants it.
void apply_decision(std::string_view decision, const BatchView& in, std::int64_t* order);

}  // namespace ophost::selectors
