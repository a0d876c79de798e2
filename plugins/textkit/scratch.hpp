// A grow-only array for scratch data that is written before it is read: no zero fill, no shrinking.
// Owner: plugins/textkit. One per instance, so one thread at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>

namespace ophost::textkit {

template <typename T>
class Scratch {
 public:
  // Room for `size` values; the contents are undefined whenever the array had to grow.
  T* reserve(std::size_t size) {
    if (size > capacity_) {
      capacity_ = std::bit_ceil(size);
      values_ = std::make_unique_for_overwrite<T[]>(capacity_);
    }
    return values_.get();
  }
  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  std::size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t capacity_ = 0;
};

}  // namespace ophost::textkit
