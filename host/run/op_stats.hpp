// What happened to records at each operator: the numbers behind the summary and the equation of conservation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/status.hpp"

namespace ophost {

struct OpStats {
  std::uint64_t in = 0;           // records that reached the operator
  std::uint64_t out = 0;          // records that left it
  std::uint64_t dropped = 0;      // a filter said no
  std::uint64_t duplicates = 0;   // a deduplicator kept another one of their kind
  std::uint64_t grouped = 0;      // records that became part of another one
  std::uint64_t added = 0;        // records made beyond those that came in
  std::uint64_t edited = 0;       // records a mapper changed
  std::uint64_t quarantined = 0;  // could not be processed, kept aside
  std::uint64_t discarded = 0;    // could not be processed, on_error: drop
  std::uint64_t bytes = 0;        // of the text it read
  std::int64_t busy_ns = 0;       // time inside the operator, over all workers

  void add(const OpStats& o);
  // in + added = out + dropped + duplicates + grouped + quarantined + discarded
  bool conserved() const {
    return in + added == out + dropped + duplicates + grouped + quarantined + discarded;
  }
  std::string json() const;
  static OpStats from_json(const JsonValue& v);
};

std::string json_of(const std::vector<OpStats>& stats);
std::vector<OpStats> stats_from_json(const JsonValue* array);

}  // namespace ophost
