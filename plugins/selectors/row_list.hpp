// An ascending list of row ids, kept as runs of consecutive ones: a few bytes when rows come as the
// input has them. Owner: plugins/selectors. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/selectors/bytes.hpp"

namespace ophost::selectors {

class RowList {
 public:
  // `row` must be greater than all rows before.
  void add(std::uint64_t row) { add_run(row, 1); }
  // The rows of `later`, all greater than those of this list.
  void append(const RowList& later) {
    later.for_each_run([&](std::uint64_t first, std::uint64_t n) { add_run(first, n); });
  }

  std::uint64_t size() const { return size_; }

  // f(first row, number of rows) for every run.
  template <class F>
  void for_each_run(F&& f) const {
    std::uint64_t end = 0;
    for (ByteReader in(closed_); !in.done();) {
      const std::uint64_t first = end + in.varint();
      const std::uint64_t n = in.varint();
      end = first + n;
      f(first, n);
    }
    if (open_size_ != 0) f(open_first_, open_size_);
  }
  template <class F>
  void for_each(F&& f) const {
    for_each_run([&](std::uint64_t first, std::uint64_t n) {
      for (std::uint64_t k = 0; k < n; ++k) f(first + k);
    });
  }

  void save(std::string& out) const {
    std::string runs = closed_;
    if (open_size_ != 0) put_run(runs);
    put_text(out, runs);
  }
  void load(ByteReader& in) {
    *this = RowList();
    std::uint64_t end = 0;
    for (ByteReader runs(in.text()); !runs.done();) {
      const std::uint64_t first = end + runs.varint();
      const std::uint64_t n = runs.varint();
      add_run(first, n);
      end = first + n;
    }
  }

 private:
  void add_run(std::uint64_t first, std::uint64_t n) {
    size_ += n;
    if (open_size_ != 0 && open_first_ + open_size_ == first) {
      open_size_ += n;
      return;
    }
    if (open_size_ != 0) {
      put_run(closed_);
      closed_end_ = open_first_ + open_size_;
    }
    open_first_ = first;
    open_size_ = n;
  }
  void put_run(std::string& out) const {
    put_varint(out, open_first_ - closed_end_);
    put_varint(out, open_size_);
  }

  std::string closed_;  // (gap since the run before, length) pairs
  std::uint64_t closed_end_ = 0;
  std::uint64_t open_first_ = 0, open_size_ = 0;  // the last run, which may still grow
  std::uint64_t size_ = 0;
};

}  // namespace ophost::selectors
