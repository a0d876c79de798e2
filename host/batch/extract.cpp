// extract_columns: one pass over each line that validates all of it and converts only what the columns ask for; here
// is what becomes of a line that cannot be processed. One worker per batch.
#include <simdjson.h>

#include "host/batch/batch.hpp"
#include "host/batch/line_scanner.hpp"
#include "host/batch/utf8.hpp"

namespace ophost {
namespace {

const char* describe(Found f) {
  switch (f) {
    case Found::kMissing: return "missing";
    case Found::kNull: return "null";
    case Found::kBool: return "a boolean";
    case Found::kNumber: return "a number";
    case Found::kString: return "a string";
    case Found::kArray: return "an array";
    case Found::kObject: return "an object";
  }
  return "";
}

std::string explain(std::string_view line, const Problem& problem) {
  auto offset = static_cast<std::size_t>(problem.at - line.data());
  std::string text = "the line is not one JSON object: at byte " + std::to_string(offset) + " expected " +
                     problem.expected + ", found ";
  if (offset >= line.size()) {
    text += "the end of the line (the record is cut off or spread over several lines; each must be one line)";
  } else {
    auto c = static_cast<unsigned char>(line[offset]);
    if (c >= 0x20 && c < 0x7F) {
      text += c == '\'' ? std::string("\"'\"") : std::string("'") + static_cast<char>(c) + "'";
    } else {
      constexpr char kHex[] = "0123456789ABCDEF";
      text += std::string("the byte 0x") + kHex[c >> 4] + kHex[c & 15];
    }
    if (offset == 0 && c == '[')
      text += " (a file that holds one array must be converted first, e.g. jq -c '.[]' in.json > out.jsonl)";
  }
  return text + ".";
}

}  // namespace

void extract_columns(Batch& batch, int required) {
  const std::size_t rows = batch.rows();
  batch.alive.assign(rows, true);
  for (const RowFault& fault : batch.faults) batch.alive.clear(fault.row);
  for (Column& column : batch.columns) column.reset(rows);
  // Lines cannot borrow bytes from each other and be whole: a valid record begins with '{' and ends in '}'.
  const bool utf8 = simdjson::validate_utf8(batch.bytes);
  LineScanner scanner(batch);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string_view line = batch.line(row);
    if (!utf8 && batch.alive.get(row)) {
      if (auto bad = find_invalid_utf8(line))
        batch.fail(row, -1, OPH_E_INPUT,
                   "invalid UTF-8 at byte " + std::to_string(bad->offset) + " of the line: " + bad->reason + ".");
    }
    Problem problem = scanner.scan(row);
    if (batch.alive.get(row)) {
      if (problem.expected) {
        batch.fail(row, -1, OPH_E_INPUT, explain(line, problem));
      } else if (int c = scanner.lone_surrogate(); c >= 0) {
        auto offset = static_cast<std::size_t>(scanner.cell(c).lone_surrogate - line.data());
        batch.fail(row, -1, OPH_E_INPUT,
                   "'" + batch.columns[static_cast<std::size_t>(c)].spec.path +
                       "' holds half of a surrogate pair (" + std::string(line.substr(offset, 6)) + " at byte " +
                       std::to_string(offset) + "), which has no UTF-8 form; expected a pair of \\uD8xx\\uDCxx.");
      } else if (required >= 0 && !batch.columns[static_cast<std::size_t>(required)].valid.get(row)) {
        const std::string& path = batch.columns[static_cast<std::size_t>(required)].spec.path;
        Found found = scanner.cell(required).found;
        batch.fail(row, -1, OPH_E_INPUT,
                   "the text key '" + path + "' is " + describe(found) + ", expected a string" +
                       (found == Found::kMissing ? "; if the text has another name, set text_keys in the recipe."
                                                 : "."));
      }
    }
    scanner.commit(batch.alive.get(row));
  }
  scanner.finish();
}

}  // namespace ophost
