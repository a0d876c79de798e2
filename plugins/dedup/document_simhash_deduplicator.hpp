// document_simhash_deduplicator.hpp: records whose SimHash signatures are near each other are one.
// Owner: plugins/dedup; an instance serves one thread at a time.
//
// Written as a selector: the signatures of all records meet in one state (16 bytes per record),
// finish() links the near ones and names the records that go. A deduplicator's keys could only
// propose pairs, for equal keys link exactly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/dedup/shingles.hpp"
#include "plugins/dedup/simhash.hpp"

namespace ophost::dedup {

class DocumentSimhashDeduplicator {
 public:
  struct Signed {
    std::uint64_t signature, row;  // row id
  };
  struct State {
    std::vector<Signed> records;
  };

  static constexpr auto kInfo =
      selector("document_simhash_deduplicator")
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
          .promises(kDeterministic)
          .cost("expensive")
          .example("- document_simhash_deduplicator:\n    hamming_distance: 4\n");

  DocumentSimhashDeduplicator(const Params& params, Host host);

  void update(State& state, const Row& row);
  void merge(State& into, const State& from) const;
  void save(const State& state, std::string& bytes) const;
  void load(State& state, std::string_view bytes, std::uint32_t encver) const;
  // The decision: the ids of the rows that go, ascending, eight bytes each.
  void finish(State& state, std::string& decision) const;
  void apply(std::string_view decision, const BatchView& in, std::int64_t* order) const;

 private:
  SimHash simhash_;
  unsigned distance_;
  Host host_;
};

}  // namespace ophost::dedup
