#include "host/batch/line_scanner.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace ophost {

using json_strings::End;

namespace {

bool is_space(char c) { return c == ' ' || c == '\r' || c == '\t'; }  // no '\n': a record is one line
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Behind the number at `p`, or NULL with `problem` set.
const char* scan_number(const char* p, const char* end, Problem& problem, bool& integer) {
  auto digits = [&]() -> bool {
    if (p >= end || !is_digit(*p)) {
      problem = {p, "a digit of a number"};
      return false;
    }
    while (p < end && is_digit(*p)) ++p;
    return true;
  };
  integer = true;
  if (*p == '-') ++p;
  if (p < end && *p == '0') {
    ++p;
    if (p < end && is_digit(*p)) {
      problem = {p, "the end of the number after a leading zero"};
      return nullptr;
    }
  } else if (!digits()) {
    return nullptr;
  }
  if (p < end && *p == '.') {
    integer = false;
    ++p;
    if (!digits()) return nullptr;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    integer = false;
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return nullptr;
  }
  return p;
}

double to_double(std::string_view token) {
  double v = 0;
  auto r = std::from_chars(token.data(), token.data() + token.size(), v);
  // Too large or too small for a double: infinity or zero, as Python's float() says.
  if (r.ec == std::errc::result_out_of_range) v = std::strtod(std::string(token).c_str(), nullptr);
  return v;
}

}  // namespace

LineScanner::LineScanner(Batch& batch) : batch_(batch), kernels_(json_strings::kernels()) {
  cells_.reserve(batch.columns.size());
  for (std::size_t c = 0; c < batch.columns.size(); ++c) {
    cells_.push_back({&batch.columns[c]});
    if (batch.columns[c].spec.path == "$record") record_columns_.push_back(static_cast<int>(c));
    else if (!batch.columns[c].spec.path.starts_with('$'))  // derived columns are no part of the record
      tree_.add(batch.columns[c].spec.path, static_cast<int>(c));
  }
  readable_end_ = batch.bytes.data() + batch.bytes.size();
}

Problem LineScanner::scan(std::size_t row) {
  row_ = row;
  forget(0);
  Problem problem = scan_line(batch_.line(row));
  if (problem.expected) forget(0);
  else
    for (int c : record_columns_) put_raw(c, batch_.line(row));
  return problem;
}

void LineScanner::commit(bool keep) {
  if (!keep) {
    forget(0);
    for (int c : record_columns_) forget_cell(c);
  }
  for (Cell& cell : cells_) {
    if (!is_variable(cell.column->spec.type)) continue;
    cell.begin = cell.pos;
    cell.column->offsets[row_ + 1] = static_cast<std::int64_t>(cell.pos);
  }
}

void LineScanner::finish() {
  for (Cell& cell : cells_)
    if (is_variable(cell.column->spec.type)) cell.column->values.resize(cell.pos);
}

int LineScanner::lone_surrogate() const {
  for (std::size_t c = 0; c < cells_.size(); ++c)
    if (cells_[c].lone_surrogate) return static_cast<int>(c);
  return -1;
}

void LineScanner::forget_cell(int c) {
  Cell& cell = cells_[static_cast<std::size_t>(c)];
  cell.pos = cell.begin;
  cell.lone_surrogate = nullptr;
  cell.found = Found::kMissing;
  cell.column->valid.clear(row_);
}

void LineScanner::forget(int node) {
  for (int c : tree_[node].columns) forget_cell(c);
  for (const auto& child : tree_[node].children) forget(child.second);
}

void LineScanner::put_raw(int c, std::string_view text) {
  Cell& cell = cells_[static_cast<std::size_t>(c)];
  Column& column = *cell.column;
  if (column.spec.type != ColumnType::kJson) return;
  if (column.values.size() < cell.begin + text.size()) column.values.resize(cell.begin + text.size());
  std::memcpy(column.values.data() + cell.begin, text.data(), text.size());
  cell.pos = cell.begin + text.size();
  column.valid.set(row_);
}

