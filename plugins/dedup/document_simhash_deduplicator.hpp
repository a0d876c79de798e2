// document_simhash_deduplicator.hpp: records whose SimHash signatures are near each other are one.
// Owner: plugins/dedup; an instance serves one thread at a time.
//
// The key of a record is its signature; near_keys() links the signatures that differ in few bits,
// so that the memory for it grows with the distinct signatures, not with the records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ophost/ophost.hpp"
#include "plugins/dedup/shingles.hpp"
#include "plugins/dedup/simhash.hpp"

namespace ophost::dedup {

class DocumentSimhashDeduplicator {
 public:
  static constexpr auto kInfo =
      deduplicator("document_simhash_deduplicator")
          .summary("Keeps the first of the records whose SimHash signatures differ in few bits.")
          .params(OPHOST_PARAMS(OPHOST_SHINGLE_PARAMS(
              "\"space\",\"punctuation\",\"character\"",
              "6") "," OPHOST_PARAM_WITH("num_blocks", "integer", "6", ",\"minimum\":1",
                                         "Must be greater than hamming_distance; decides nothing "
                                         "else.") "," OPHOST_PARAM_WITH("hamming_distance",
                                                                        "integer", "4",
                                                                        ",\"minimum\":1",
                                                                        "Bits in which near "
                                                                        "signatures may differ.")))
          .reads("$text_key", "__dj__simhash")
          .writes("$keys:u64x", "__dj__simhash")
          .promises(kPure)
          .cost("expensive")
          .example("- document_simhash_deduplicator:\n    hamming_distance: 4\n");

  DocumentSimhashDeduplicator(const Params& params, Host host);

  std::size_t width() const { return 2; }
  // A decimal number in `__dj__simhash` is taken as the signature; anything else there is replaced.
  void keys(const Row& row, std::uint64_t* out, std::string* hash);
  void near_keys(const std::uint64_t* keys, std::uint64_t count, const KeyLinker& link) const;

 private:
  SimHash simhash_;
  unsigned distance_;
  Host host_;
};

}  // namespace ophost::dedup
