// ophost-dump ls, jobs, stat, and how tables look. See dump.hpp.
#include <algorithm>

#include "host/base/text.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

// Columns on a terminal, near enough: one per code point.
std::size_t width(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(
      s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string number(const Json& manifest, const char* key) {
  const JsonValue* v = get_member(manifest, key);
  return v != nullptr && v->IsInt64() ? human_count(static_cast<std::uint64_t>(v->GetInt64()))
                                      : "-";
}

std::string optional_number(std::optional<std::int64_t> v) {
  return v ? std::to_string(*v) : "-";
}

std::string row_json(const Row& row) {
  return JsonObject()
      .add("fingerprint", row.id())
      .add("kind", row.kind())
      .add_raw("jobs", json_string_array(row.jobs))
      .add("raw_bytes", row.info.raw_bytes)
      .add("stored_bytes", row.info.stored_bytes)
      .add("frames", static_cast<std::uint64_t>(row.info.frames.size()))
      .add("created", iso_time(row.info.created_ns))
      .add_raw("manifest", dump_json(*row.manifest))
      .text();
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string pad(widths[i] - width(row[i]), ' ');
      bool last = i + 1 == row.size();
      if (i < right.size() && right[i])
        out += pad + row[i];
      else
        out += row[i] + (last ? "" : pad);
      out += last ? "\n" : "  ";
    }
  }
  return out;
}

std::string ratio(std::uint64_t raw, std::uint64_t stored) {
  if (stored == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1fx", static_cast<double>(raw) / static_cast<double>(stored));
  return text;
}

std::string json_array(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  return "[\n" + join(items, ",\n") + "\n]";
}

Status command_ls(Context& context) {
  OPH_ASSIGN(auto rows, select(context));
  if (context.options.json) {
    std::vector<std::string> items;
    for (const Row& row : rows) items.push_back(row_json(row));
    context.print(json_array(items) + "\n");
    return {};
  }
  std::vector<std::vector<std::string>> cells{{"FINGERPRINT", "KIND", "JOBS", "OPERATOR", "PART",
                                               "ROWS", "ALIVE", "RAW", "STORED", "RATIO",
                                               "CREATED"}};
  std::uint64_t raw = 0, stored = 0;
  for (const Row& row : rows) {
    raw += row.info.raw_bytes;
    stored += row.info.stored_bytes;
    cells.push_back(
        {row.id().substr(0, 12), row.kind(), row.jobs.empty() ? "-" : join(row.jobs, ","),
         row.op_label(), optional_number(row.partition()), number(*row.manifest, "rows"),
         number(*row.manifest, "alive"), human_bytes(row.info.raw_bytes),
         human_bytes(row.info.stored_bytes), ratio(row.info.raw_bytes, row.info.stored_bytes),
         iso_time(row.info.created_ns).substr(0, 19)});
  }
  context.print(table(cells, {false, false, false, false, true, true, true, true, true, true}));
  context.print(human_count(rows.size()) + (rows.size() == 1 ? " checkpoint, " : " checkpoints, ") +
                human_bytes(raw) + " in " + human_bytes(stored) + "\n");
  return {};
}

Status command_jobs(Context& context) {
  Store& store = *context.store;
  OPH_ASSIGN(auto names, store.jobs());
  std::vector<std::string> items;
  std::vector<std::vector<std::string>> cells{{"JOB", "STATUS", "CHECKPOINTS", "STORED"}};
  for (const std::string& name : names) {
    OPH_ASSIGN(auto references, store.references(name));
    OPH_ASSIGN(auto document, store.get_job(name));
    std::uint64_t stored = 0, present = 0;
    for (const Fingerprint& f : references) {
      auto info = store.find(f);  // a damaged one is `verify`'s to name
      if (!info.ok() || !*info) continue;
      ++present;
      stored += (*info)->stored_bytes;
    }
    std::string status = "-", json = "null";
    if (document) {
      OPH_ASSIGN(Json parsed, parse_json(*document, "document of job '" + name + "'"));
      if (parsed.IsObject()) status = get_string(parsed, "status", "-");
      json = *document;
    }
    items.push_back(JsonObject()
                        .add("job", name)
                        .add("status", status)
                        .add("checkpoints", present)
                        .add("stored_bytes", stored)
                        .add_raw("document", json)
                        .text());
    cells.push_back({name, status, human_count(present), human_bytes(stored)});
  }
  context.print(context.options.json ? json_array(items) + "\n"
                                     : table(cells, {false, false, true, true}));
  return {};
}

Status command_stat(Context& context) {
  OPH_ASSIGN(StoreStat s, context.store->stat());
  std::uint64_t free_bytes = s.free_pages * s.page_size;
  if (context.options.json) {
    context.print(JsonObject()
                      .add("format", s.format)
                      .add("checkpoints", s.blobs)
                      .add("frames", s.frames)
                      .add("jobs", s.jobs)
                      .add("raw_bytes", s.raw_bytes)
                      .add("stored_bytes", s.stored_bytes)
                      .add("file_bytes", s.file_bytes)
                      .add("free_bytes", free_bytes)
                      .add("page_size", s.page_size)
                      .text() +
                  "\n");
    return {};
  }
  context.print(table(
      {{"checkpoints", human_count(s.blobs)},
       {"frames", human_count(s.frames)},
       {"jobs", human_count(s.jobs)},
       {"raw", human_bytes(s.raw_bytes)},
       {"stored", human_bytes(s.stored_bytes) + " (" + ratio(s.raw_bytes, s.stored_bytes) + ")"},
       {"file", human_bytes(s.file_bytes) + ", " + human_bytes(free_bytes) + " of it free"},
       {"format", std::to_string(s.format)}},
      {}));
  return {};
}

}  // namespace ophost::dump
