// What the filters on a field named by `field_key` share: its parameter and the copy of its value.
// Owner: plugins/fields. Immutable, any thread.
#pragma once

#include <string>
#include <string_view>

#include "ophost/ophost.hpp"

#define FIELDS_FIELD_KEY             \
  OPHOST_PARAM(                      \
      "field_key", "string", "\"\"", \
      "The field to look at; levels are separated by dots. An empty one drops all records.")

namespace ophost {

class FieldKey {
 public:
  explicit FieldKey(const Params& params) : key_(params.get_string("field_key")) {}

  // Copies the field, column 0, to the statistic. A field that the record does not have is an
  // error; but a top-level one counts as null, because other records of the data may have it.
  void copy(const Row& in, RowOut& out) const {
    if (key_.empty()) {
      throw RecordError("parameter 'field_key' is empty: no record has such a field; name one");
    }
    if (!in.is_null(0)) {
      out.set(0, in.json(0));
    } else if (key_.find('.') == key_.npos) {
      out.set(0, "null");
    } else {
      throw RecordError("the record has no field '" + key_ + "' (parameter 'field_key')");
    }
  }

 private:
  std::string key_;
};

}  // namespace ophost
