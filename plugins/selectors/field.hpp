// The field that a selector looks at: its parameter, and what is wrong with it in the records seen.
// Owner: plugins/selectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ophost/ophost.hpp"
#include "plugins/selectors/bytes.hpp"

// Schema pieces that several selectors share.
#define SELECTORS_FIELD_KEY                                                                   \
  OPHOST_PARAM("field_key", "string", "\"\"",                                                 \
               "The field to look at; levels are separated by dots. Without one all records " \
               "stay.")
#define SELECTORS_OPTIONAL(name, type, description) \
  "\"" name "\":{\"type\":[\"" type                 \
  "\",\"null\"],\"default\":null,"                  \
  "\"description\":\"" description "\"}"
#define SELECTORS_TOP(what)                                                     \
  SELECTORS_OPTIONAL("top_ratio", "number", "Share of the " what " to select.") \
  "," SELECTORS_OPTIONAL("topk", "integer",                                     \
                         "Number of " what " to select; with top_ratio the smaller counts.") ","

namespace ophost::selectors {

// Counts over records, mergeable. The first record of each fault is numbered as the rows come.
struct FieldCensus {
  std::uint64_t records = 0;
  std::uint64_t absent = 0;      // records that do not have the field
  std::uint64_t structured = 0;  // whose value is a list or an object

  void merge(const FieldCensus& from) {
    records += from.records;
    absent += from.absent;
    structured += from.structured;
  }
  void save(std::string& out) const {
    put_varint(out, records);
    put_varint(out, absent);
    put_varint(out, structured);
  }
  void load(ByteReader& in) {
    records = in.varint();
    absent = in.varint();
    structured = in.varint();
  }
};

class Field {
 public:
  Field(const char* op, const Params& params) : op_(op), key_(params.get_string("field_key")) {}

  bool named() const { return !key_.empty(); }
  bool nested() const { return key_.find('.') != key_.npos; }

  // Refuses what Data-Juicer's assertions refuse. A top-level field counts as null in records that
  // do not have it, as long as some have.
  void require_present(const FieldCensus& seen) const {
    if (seen.absent == 0 || (!nested() && seen.absent < seen.records)) return;
    throw ConfigError(
        std::string(op_) + ": parameter 'field_key': " + std::to_string(seen.absent) + " of " +
        std::to_string(seen.records) + " records have no field '" + key_ +
        "'; name a field that every record has, or drop the others in a filter before");
  }
  void require_plain(const FieldCensus& seen) const {
    if (seen.structured == 0) return;
    throw ConfigError(std::string(op_) + ": parameter 'field_key': '" + key_ +
                      "' is a list or an object in " + std::to_string(seen.structured) + " of " +
                      std::to_string(seen.records) +
                      " records; name a field that holds texts, numbers or null");
  }

 private:
  const char* op_;
  std::string key_;
};

// How many of `total` Data-Juicer takes, before it is cut to a whole number; nothing when neither
// parameter says so.
class TopCount {
 public:
  explicit TopCount(const Params& params) {
    if (!params.is_null("top_ratio")) ratio_ = params.get_double("top_ratio");
    if (!params.is_null("topk")) count_ = params.get_int("topk");
  }
  bool given() const { return ratio_ != 0 || count_ != 0; }
  std::int64_t of(std::uint64_t total) const {
    if (ratio_ == 0) return count_;
    const double share = ratio_ * static_cast<double>(total);
    if (count_ != 0 && static_cast<double>(count_) < share) return count_;
    return static_cast<std::int64_t>(share);
  }

 private:
  double ratio_ = 0;  // zero counts as not given, for both
  std::int64_t count_ = 0;
};

}  // namespace ophost::selectors
