#include "host/run/record_writer.hpp"

#include "host/base/json.hpp"
#include "host/batch/splice.hpp"

namespace ophost {
namespace {

constexpr char kStats[] = "__dj__stats__";
constexpr char kMeta[] = "__dj__meta__";

void append_cell(const Column& c, std::size_t row, std::string& out) {
  switch (c.spec.type) {
    case ColumnType::kJson: out += c.str(row); return;
    case ColumnType::kI64: out += std::to_string(c.i64[row]); return;
    case ColumnType::kF64: append_python_float(out, c.f64[row]); return;
    case ColumnType::kBool: out += c.i64[row] ? "true" : "false"; return;
    default: append_json_string(out, c.str(row));
  }
}

const Column* column(const Batch& batch, const char* path, ColumnType type) {
  for (const Column& c : batch.columns)
    if (c.spec.path == path && c.spec.type == type) return &c;
  return nullptr;
}

// The object `name` of a record after the run: what the input brought, with every cell the operators wrote, in the
// order of `columns`. "" when there is nothing.
void merged_object(const Batch& batch, const std::vector<std::size_t>& columns, std::size_t row, const char* name,
                   std::string& out) {
  out.clear();
  const Column* brought = column(batch, name, ColumnType::kJson);
  std::string base;
  if (brought && brought->valid.get(row) && brought->str(row).starts_with('{')) base = brought->str(row);
  std::vector<std::string> keys, values;
  for (std::size_t i : columns) {
    const Column& c = batch.columns[i];
    if (!is_below(c.spec.path, name) || !c.valid.get(row)) continue;
    if (!base.empty() && !c.changed_ever.get(row)) continue;  // it came with the input
    keys.push_back(c.spec.path.substr(std::char_traits<char>::length(name) + 1));
    append_cell(c, row, values.emplace_back());
  }
  if (!base.empty()) {
    std::vector<Edit> edits;
    for (std::size_t i = 0; i < keys.size(); ++i) edits.push_back({keys[i], values[i], false, true});
    splice(base, edits, out);
    return;
  }
  if (keys.empty()) return;
  out += '{';
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i) out += ", ";
    append_json_string(out, keys[i]);
    out += ": ";
    out += values[i];
  }
  out += '}';
}

}  // namespace

std::vector<ColumnSpec> record_columns() { return {{kStats, ColumnType::kJson}, {kMeta, ColumnType::kJson}}; }

void RecordWriter::write(const Batch& batch, const std::vector<std::size_t>& order, std::size_t row,
                         std::string& lines, std::string* stats_lines) {
  merged_object(batch, order, row, kStats, stats_object_);
  merged_object(batch, order, row, kMeta, meta_object_);
  if (stats_lines) {
    *stats_lines += '{';
    if (!stats_object_.empty()) stats_lines->append("\"").append(kStats).append("\": ").append(stats_object_);
    if (!meta_object_.empty()) {
      if (!stats_object_.empty()) *stats_lines += ", ";
      stats_lines->append("\"").append(kMeta).append("\": ").append(meta_object_);
    }
    *stats_lines += "}\n";
  }
  std::vector<Edit> edits;
  values_.resize(batch.columns.size());
  for (std::size_t i : order) {
    const Column& c = batch.columns[i];
    const std::string& path = c.spec.path;
    if (path == kStats || path == kMeta) {
      const std::string& object = path == kStats ? stats_object_ : meta_object_;
      if (!keep_stats_) {
        if (c.valid.get(row)) edits.push_back({path, {}, true});
      } else if (!object.empty() && (!c.valid.get(row) || object != c.str(row))) {
        edits.push_back({path, object, false});
      }
      continue;
    }
    if (is_below(path, kStats) || is_below(path, kMeta) || !c.changed_ever.get(row)) continue;
    if (path.starts_with("__dj__") && !keep_hashes_) continue;
    values_[i].clear();
    append_cell(c, row, values_[i]);
    edits.push_back({path, values_[i], false});
  }
  if (edits.empty()) lines += batch.line(row);
  else splice(batch.line(row), edits, lines);
  lines += '\n';
}

}  // namespace ophost
