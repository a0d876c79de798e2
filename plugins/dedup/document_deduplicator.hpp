// document_deduplicator.hpp: records with the same text are one. Owner: plugins/dedup; an instance
// serves one thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "ophost/ophost.hpp"

namespace ophost::dedup {

// The key is the MD5 of the stripped text. A record that brings `__dj__hash` from an earlier
// deduplicator is taken at its word, even when its text has changed since.
class DocumentDeduplicator {
 public:
  static constexpr auto kInfo =
      deduplicator("document_deduplicator")
          .summary("Keeps the first of the records whose texts are equal.")
          .params(OPHOST_PARAMS(OPHOST_PARAM(
              "lowercase", "boolean", "false",
              "Compare texts in lower case.") "," OPHOST_PARAM("ignore_non_character", "boolean",
                                                               "false",
                                                               "Leave white space, digits and "
                                                               "ASCII punctuation out of the "
                                                               "comparison.")))
          .reads("$text_key", "__dj__hash")
          .writes("$keys:u64x", "__dj__hash")
          .promises(kPure)
          .cost("cheap")
          .example("- document_deduplicator:\n    lowercase: true\n");

  DocumentDeduplicator(const Params& params, Host);

  std::size_t width() const { return 2; }
  void keys(const Row& row, std::uint64_t* out, std::string* hash);

 private:
  bool lowercase_, ignore_non_character_;
  std::string lowered_, kept_;
};

}  // namespace ophost::dedup
