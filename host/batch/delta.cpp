#include "host/batch/delta.hpp"

#include <algorithm>
#include <limits>

namespace ophost {
namespace {

constexpr std::string_view kMagic = "OPD1";
enum BitmapTag : std::uint8_t { kAllZero = 0, kAllOne = 1, kBits = 2 };

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> (8 * i));
}

void put_varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}

void put_bytes(std::string& out, std::string_view s) {
  put<std::uint32_t>(out, static_cast<std::uint32_t>(s.size()));
  out += s;
}

void put_bitmap(std::string& out, const Bitmap& b) {
  if (b.none()) {
    out += static_cast<char>(kAllZero);
  } else if (b.all()) {
    out += static_cast<char>(kAllOne);
  } else {
    out += static_cast<char>(kBits);
    out.append(reinterpret_cast<const char*>(b.data()), b.bytes());
  }
}

void put_column(std::string& out, const Column& column, const Bitmap& changed) {
  put_bytes(out, column.spec.path);
  put<std::int32_t>(out, static_cast<std::int32_t>(column.spec.type));
  Bitmap valid = changed;
  valid.and_with(column.valid);
  put_bitmap(out, changed);
  put_bitmap(out, valid);
  const std::size_t rows = valid.size();
  if (is_variable(column.spec.type)) {
    for (std::size_t r = 0; r < rows; ++r)
      if (valid.get(r)) put_varint(out, column.str(r).size());
    for (std::size_t r = 0; r < rows; ++r) {
      if (!valid.get(r)) continue;
      std::size_t run = r;  // neighbours lie side by side: one copy
      while (run + 1 < rows && valid.get(run + 1)) ++run;
      auto from = static_cast<std::size_t>(column.offsets[r]);
      out.append(column.values, from, static_cast<std::size_t>(column.offsets[run + 1]) - from);
      r = run;
    }
    return;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    if (!valid.get(r)) continue;
    if (column.spec.type == ColumnType::kBool) {
      out += static_cast<char>(column.i64[r] != 0);
    } else if (column.spec.type == ColumnType::kF64) {
      std::uint64_t bits;
      std::memcpy(&bits, &column.f64[r], 8);
      put(out, bits);
    } else {
      put(out, column.i64[r]);
    }
  }
}

bool storable(ColumnType t) {
  return is_variable(t) || t == ColumnType::kI64 || t == ColumnType::kF64 || t == ColumnType::kBool;
}

// Reads from the front of a chunk's body. After the first failure every get answers 0 and ok() is false.
class Input {
 public:
  explicit Input(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::size_t left() const { return in_.size(); }

  std::string_view take(std::uint64_t n) {
    if (n > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    std::string_view s = in_.substr(0, static_cast<std::size_t>(n));
    in_.remove_prefix(static_cast<std::size_t>(n));
    return s;
  }

  template <class T>
  T get() {
    std::string_view s = take(sizeof(T));
    std::make_unsigned_t<T> v = 0;
    for (std::size_t i = 0; i < s.size(); ++i)
      v |= static_cast<std::make_unsigned_t<T>>(static_cast<unsigned char>(s[i])) << (8 * i);
    return static_cast<T>(v);
  }

  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      std::string_view s = take(1);
      if (s.empty()) return 0;
      auto c = static_cast<unsigned char>(s[0]);
      if (shift == 63 && c > 1) break;
      v |= static_cast<std::uint64_t>(c & 0x7F) << shift;
      if (c < 0x80) return v;
    }
    ok_ = false;
    return 0;
  }

  std::string_view bytes() { return take(get<std::uint32_t>()); }

  void bitmap(std::size_t bits, Bitmap& b) {
    auto tag = get<std::uint8_t>();
    if (tag > kBits) ok_ = false;
    b.assign(bits, tag == kAllOne);
    if (tag != kBits) return;
    std::string_view s = take(b.bytes());
    if (s.empty()) return;
    std::memcpy(b.data(), s.data(), s.size());
    if (bits % 8 != 0 && b.data()[b.bytes() - 1] >> (bits % 8)) ok_ = false;  // bits past the end
    if (!ok_) b.assign(bits, false);
  }

 private:
  std::string_view in_;
  bool ok_ = true;
};

Status damaged(const std::string& what) {
  return Status::store("a checkpoint chunk is damaged: " + what +
                       ". Remove the checkpoint (or run again without it) to compute it anew");
}

Column& find_or_add(Batch& batch, const ColumnSpec& spec) {
  auto it = std::find_if(batch.columns.begin(), batch.columns.end(),
                         [&](const Column& c) { return c.spec == spec; });
  if (it == batch.columns.end()) {
    batch.columns.emplace_back();
    it = batch.columns.end() - 1;
    it->spec = spec;
  }
  if (it->valid.size() != batch.rows()) it->reset(batch.rows());
  return *it;
}

// Cells of rows in `changed` come from `lengths` and `data`, the others stay.
void overwrite(Column& column, const Bitmap& changed, const Bitmap& valid,
               const std::vector<std::uint64_t>& lengths, std::string_view data) {
  const std::size_t rows = changed.size();
  std::string values;
  values.reserve(changed.all() ? data.size() : column.values.size() + data.size());
  std::vector<std::int64_t> offsets(rows + 1, 0);
  std::size_t next = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    if (!changed.get(r)) {
      values += column.str(r);
    } else if (valid.get(r)) {
      auto n = static_cast<std::size_t>(lengths[next++]);
      values += data.substr(0, n);
      data.remove_prefix(n);
    }
    offsets[r + 1] = static_cast<std::int64_t>(values.size());
  }
  column.values.swap(values);
  column.offsets.swap(offsets);
}

