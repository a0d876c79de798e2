// Lines -> columns -> lines: what the scanner accepts can be edited, and the edited line says what was written and nothing else.
#include "host/base/json.hpp"
#include "host/batch/batch.hpp"
#include "host/batch/splice.hpp"
#include "host/batch/test_batches.hpp"
#include "host/batch/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

static std::vector<ColumnSpec> columns() {
  return {{"text", ColumnType::kStr},   {"meta.a", ColumnType::kStr},     {"meta.n", ColumnType::kI64},
          {"meta.f", ColumnType::kF64}, {"meta", ColumnType::kJson},      {"flag", ColumnType::kBool},
          {"list", ColumnType::kJson},  {"$record", ColumnType::kJson},   {"__dj__stats__.a.b", ColumnType::kF64}};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  const std::uint8_t edits_wanted = in.byte();
  const std::string value(in.line());
  std::vector<std::string> lines;
  while (!in.empty()) lines.emplace_back(in.line());
  Batch batch = testing_batches::make_batch(lines, columns());
  extract_columns(batch, edits_wanted & 1 ? 0 : -1);
  for (const RowFault& f : batch.faults) {
    fuzz::must(!batch.alive.get(f.row), "a faulty row is dead");
    fuzz::must(!f.reason.empty() && is_utf8(f.reason), "a fault has a reason in UTF-8");
  }
  std::string json;
  append_json_string(json, clean_message(value));
  const bool at_meta = (edits_wanted & 2) != 0, removes = (edits_wanted & 4) != 0;
  const std::string_view path = at_meta ? "meta.a" : "text";
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!batch.alive.get(r)) continue;
    fuzz::must(is_utf8(batch.line(r)), "a live line is UTF-8");
    std::string same, edited;
    splice(batch.line(r), {}, same);
    fuzz::must(same == batch.line(r), "no edit changes nothing");
    std::vector<Edit> edits{{path, json, removes}};
    if (edits_wanted & 8) edits.push_back({"new.deep.key", "[1]"});
    if (edits_wanted & 16) edits.push_back({"__dj__stats__.a.b", "1.5", false, true});
    splice(batch.line(r), edits, edited);
    Batch again = testing_batches::make_batch({edited}, columns());
    extract_columns(again, -1);
    if (!again.faults.empty()) std::fprintf(stderr, "%s\n%s\n", edited.c_str(), again.faults[0].reason.c_str());
    fuzz::must(again.faults.empty() || again.faults[0].reason.find("surrogate") != std::string::npos,
               "an edited record is a record");
    if (!again.faults.empty()) continue;
    const Column& c = again.columns[at_meta ? 1 : 0];
    fuzz::must(removes ? !c.valid.get(0) : c.valid.get(0) && c.str(0) == clean_message(value), "the edit is what is read");
    fuzz::must(edited.find('\n') == std::string::npos, "a record is one line");
  }
  return 0;
}