void LineScanner::note(int node, Found found, std::string_view raw) {
  for (int c : tree_[node].columns) {
    cells_[static_cast<std::size_t>(c)].found = found;
    put_raw(c, raw);
  }
}

void LineScanner::put_number(int node, std::string_view token, bool integer) {
  for (int c : tree_[node].columns) {
    Column& column = *cells_[static_cast<std::size_t>(c)].column;
    if (column.spec.type == ColumnType::kF64) {
      column.f64[row_] = to_double(token);
      column.valid.set(row_);
    } else if (column.spec.type == ColumnType::kI64 && integer) {
      auto r = std::from_chars(token.data(), token.data() + token.size(), column.i64[row_]);
      if (r.ec == std::errc()) column.valid.set(row_);
    }
  }
}

void LineScanner::put_bool(int node, bool value) {
  for (int c : tree_[node].columns) {
    Column& column = *cells_[static_cast<std::size_t>(c)].column;
    if (column.spec.type != ColumnType::kBool) continue;
    column.i64[row_] = value;
    column.valid.set(row_);
  }
}

End LineScanner::put_string(int node, const char* p, const char* end) {
  const char* from = p;
  End result{};
  bool scanned = false;
  for (int c : tree_[node].columns) {
    Cell& cell = cells_[static_cast<std::size_t>(c)];
    if (cell.column->spec.type != ColumnType::kStr) continue;
    result = kernels_.unescape(from, end, readable_end_, cell.column->values, cell.pos, cell.lone_surrogate);
    scanned = true;
    if (!result.error) cell.column->valid.set(row_);
  }
  return scanned ? result : kernels_.skip(from, end, readable_end_);
}

int LineScanner::find_child(int node, const char* p, const char* key_end) {
  std::string_view name(p + 1, static_cast<std::size_t>(key_end - p) - 2);
  if (std::memchr(name.data(), '\\', name.size())) {
    std::size_t pos = 0;
    const char* lone = nullptr;
    kernels_.unescape(p + 1, key_end, key_end, key_, pos, lone);
    if (lone) return -1;  // no path can name it
    name = std::string_view(key_).substr(0, pos);
  }
  return tree_.child(node, name);
}

