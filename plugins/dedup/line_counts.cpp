// line_counts.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/line_counts.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>

namespace ophost::dedup {
namespace {

constexpr std::size_t kHash = 16;
constexpr std::size_t kRecord = kHash + 8;

// Big-endian, so that bytes sort as numbers do.
void put(std::string& out, std::uint64_t v) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift);
}
std::uint64_t get(const char* p) {
  std::uint64_t v = 0;
  for (int k = 0; k < 8; ++k) v = v << 8 | static_cast<unsigned char>(p[k]);
  return v;
}

}  // namespace

void LineCounts::add(const Md5& line, std::uint64_t times) {
  add(line.word(0), line.word(8), times);
}

void LineCounts::add(std::uint64_t high, std::uint64_t low, std::uint64_t times) {
  if (10 * (used_ + 1) > 7 * slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = low & mask;  // MD5 bits are as good as random
  while (slots_[i].count != 0 && (slots_[i].high != high || slots_[i].low != low)) {
    i = (i + 1) & mask;
  }
  if (slots_[i].count == 0) {
    ++used_;
    slots_[i].high = high;
    slots_[i].low = low;
  }
  slots_[i].count += times;
}

void LineCounts::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(std::max<std::size_t>(64, 2 * old.size()), {});
  used_ = 0;
  for (const Slot& s : old) {
    if (s.count != 0) add(s.high, s.low, s.count);
  }
}

void LineCounts::merge(const LineCounts& from) {
  documents += from.documents;
  for (const Slot& s : from.slots_) {
    if (s.count != 0) add(s.high, s.low, s.count);
  }
}

std::vector<LineCounts::Slot> LineCounts::sorted() const {
  std::vector<Slot> all;
  all.reserve(used_);
  for (const Slot& s : slots_) {
    if (s.count != 0) all.push_back(s);
  }
  std::sort(all.begin(), all.end(), [](const Slot& a, const Slot& b) {
    return std::tie(a.high, a.low) < std::tie(b.high, b.low);
  });
  return all;
}

void LineCounts::save(std::string& out) const {
  out.reserve(out.size() + 8 + kRecord * used_);
  put(out, documents);
  for (const Slot& s : sorted()) {
    put(out, s.high);
    put(out, s.low);
    put(out, s.count);
  }
}

void LineCounts::load(std::string_view bytes) {
  if (bytes.size() % kRecord != 8) {
    throw std::runtime_error("the saved line counts are cut off");
  }
  *this = LineCounts();
  documents = get(bytes.data());
  for (std::size_t at = 8; at < bytes.size(); at += kRecord) {
    const char* p = bytes.data() + at;
    add(get(p), get(p + 8), get(p + 16));
  }
}

std::string LineCounts::above(std::int64_t threshold) const {
  std::string out;
  for (const Slot& s : sorted()) {
    if (threshold >= 0 && s.count <= static_cast<std::uint64_t>(threshold)) continue;
    put(out, s.high);
    put(out, s.low);
  }
  return out;
}

bool is_among(std::string_view hashes, const Md5& line) {
  std::size_t low = 0, high = hashes.size() / kHash;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = std::memcmp(hashes.data() + kHash * middle, line.bytes, kHash);
    if (order == 0) return true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

}  // namespace ophost::dedup
