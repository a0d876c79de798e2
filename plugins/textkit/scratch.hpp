// An array for scratch data that is written before it is read: no zero fill. It grows as needed and keeps its memory,
// but for what one huge record needed: that is given back at the next reserve().
// Owner: plugins/textkit. One per instance, so one thread at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>

namespace ophost::textkit {

template <typename T>
class Scratch {
 public:
  // Room for `size` values; the contents are undefined afterwards, unless the size never changes.
  T* reserve(std::size_t size) {
    const bool wasteful = capacity_ * sizeof(T) > kKeepBytes && size < capacity_ / 8;
    if (size > capacity_ || wasteful) {
      capacity_ = std::bit_ceil(size);
      values_.reset();  // before the new one: a huge record needs the room
      values_ = std::make_unique_for_overwrite<T[]>(capacity_);
    }
    return values_.get();
  }
  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t kKeepBytes = 1u << 20;
  std::unique_ptr<T[]> values_;
  std::size_t capacity_ = 0;
};

}  // namespace ophost::textkit
