// KenLM's binary format, version 5, "probing hash tables" (what its build_binary makes by default),
// mapped into memory. Owner: plugins/perplexity.
//
//   header      the magic text, test values, 20 bytes of parameters, a count per order; up to the
//               next multiple of 8 bytes
//   vocabulary  8 bytes, then a table of hash_word to a 32-bit number
//   1-grams     count + 1 weights of 8 bytes, by number
//   n-grams     for each order a table of the n-gram's hash to its weights; the longest have no
//               backoff, so 4 bytes
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>

#include "ophost/ophost.hpp"
#include "plugins/perplexity/ngram_model.hpp"

namespace ophost {
namespace {

constexpr char kMagic[] = "mmap lm http://kheafield.com/code format version 5\n\0";
constexpr std::string_view kMagicBegin = "mmap lm http://kheafield.com/code ";

struct Header {
  char magic[(sizeof kMagic + 7) / 8 * 8];
  float zero, one, minus_half;
  std::uint32_t one_word, max_word, padding;
  std::uint64_t one_long;
};

struct Parameters {
  std::uint8_t order;
  float multiplier;
  std::uint32_t type;
  std::uint8_t has_words;
  std::uint32_t version;
};
static_assert(sizeof(Header) == 88 && sizeof(Parameters) == 20, "as they lie in the file");

// A file mapped for reading.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file >= 0 && ::fstat(file, &status) == 0 && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
    }
    const int error = errno;
    if (file >= 0) ::close(file);
    if (data_ == MAP_FAILED) {
      throw ConfigError("'" + path + "' cannot be mapped: " + std::strerror(error));
    }
  }
  ~Mapping() { ::munmap(data_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = MAP_FAILED;
  std::size_t size_ = 0;
};

class MappedModel : public NgramModel {
 public:
  explicit MappedModel(const std::string& path) : path_(path), file_(path), rest_(file_.bytes()) {
    Header reference{};
    std::memcpy(reference.magic, kMagic, sizeof kMagic);
    reference.one = 1;
    reference.minus_half = -0.5;
    reference.one_word = 1;
    reference.max_word = UINT32_MAX;
    reference.one_long = 1;
    const char* const header = take(sizeof reference, "its header");
    if (std::memcmp(header, &reference, sizeof reference) != 0) {
      fail("expected version 5 of KenLM's binary format, made on a 64-bit little-endian machine");
    }
    Parameters p;
    std::memcpy(&p, take(sizeof p, "its parameters"), sizeof p);
    static constexpr const char* kTypes[] = {
        "probing hash tables",   "probing hash tables with rest costs", "trie", "quantized trie",
        "array-compressed trie", "quantized array-compressed trie"};
    if (p.type != 0 || p.version != 0) {
      fail(std::string("its data structure is ") +
           (p.type < std::size(kTypes) ? kTypes[p.type] : "unknown") +
           ", which is not supported: give KenLM's \"probing\" structure (build_binary probing) or "
           "the ARPA text file");
    }
    order_ = p.order;
    if (order_ < 2 || order_ > kMaxOrder || !(p.multiplier >= 1) || !std::isfinite(p.multiplier)) {
      fail("its header has impossible parameters");
    }
    std::vector<std::uint64_t> counts(order_);
    const std::size_t count_bytes = order_ * sizeof(std::uint64_t);
    std::memcpy(counts.data(), take(count_bytes, "its counts"), count_bytes);
    const std::size_t used = sizeof reference + sizeof p + count_bytes;
    take((8 - used % 8) % 8, "its header");
    take(8, "its vocabulary");
    vocabulary_ = table(sizeof(std::uint32_t), counts[0], p.multiplier, "its vocabulary");
    check(counts[0], sizeof(Weights), "its 1-grams");
    unigrams_ = take((counts[0] + 1) * sizeof(Weights), "its 1-grams");
    words_ = counts[0] + 1;
    for (std::size_t n = 2; n < order_; ++n) {
      middle_.push_back(table(sizeof(Weights), counts[n - 1], p.multiplier, "its n-grams"));
    }
    longest_ = table(sizeof(float), counts[order_ - 1], p.multiplier, "its longest n-grams");
    finish(path_);
    if (begin_ >= words_ || end_ >= words_) fail("its vocabulary numbers words beyond its 1-grams");
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw ConfigError("'" + path_ + "' is no usable KenLM binary: " + why);
  }
  void check(std::uint64_t count, std::size_t bytes, const char* what) const {
    if (count >= rest_.size() / bytes) {
      fail(std::string("the file ends within ") + what + "; is it complete?");
    }
  }
  const char* take(std::size_t bytes, const char* what) {
    if (bytes > rest_.size()) {
      fail(std::string("the file ends within ") + what + "; is it complete?");
    }
    const char* const begin = rest_.data();
    rest_.remove_prefix(bytes);
    return begin;
  }
  NgramTable table(std::size_t value_bytes, std::uint64_t entries, float multiplier,
                   const char* what) {
    check(entries, 8 + value_bytes, what);
    // In float, as the file's maker did: this is how large the table is.
    const auto grown = static_cast<std::uint64_t>(multiplier * static_cast<float>(entries));
    const std::uint64_t buckets = std::max(entries + 1, grown);
    check(buckets - 1, 8 + value_bytes, what);
    const char* const begin = take(buckets * (8 + value_bytes), what);
    return {value_bytes, begin, buckets};
  }

  std::string path_;
  Mapping file_;
  std::string_view rest_;  // what of the file has not been taken
  std::uint64_t words_ = 0;
};

}  // namespace

bool is_kenlm_binary(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char begin[kMagicBegin.size()] = {};
  const ssize_t n = file < 0 ? 0 : ::read(file, begin, sizeof begin);
  if (file >= 0) ::close(file);
  return n == static_cast<ssize_t>(sizeof begin) &&
         kMagicBegin == std::string_view(begin, sizeof begin);
}

std::shared_ptr<const NgramModel> map_kenlm_binary(const std::string& path) {
  return std::make_shared<MappedModel>(path);
}

}  // namespace ophost
