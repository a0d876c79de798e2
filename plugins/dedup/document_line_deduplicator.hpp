// document_line_deduplicator.hpp: deletes the lines that many records share. Owner: plugins/dedup;
// immutable, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ophost/ophost.hpp"
#include "plugins/dedup/line_counts.hpp"
#include "plugins/dedup/line_rules.hpp"

namespace ophost::dedup {

// A selector that drops no record: the decision is which lines go, and rewrite() takes them out of
// the texts. Of a data set of one record Data-Juicer leaves the hashes instead.
class DocumentLineDeduplicator {
 public:
  static constexpr auto kInfo =
      selector("document_line_deduplicator")
          .summary("Deletes lines that more than a number of records have; records stay.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("frequency_threshold", "integer", "6",
                           "Lines in more records than this are deleted everywhere."),
              OPHOST_PARAM("lowercase", "boolean", "false", "Compare lines in lower case."),
              OPHOST_PARAM("ignore_special_character", "boolean", "false",
                           "Leave white space, digits and ASCII punctuation out of the "
                           "comparison."),
              OPHOST_PARAM("min_line_length", "integer", "2",
                           "Shorter lines stay, not counting white space at their ends."),
              OPHOST_PARAM("skip_brackets", "boolean", "true",
                           "Lines of brackets and semicolons alone stay."),
              OPHOST_PARAM("skip_markdown_headers", "boolean", "true",
                           "Lines that begin with # stay."),
              OPHOST_PARAM("skip_latex_env", "boolean", "true",
                           "Lines that begin or end a LaTeX environment stay."),
              OPHOST_PARAM("skip_html_tags", "boolean", "true",
                           "Lines that are one HTML tag stay.")))
          .reads("$text_key", "__dj__line_hashes:json")
          .writes("$text_key", "__dj__line_hashes:json")
          .promises(kDeterministic | kConcurrent)
          .cost("medium")
          .example("- document_line_deduplicator:\n    frequency_threshold: 10\n");

  using State = LineCounts;

  DocumentLineDeduplicator(const Params& params, Host);

  void update(State& state, const BatchView& in) const;
  void merge(State& into, const State& from) const { into.merge(from); }
  void save(const State& state, std::string& bytes) const { state.save(bytes); }
  void load(State& state, std::string_view bytes, std::uint32_t) const { state.load(bytes); }
  void finish(State& state, std::string& decision) const;
  void rewrite(std::string_view decision, const BatchView& in, const Out& out) const;

 private:
  LineRules rules_;
  std::int64_t threshold_;
  Host host_;
};

}  // namespace ophost::dedup
