// document_minhash_deduplicator.hpp: records that share a band of their MinHash signatures are one.
// Owner: plugins/dedup; an instance serves one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/dedup/bands.hpp"
#include "plugins/dedup/permutations.hpp"
#include "plugins/dedup/sha1.hpp"
#include "plugins/dedup/shingles.hpp"

namespace ophost::dedup {

#define OPHOST_OPTIONAL_COUNT(name, description)                        \
  "\"" name                                                             \
  "\":{\"type\":[\"integer\",\"null\"],\"default\":null,\"minimum\":1," \
  "\"description\":\"" description "\"}"
#define OPHOST_MINHASH_PARAMS \
  OPHOST_PARAMS(OPHOST_SHINGLE_PARAMS("\"space\",\"punctuation\",\"character\",\"sentencepiece\"", "5") ","\
                OPHOST_PARAM_WITH("num_permutations", "integer", "256", ",\"minimum\":1",          \
                                  "Length of the signature.") ","                                  \
                OPHOST_PARAM_WITH("jaccard_threshold", "number", "0.7",                            \
                                  ",\"minimum\":0,\"maximum\":1",                                  \
                                  "Similarity from which on two texts should meet.") ","           \
                OPHOST_OPTIONAL_COUNT("num_bands",                                                 \
                                      "Bands; chosen from the threshold unless both this and "     \
                                      "num_rows_per_band are given.") ","                          \
                OPHOST_OPTIONAL_COUNT("num_rows_per_band", "Signature values in a band.") ","      \
                "\"tokenizer_model\":{\"type\":[\"string\",\"null\"],\"default\":null,"            \
                "\"description\":\"Sentencepiece model: a resource name or an absolute path; "      \
                "only used by that tokenization.\"}")

// The kernel: text to band keys. Texts without shingles have the same keys, all of them.
class MinHash {
 public:
  MinHash(const Params& params, const Host& host);

  std::size_t bands() const { return bands_.bands; }
  // 2 * bands() values: a 128-bit hash of every band. `hash`, unless NULL, becomes the JSON list of
  // the bands' rows as hexadecimal digits.
  void keys(std::string_view text, std::uint64_t* out, std::string* hash);
  // The same from the list that keys() wrote for an earlier operator. False when it has another
  // shape.
  bool stored_keys(std::string_view json, std::uint64_t* out);

 private:
  Shingler shingler_;
  Permutations permutations_;
  Bands bands_;
  Sha1Function sha1_;
  std::vector<Message> messages_;
  std::vector<std::uint32_t> hashes_, signature_;
};

class DocumentMinhashDeduplicator {
 public:
  static constexpr auto kInfo =
      deduplicator("document_minhash_deduplicator")
          .summary("Keeps the first of the records whose texts are similar by MinHash and banding.")
          .params(OPHOST_MINHASH_PARAMS)
          .reads("$text_key", "__dj__minhash:json")
          .writes("$keys:u64x", "__dj__minhash:json")
          .promises(kPure)
          .cost("expensive")
          .example("- document_minhash_deduplicator:\n    jaccard_threshold: 0.7\n");

  DocumentMinhashDeduplicator(const Params& params, Host host) : minhash_(params, host) {}

  std::size_t width() const { return 2 * minhash_.bands(); }
  void keys(const Row& row, std::uint64_t* out, std::string* hash);

 private:
  MinHash minhash_;
};

// The survivor of a component is the record with the smallest `__dj__uid`.
class DocumentMinhashDeduplicatorWithUid {
 public:
  static constexpr auto kInfo =
      deduplicator("document_minhash_deduplicator_with_uid")
          .summary(
              "As document_minhash_deduplicator; of similar records the smallest __dj__uid stays.")
          .params(OPHOST_MINHASH_PARAMS)
          .reads("$text_key", "__dj__minhash:json", "__dj__uid:i64")
          .writes("$keys:u64x", "__dj__minhash:json")
          .promises(kPure)
          .cost("expensive")
          .example("- document_minhash_deduplicator_with_uid:\n    jaccard_threshold: 0.7\n");

  DocumentMinhashDeduplicatorWithUid(const Params& params, Host host)
      : minhash_(params, host) {}

  std::size_t width() const { return 2 * minhash_.bands(); }
  void keys(const Row& row, std::uint64_t* out, std::string* hash);
  std::int64_t rank(const Row& row);

 private:
  MinHash minhash_;
};

}  // namespace ophost::dedup
