/* ophost/testing/columns.hpp: literal records for a test, and the batches they are cut into.
 *
 * A batch is laid out to be unkind: offsets do not begin at 0, buffers end exactly where they must,
 * and the cells of dropped rows hold something else. Single-threaded. */
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ophost/batch.hpp"

namespace ophost::testing {

/** One column of literal values; std::nullopt is null. */
struct Column {
  std::int32_t type = OPH_T_STR;
  std::uint32_t width = 1;                       // values per row, u64x only
  std::vector<std::optional<std::string>> text;  // str, bytes, json
  std::vector<std::optional<std::int64_t>> i64;  // i64 and bool
  std::vector<std::optional<double>> f64;
  std::vector<std::uint64_t> u64x;

  static Column str(std::vector<std::optional<std::string>> v) {
    Column c;
    c.text = std::move(v);
    return c;
  }
  static Column json(std::vector<std::optional<std::string>> v) {
    Column c = str(std::move(v));
    c.type = OPH_T_JSON;
    return c;
  }
  static Column bytes(std::vector<std::optional<std::string>> v) {
    Column c = str(std::move(v));
    c.type = OPH_T_BYTES;
    return c;
  }
  static Column ints(std::vector<std::optional<std::int64_t>> v) {
    Column c;
    c.type = OPH_T_I64;
    c.i64 = std::move(v);
    return c;
  }
  static Column bools(std::vector<std::optional<std::int64_t>> v) {
    Column c = ints(std::move(v));
    c.type = OPH_T_BOOL8;
    return c;
  }
  static Column doubles(std::vector<std::optional<double>> v) {
    Column c;
    c.type = OPH_T_F64;
    c.f64 = std::move(v);
    return c;
  }

  std::size_t rows() const {
    if (is_variable(type)) return text.size();
    if (type == OPH_T_F64) return f64.size();
    return type == OPH_T_U64X ? u64x.size() / width : i64.size();
  }
  bool is_null(std::size_t r) const {
    if (is_variable(type)) return !text[r].has_value();
    if (type == OPH_T_F64) return !f64[r].has_value();
    return type != OPH_T_U64X && !i64[r].has_value();
  }
};

/** The oph_batch of chosen rows of some columns; owns everything the batch points to. */
class Batch {
 public:
  /** `rows` are ascending row numbers of the columns; `live[i]` tells whether rows[i] is live. */
  Batch(const std::vector<Column>& columns, const std::vector<std::uint64_t>& rows,
        const std::vector<bool>& live)
      : ids_(rows), live_(live) {
    for (const Column& c : columns) add(c);
    bool all = true;
    std::vector<std::uint8_t> bits((rows.size() + 7) / 8);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (live[i])
        bits[i >> 3] = static_cast<std::uint8_t>(bits[i >> 3] | (1u << (i & 7)));
      else
        all = false;
    }
    batch_.struct_size = sizeof batch_;
    batch_.column_count = static_cast<std::uint32_t>(columns_.size());
    batch_.rows = rows.size();
    batch_.columns = columns_.data();
    batch_.row_ids = ids_.data();
    batch_.selection = all ? nullptr : static_cast<const std::uint8_t*>(exact(bits));
  }
  const oph_batch* get() const { return &batch_; }
  std::size_t size() const { return ids_.size(); }
  bool live(std::size_t i) const { return live_[i]; }

 private:
  void add(const Column& c) {
    oph_column out{c.type, c.type == OPH_T_U64X ? c.width : 0, nullptr, nullptr, nullptr};
    std::vector<std::uint8_t> valid((ids_.size() + 7) / 8);
    std::vector<std::int64_t> offsets{3};
    std::string bytes = "\xC2\xA7|";
    std::vector<std::int64_t> i64;
    std::vector<double> f64;
    std::vector<std::uint8_t> bools;
    std::vector<std::uint64_t> u64x;
    bool all_valid = true;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const std::size_t r = ids_[i];
      const bool null = c.is_null(r);
      if (null)
        all_valid = false;
      else
        valid[i >> 3] = static_cast<std::uint8_t>(valid[i >> 3] | (1u << (i & 7)));
      if (is_variable(c.type)) {
        bytes += !live_[i] ? "dropped earlier" : null ? "" : *c.text[r];
        offsets.push_back(static_cast<std::int64_t>(bytes.size()));
      }
      if (c.type == OPH_T_I64) i64.push_back(live_[i] && !null ? *c.i64[r] : -77);
      if (c.type == OPH_T_F64) f64.push_back(live_[i] && !null ? *c.f64[r] : -77.5);
      if (c.type == OPH_T_BOOL8) bools.push_back(live_[i] && !null && *c.i64[r] != 0);
      for (std::uint32_t k = 0; c.type == OPH_T_U64X && k < c.width; ++k) {
        u64x.push_back(c.u64x[r * c.width + k]);
      }
    }
    if (!all_valid) out.validity = static_cast<const std::uint8_t*>(exact(valid));
    if (is_variable(c.type)) {
      out.offsets = static_cast<const std::int64_t*>(exact(offsets));
      out.values = exact(std::vector<char>(bytes.begin(), bytes.end()));
    }
    if (c.type == OPH_T_I64) out.values = exact(i64);
    if (c.type == OPH_T_F64) out.values = exact(f64);
    if (c.type == OPH_T_BOOL8) out.values = exact(bools);
    if (c.type == OPH_T_U64X) out.values = exact(u64x);
    columns_.push_back(out);
  }
  /** A copy that ends where its allocation ends, so that a sanitizer sees a read beyond it. */
  template <class T>
  const void* exact(const std::vector<T>& v) {
    // operator new[] of bytes is aligned for every type used here.
    memory_.push_back(std::make_unique<unsigned char[]>(v.size() * sizeof(T)));
    if (!v.empty()) std::memcpy(memory_.back().get(), v.data(), v.size() * sizeof(T));
    return memory_.back().get();
  }

  std::vector<std::uint64_t> ids_;
  std::vector<bool> live_;
  std::vector<oph_column> columns_;
  std::vector<std::unique_ptr<unsigned char[]>> memory_;
  oph_batch batch_{};
};

}  // namespace ophost::testing
