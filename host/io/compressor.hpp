// Compressed output: blocks go in, and come out in the same order as gzip members or zstd frames of their own, a few of them
// being compressed at once on other threads. Private to host/io. One thread calls.
#pragma once

#include <deque>
#include <future>
#include <string>

#include "host/base/status.hpp"
#include "host/io/source.hpp"

namespace ophost {

// One block as a gzip member or zstd frame; the empty block gives a valid empty file. Not for kNone. Any thread.
Result<std::string> compress_block(Compression compression, const std::string& block);

class BlockPipeline {
 public:
  explicit BlockPipeline(Compression compression);

  void push(std::string block);
  // More blocks are on their way than should be: take one before the next push.
  bool full() const { return running_.size() >= limit_; }
  bool empty() const { return running_.empty(); }
  Result<std::string> take();  // the oldest; waits for it

 private:
  Compression compression_;
  std::size_t limit_;
  std::deque<std::future<Result<std::string>>> running_;  // their destructors wait
};

}  // namespace ophost