Status apply_column(Input& in, Batch& batch) {
  ColumnSpec spec;
  spec.path = in.bytes();
  spec.type = static_cast<ColumnType>(in.get<std::int32_t>());
  if (!in.ok() || !storable(spec.type)) return damaged("a column of an unknown type");
  Bitmap changed, valid;
  in.bitmap(batch.rows(), changed);
  in.bitmap(batch.rows(), valid);
  if (!in.ok()) return damaged("a bitmap of column '" + spec.path + "' is cut off");
  for (std::size_t i = 0; i < valid.bytes(); ++i)
    if (valid.data()[i] & ~changed.data()[i]) return damaged("column '" + spec.path + "' has values for unchanged cells");
  const std::size_t cells = valid.count();
  Column& column = find_or_add(batch, spec);
  if (is_variable(spec.type)) {
    std::vector<std::uint64_t> lengths;
    lengths.reserve(cells);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < cells && in.ok(); ++i) {
      lengths.push_back(in.varint());
      if (lengths.back() > in.left() || (total += lengths.back()) > in.left())
        return damaged("the values of column '" + spec.path + "' are cut off");
    }
    std::string_view data = in.take(total);
    if (!in.ok()) return damaged("the values of column '" + spec.path + "' are cut off");
    overwrite(column, changed, valid, lengths, data);
  } else {
    const bool is_bool = spec.type == ColumnType::kBool;
    std::string_view data = in.take(std::uint64_t{cells} * (is_bool ? 1 : 8));
    if (!in.ok()) return damaged("the values of column '" + spec.path + "' are cut off");
    Input values(data);
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      if (!valid.get(r)) continue;
      if (is_bool) column.i64[r] = values.get<std::uint8_t>() != 0;
      else if (spec.type == ColumnType::kI64) column.i64[r] = values.get<std::int64_t>();
      else {
        auto bits = values.get<std::uint64_t>();
        std::memcpy(&column.f64[r], &bits, 8);
      }
    }
  }
  for (std::size_t i = 0; i < changed.bytes(); ++i) {
    std::uint8_t c = changed.data()[i];
    column.valid.data()[i] = static_cast<std::uint8_t>((column.valid.data()[i] & ~c) | valid.data()[i]);
    column.changed_ever.data()[i] |= c;
  }
  return {};
}

}  // namespace

void encode_delta(Batch& batch, std::int32_t after_op, std::string& out) {
  const std::size_t start = out.size();
  out += kMagic;
  put<std::uint64_t>(out, 0);  // size of the body, set below
  const std::size_t body = out.size();
  put<std::uint64_t>(out, batch.first_row);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(batch.rows()));
  put_bitmap(out, batch.alive);

  auto is_new = [&](const RowFault& f) { return f.op > after_op; };
  put<std::uint32_t>(out, static_cast<std::uint32_t>(
                              std::count_if(batch.faults.begin(), batch.faults.end(), is_new)));
  for (const RowFault& f : batch.faults) {
    if (!is_new(f)) continue;
    put<std::uint32_t>(out, static_cast<std::uint32_t>(f.row));
    put<std::int32_t>(out, f.op);
    put<std::int32_t>(out, f.code);
    put_bytes(out, f.reason);
  }

  const std::size_t count_at = out.size();
  put<std::uint32_t>(out, 0);
  std::uint32_t columns = 0;
  for (Column& column : batch.columns) {
    if (!storable(column.spec.type) || column.changed.size() != batch.rows()) continue;
    Bitmap changed = column.changed;
    changed.and_with(batch.alive);
    column.changed.assign(batch.rows(), false);
    if (changed.none()) continue;
    put_column(out, column, changed);
    ++columns;
  }
  auto patch = [&](std::size_t at, std::uint64_t v, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[at + i] = static_cast<char>(v >> (8 * i));
  };
  patch(count_at, columns, 4);
  patch(start + kMagic.size(), out.size() - body, 8);
}

Status apply_delta(std::string_view& chunks, Batch& batch) {
  Input head(chunks);
  if (head.take(kMagic.size()) != kMagic) return damaged("it does not begin with OPD1");
  auto size = head.get<std::uint64_t>();
  std::string_view body = head.take(size);
  if (!head.ok()) return damaged("it is cut off");
  Input in(body);
  auto first_row = in.get<std::uint64_t>();
  auto rows = in.get<std::uint32_t>();
  if (!in.ok()) return damaged("its head is cut off");
  if (first_row != batch.first_row || rows != batch.rows())
    return damaged("it is for " + std::to_string(rows) + " records from " + std::to_string(first_row) +
                   " on, the batch has " + std::to_string(batch.rows()) + " from " +
                   std::to_string(batch.first_row) + " on");
  Bitmap alive;
  in.bitmap(rows, alive);
  if (!in.ok()) return damaged("its selection is cut off");
  batch.alive.and_with(alive);

  auto faults = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < faults; ++i) {
    auto row = in.get<std::uint32_t>();
    auto op = in.get<std::int32_t>();
    auto code = in.get<std::int32_t>();
    std::string_view reason = in.bytes();
    if (!in.ok() || row >= rows) return damaged("its list of faults is cut off");
    batch.fail(row, op, code, std::string(reason));
  }

  auto columns = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < columns && in.ok(); ++i) OPH_TRY(apply_column(in, batch));
  if (!in.ok()) return damaged("its columns are cut off");
  if (!in.at_end()) return damaged("bytes follow its last column");
  chunks.remove_prefix(kMagic.size() + 8 + body.size());
  return {};
}

}  // namespace ophost
