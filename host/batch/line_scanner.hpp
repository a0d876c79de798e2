// Reads one line at a time: validates all of it as a JSON object and fills the cells that the batch's columns ask for.
// Private to host/batch. One worker.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "host/batch/batch.hpp"
#include "host/batch/json_strings.hpp"
#include "host/batch/path_tree.hpp"

namespace ophost {

// What stood at a column's path.
enum class Found { kMissing, kNull, kBool, kNumber, kString, kArray, kObject };

// What the scanner keeps about a column while it reads one line.
struct Cell {
  Column* column;
  std::size_t begin = 0;  // of this row's value in column->values
  std::size_t pos = 0;    // behind it
  const char* lone_surrogate = nullptr;
  Found found = Found::kMissing;
};

// Where the line stopped being a JSON object. `expected` is NULL when it is one.
struct Problem {
  const char* at = nullptr;
  const char* expected = nullptr;
};

// Not recursive: depth costs one bit per level.
class LineScanner {
 public:
  explicit LineScanner(Batch& batch);

  // Fills row `row` of every column; on a problem the row's cells are absent.
  Problem scan(std::size_t row);

  // Ends the row: its cells are final. A dead row keeps none.
  void commit(bool keep);

  // After the last row: cuts off what the arenas grew ahead.
  void finish();

  const Cell& cell(int column) const { return cells_[static_cast<std::size_t>(column)]; }
  // The first string column whose value has no UTF-8 form, or -1.
  int lone_surrogate() const;

 private:
  // An open container whose value or members are wanted.
  struct Frame {
    int node;
    std::size_t depth;
    const char* begin;
    bool object;
  };

  void forget_cell(int c);

  // Makes all columns at and below a node absent: a later member of the same name replaces the earlier.
  void forget(int node);

  // What becomes of a value: into every column of its node that has the fitting type.
  void put_raw(int c, std::string_view text);
  void note(int node, Found found, std::string_view raw);
  void put_number(int node, std::string_view token, bool integer);
  void put_bool(int node, bool value);

  // `p` stands behind the quote. Unescapes into the string columns of the node.
  json_strings::End put_string(int node, const char* p, const char* end);

  // The node of the member whose quoted name is [p, key_end), or -1.
  int find_child(int node, const char* p, const char* key_end);

  Problem scan_line(std::string_view line);

  Batch& batch_;
  const json_strings::Kernels& kernels_;
  PathTree tree_;
  std::vector<Cell> cells_;
  std::vector<int> record_columns_;
  std::vector<Frame> frames_;
  std::vector<std::uint64_t> kinds_;  // bit per open container: 1 = object
  std::string key_;
  const char* readable_end_;
  std::size_t row_ = 0;
};

}  // namespace ophost
