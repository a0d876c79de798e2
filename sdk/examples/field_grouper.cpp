// A grouper: records with the same value of a field become one, their texts joined in input order.
#include "ophost/ophost.hpp"

class FieldGrouper {
 public:
  static constexpr auto kInfo =
      ophost::grouper("example_field_grouper")
          .summary("Joins the texts of all records with the same value of a field.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("field_key", "string", "\"meta.source\"", "The field to group by."),
              OPHOST_PARAM("separator", "string", "\"\\n\"", "What stands between two texts.")))
          .reads("$text_key", "${field_key}")
          .writes("$text_key")
          .promises(ophost::kDeterministic | ophost::kConcurrent)
          .example("example_field_grouper:\n  field_key: meta.source\n");

  FieldGrouper(const ophost::Params& params, ophost::Host)
      : separator_(params.get_string("separator")) {}

  void key(const ophost::Row& in, std::string& key) const { key = in.str(1); }

  void emit(const ophost::BatchView& group, ophost::Emit& out) const {
    std::string joined;
    for (std::uint64_t r = 0; r < group.size(); ++r) {
      if (r > 0) joined += separator_;
      joined += group.row(r).str(0);
    }
    out.from(0);  // the other fields are those of the group's first record
    out(joined);
  }

 private:
  std::string separator_;
};

OPHOST_PLUGIN("org.example.field", "1.0.0", FieldGrouper);
