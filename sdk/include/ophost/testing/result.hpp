/* ophost/testing/result.hpp: what an operator made of literal records, and how a test asks for it.
 */
#pragma once

#include "ophost/testing/sink.hpp"

namespace ophost::testing {

/** The operator broke the contract of abi.h; the message lists how. */
struct ContractBreach : std::logic_error {
  using std::logic_error::logic_error;
};

/** A call returned a status other than OPH_OK. */
struct CallFailed : std::runtime_error {
  CallFailed(oph_status s, const std::string& text) : std::runtime_error(text), status(s) {}
  oph_status status;
};

/** Indexed by input row unless it says otherwise. */
struct Result {
  std::vector<bool> kept;  // still there: filters, deduplicators, selectors
  std::map<std::uint64_t, std::string> row_errors;
  std::vector<std::string> paths;  // the written columns, "path:type"
  std::vector<Column> columns;     // their values; null where the row got none
  std::vector<bool> edited;        // the first written column got a new value
  std::vector<std::vector<std::string>>
      records;                         // 1:N, groups, aggregates: the records that came out
  std::vector<std::uint64_t> sources;  // of each of them, the input row
  std::vector<std::int64_t> order;     // selectors
  std::string decision;                // selectors

  /** A written column by its path or its last name ("num_words"). */
  const Column& column(std::string_view name) const {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string_view path = path_name(paths[i]);
      const std::size_t dot = path.rfind('.');
      if (path == name || (dot != path.npos && path.substr(dot + 1) == name)) return columns[i];
    }
    throw std::out_of_range("the operator writes no column '" + std::string(name) + "'");
  }
  const std::vector<std::optional<std::int64_t>>& i64(std::string_view n) const {
    return column(n).i64;
  }
  const std::vector<std::optional<double>>& f64(std::string_view n) const { return column(n).f64; }
  const std::vector<std::optional<std::string>>& text(std::string_view n) const {
    return column(n).text;
  }
  /** The first written column as plain strings: a mapper's output; "" for a row with an error. */
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& t : columns.at(0).text) out.push_back(t.value_or(""));
    return out;
  }
};

namespace detail {

inline Column empty_column(std::string_view path, std::size_t rows) {
  Column c;
  c.type = path_type(path);
  if (is_variable(c.type)) c.text.resize(rows);
  if (c.type == OPH_T_F64) c.f64.resize(rows);
  if (c.type == OPH_T_I64 || c.type == OPH_T_BOOL8) c.i64.resize(rows);
  return c;
}

/** Copies row `from` of a sink into row `to` of a column; `input` is what keep_input refers to. */
inline void copy_cell(const Sink& sink, std::size_t col, std::size_t from, Column& into,
                      std::size_t to, const Column* input) {
  if (is_variable(into.type)) {
    const Sink::Cell& cell = sink.cell(col, from);
    if (cell.state == Sink::Cell::kAppended) into.text[to] = cell.text;
    if (cell.state == Sink::Cell::kKept && input != nullptr) into.text[to] = input->text[to];
    return;
  }
  const GuardedBytes* array = sink.array(col);
  if (array == nullptr || sink.errors().count(from)) return;
  if (into.type == OPH_T_BOOL8) into.i64[to] = array->data()[from];
  if (into.type == OPH_T_I64) {
    std::int64_t v;
    std::memcpy(&v, array->data() + 8 * from, 8);
    into.i64[to] = v;
  }
  if (into.type == OPH_T_F64) {
    double v;
    std::memcpy(&v, array->data() + 8 * from, 8);
    into.f64[to] = v;
  }
  if (into.type == OPH_T_U64X) {
    into.width = sink.width(col);
    into.u64x.resize(std::max<std::size_t>(into.u64x.size(), (to + 1) * into.width));
    std::memcpy(into.u64x.data() + to * into.width, array->data() + 8 * from * into.width,
                8 * std::size_t{into.width});
  }
}

/** NaN equals NaN here: the question is whether the same came out. */
inline bool same_doubles(const std::vector<std::optional<double>>& a,
                         const std::vector<std::optional<double>>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].has_value() != b[i].has_value()) return false;
    if (a[i] && std::memcmp(&*a[i], &*b[i], sizeof(double)) != 0) return false;
  }
  return true;
}

inline bool same(const Result& a, const Result& b) {
  if (a.kept != b.kept || a.row_errors != b.row_errors || a.edited != b.edited ||
      a.records != b.records || a.sources != b.sources || a.order != b.order ||
      a.columns.size() != b.columns.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    const Column &x = a.columns[i], &y = b.columns[i];
    if (x.text != y.text || x.i64 != y.i64 || x.u64x != y.u64x || !same_doubles(x.f64, y.f64)) {
      return false;
    }
  }
  return true;
}

/** The canonical parameters the host would send: the schema's defaults under what is given, keys
 * sorted. */
inline std::string canonical_params(std::string_view schema, std::string_view given) {
  std::map<std::string, std::string> values;
  std::map<std::string, bool> known;
  json::for_each_member(schema, [&](const std::string& key, std::string_view raw) {
    if (key != "properties") return;
    json::for_each_member(raw, [&](const std::string& name, std::string_view property) {
      known[name] = true;
      json::for_each_member(property, [&](const std::string& k, std::string_view v) {
        if (k == "default") values[name] = std::string(v);
      });
    });
  });
  json::for_each_member(given, [&](const std::string& name, std::string_view raw) {
    if (!known.count(name)) {
      throw ConfigError("the test gives the parameter '" + name +
                        "', which the schema does not have");
    }
    values[name] = std::string(raw);
  });
  std::string out = "{";
  for (const auto& [name, raw] : values) {
    if (out.size() > 1) out += ',';
    out += json::encode_string(name) + ":" + raw;
  }
  return out + "}";
}

}  // namespace detail
}  // namespace ophost::testing
