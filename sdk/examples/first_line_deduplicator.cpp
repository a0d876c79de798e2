// A deduplicator: records with the same first line are duplicates; the first of them stays. Keys
// are 128 bits wide, given as (high, low); the hash column is filled only when the recipe asks for
// it.
#include <cstdio>

#include "ophost/ophost.hpp"

class FirstLineDeduplicator {
 public:
  static constexpr auto kInfo =
      ophost::deduplicator("example_first_line_deduplicator")
          .summary("Keeps the first of all records that begin with the same line.")
          .reads("$text_key")
          .writes("$keys:u64x", "example_first_line_hash")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("example_first_line_deduplicator:\n");

  FirstLineDeduplicator(const ophost::Params&, ophost::Host) {}

  std::size_t width() const { return 2; }  // one key

  void keys(std::string_view text, std::uint64_t* key, std::string* hash) const {
    const std::string_view line = text.substr(0, text.find('\n'));
    key[0] = fnv1a(line, 14695981039346656037u);
    key[1] = fnv1a(line, key[0] ^ line.size());
    if (hash == nullptr) return;
    char hex[33];
    std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(key[0]),
                  static_cast<unsigned long long>(key[1]));
    *hash = hex;
  }

 private:
  // Enough for an example; a real deduplicator takes a hash whose 128 bits are all independent.
  static std::uint64_t fnv1a(std::string_view s, std::uint64_t h) {
    for (const char c : s) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return h;
  }
};

OPHOST_PLUGIN("org.example.first-line", "1.0.0", FirstLineDeduplicator);
