// extract_tables_from_html_mapper: the tables of a text in HTML, as Data-Juicer finds them with
// BeautifulSoup. Owner: plugins/html. Immutable once made, any thread.
#include <map>

#include "ophost/ophost.hpp"
#include "plugins/html/soup.hpp"

namespace ophost::html {
namespace {

// Writes the elements of a JSON list one after the other.
class JsonList {
 public:
  explicit JsonList(std::string& out) : out_(out) { out_ += '['; }
  void add(std::string_view json) {
    if (count_++ != 0) out_ += ", ";
    out_ += json;
  }
  std::size_t size() const { return count_; }
  void end() { out_ += ']'; }

 private:
  std::string& out_;
  std::size_t count_ = 0;
};

class ExtractTablesFromHtmlMapper {
 public:
  static constexpr auto kInfo =
      mapper("extract_tables_from_html_mapper")
          .summary("Puts the tables of a text in HTML into the record's metadata.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("tables_field_name", "string", "\"html_tables\"",
                           "The name the tables get in the metadata; a record that has it already "
                           "stays as it is."),
              OPHOST_PARAM("retain_html_tags", "boolean", "false",
                           "Tables as HTML instead of lists of rows of cells."),
              OPHOST_PARAM("include_header", "boolean", "true",
                           "Whether rows with a header cell count; only without HTML tags.")))
          .reads("$text_key", "__dj__meta__.${tables_field_name}:json")
          .writes("__dj__meta__.${tables_field_name}:json")
          .promises(kPure | kConcurrent)
          .cost("expensive")
          .example("- extract_tables_from_html_mapper:\n    include_header: false\n");

  ExtractTablesFromHtmlMapper(const Params& params, Host)
      : retain_tags_(params.get_bool("retain_html_tags")),
        include_header_(params.get_bool("include_header")) {}

  void map(const Row& in, RowOut& out) const {
    if (!in.is_null(1)) return out.keep(0);
    const Soup soup(in.str(0));
    JsonList tables(out.text(0));
    for (const Soup::Id table : soup.find_all(0, "table")) {
      if (retain_tags_) {
        tables.add(json::encode_string(soup.html_of(table)));
      } else if (const std::string rows = rows_of(soup, table); rows != "[]") {
        tables.add(rows);
      }
    }
    tables.end();
  }

 private:
  std::string rows_of(const Soup& soup, Soup::Id table) const {
    std::string out;
    JsonList rows(out);
    for (const Soup::Id row : soup.find_all(table, "tr")) {
      std::string cells;
      JsonList list(cells);
      bool header = false;
      for (Soup::Id id = row + 1; id < soup.node(row).end; id = soup.node(id).end) {
        const Soup::Node& n = soup.node(id);
        if (n.kind != Soup::Kind::kTag || (n.name != "td" && n.name != "th")) continue;
        header = header || n.name == "th";
        list.add(json::encode_string(soup.text_of(id)));
      }
      list.end();
      if (list.size() > 0 && (include_header_ || !header)) rows.add(cells);
    }
    rows.end();
    return out;
  }

  bool retain_tags_, include_header_;
};

}  // namespace
}  // namespace ophost::html

namespace ophost {
OPHOST_OPERATOR(extract_tables_from_html_mapper, html::ExtractTablesFromHtmlMapper);
}