Problem LineScanner::scan_line(std::string_view line) {
  const char* p = line.data();
  const char* const end = p + line.size();
  Problem problem;
  std::size_t depth = 0;
  bool in_object = false;
  int node = -1;  // of the value that comes next, or -1 when nobody wants it
  frames_.clear();

  auto skip_space = [&] {
    while (p < end && is_space(*p)) ++p;
  };
  auto literal = [&](std::string_view word) {
    std::size_t n = 0;
    while (n < word.size() && p + n < end && p[n] == word[n]) ++n;
    if (n == word.size()) {
      p += n;
      return true;
    }
    problem = {p + n, "one of true, false, null, a number, '\"', '{' or '['"};
    return false;
  };
  auto open = [&](bool object) {
    if (node >= 0) {
      frames_.push_back({node, depth + 1, p, object});
      for (int c : tree_[node].columns)
        cells_[static_cast<std::size_t>(c)].found = object ? Found::kObject : Found::kArray;
    }
    if (depth % 64 == 0 && depth / 64 == kinds_.size()) kinds_.push_back(0);
    std::uint64_t bit = std::uint64_t{1} << (depth % 64);
    if (object) kinds_[depth / 64] |= bit;
    else kinds_[depth / 64] &= ~bit;
    ++depth;
    in_object = object;
    ++p;
  };
  auto close = [&] {
    ++p;
    if (!frames_.empty() && frames_.back().depth == depth) {
      const Frame& frame = frames_.back();
      for (int c : tree_[frame.node].columns)
        put_raw(c, {frame.begin, static_cast<std::size_t>(p - frame.begin)});
      frames_.pop_back();
    }
    --depth;
    if (depth > 0) in_object = kinds_[(depth - 1) / 64] >> ((depth - 1) % 64) & 1;
  };

  skip_space();
  if (p >= end || *p != '{') return {p, "'{': a record is one JSON object"};
  node = 0;
  open(true);

first_member:
  skip_space();
  if (p < end && *p == '}') {
    close();
    goto after_value;
  }
member: {
  skip_space();
  if (p >= end || *p != '"') return {p, "a member name in '\"'"};
  const char* name = p;
  End key = kernels_.skip(p + 1, end, readable_end_);
  if (key.error) return {key.p, key.error};
  p = key.p;
  node = -1;
  if (!frames_.empty() && frames_.back().depth == depth && frames_.back().object) {
    node = find_child(frames_.back().node, name, p);
    if (node >= 0) forget(node);
  }
  skip_space();
  if (p >= end || *p != ':') return {p, "':' after a member name"};
  ++p;
}
value:
  skip_space();
  if (p >= end) return {p, "a value"};
  switch (*p) {
    case '{':
      open(true);
      goto first_member;
    case '[':
      open(false);
      node = -1;
      skip_space();
      if (p < end && *p == ']') {
        close();
        goto after_value;
      }
      goto value;
    case '"': {
      const char* begin = p;
      End string = node >= 0 ? put_string(node, p + 1, end) : kernels_.skip(p + 1, end, readable_end_);
      if (string.error) return {string.p, string.error};
      p = string.p;
      if (node >= 0) note(node, Found::kString, {begin, static_cast<std::size_t>(p - begin)});
      goto after_value;
    }
    case 't':
    case 'f': {
      const char* begin = p;
      bool value = *p == 't';
      if (!literal(value ? "true" : "false")) return problem;
      if (node >= 0) {
        note(node, Found::kBool, {begin, static_cast<std::size_t>(p - begin)});
        put_bool(node, value);
      }
      goto after_value;
    }
    case 'n': {
      const char* begin = p;
      if (!literal("null")) return problem;
      // For typed columns null counts as absent, but the required column's fault tells the two apart.
      if (node >= 0) note(node, Found::kNull, {begin, 4});
      goto after_value;
    }
    default: {
      const char* begin = p;
      bool integer = false;
      double special = 0;
      if (*p == 'N') {  // Python's json writes and reads NaN, Infinity and -Infinity
        if (!literal("NaN")) return problem;
        special = std::nan("");
      } else if (*p == 'I' || (*p == '-' && p + 1 < end && p[1] == 'I')) {
        special = *p == '-' ? -INFINITY : INFINITY;
        if (!literal(*p == '-' ? "-Infinity" : "Infinity")) return problem;
      } else if (*p == '-' || is_digit(*p)) {
        const char* number_end = scan_number(p, end, problem, integer);
        if (!number_end) return problem;
        p = number_end;
      } else {
        return {p, "a value"};
      }
      if (node >= 0) {
        std::string_view token(begin, static_cast<std::size_t>(p - begin));
        note(node, Found::kNumber, token);
        if (special == 0) {
          put_number(node, token, integer);
        } else {
          for (int c : tree_[node].columns) {
            Column& column = *cells_[static_cast<std::size_t>(c)].column;
            if (column.spec.type != ColumnType::kF64) continue;
            column.f64[row_] = special;
            column.valid.set(row_);
          }
        }
      }
      goto after_value;
    }
  }
after_value:
  skip_space();
  if (depth == 0) {
    if (p < end) return {p, "the end of the line after the record"};
    return {};
  }
  if (in_object) {
    if (p < end && *p == ',') {
      ++p;
      goto member;
    }
    if (p < end && *p == '}') {
      close();
      goto after_value;
    }
    return {p, "',' or '}' after a member"};
  }
  if (p < end && *p == ',') {
    ++p;
    node = -1;
    goto value;
  }
  if (p < end && *p == ']') {
    close();
    goto after_value;
  }
  return {p, "',' or ']' after an element"};
}

}  // namespace ophost
