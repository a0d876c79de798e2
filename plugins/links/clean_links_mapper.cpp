// clean_links_mapper.cpp: the operator. Owner: plugins/links; an instance serves one thread at a
// time.
#include <optional>
#include <string>
#include <string_view>

#include "ophost/ophost.hpp"
#include "plugins/links/link_finder.hpp"
#include "plugins/textkit/pyregex.hpp"

namespace ophost::links {
namespace {

// Only for replacements that name groups; everything else goes through find_link.
constexpr const char* kPattern =
    R"re((?i)\b((?:[a-z][\w-]+:(?:\/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}\/))re"
    R"re((?:[^\s()<>]+|\(([^\s()<>]+|(\([^\s()<>]+\)))*\))+)re"
    R"re((?:\(([^\s()<>]+|(\([^\s()<>]+\)))*\)|[^\s`!()\[\]{};:\'".,<>?«»“”‘’])))re";

}  // namespace

class CleanLinksMapper {
 public:
  static constexpr auto kInfo =
      mapper("clean_links_mapper")
          .summary("Replaces links, by default with nothing.")
          .params(OPHOST_PARAMS(
              "\"pattern\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":"
              "\"Python regular expression of what to replace instead of links.\"}," OPHOST_PARAM(
                  "repl", "string", "\"\"", "The replacement; a Python template.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .cost("cheap")
          .example("- clean_links_mapper:\n    repl: ''\n");

  CleanLinksMapper(const Params& params, Host)
      : regex_(params.is_null("pattern")
                   ? std::string(kPattern)
                   : std::string(textkit::unwrap_raw_literal(params.get_string("pattern"))),
               textkit::RegexFlavor::kRegex, textkit::kRegexDotAll),
        template_(regex_.compile_template(params.get_string("repl"))) {
    if (params.is_null("pattern")) constant_ = template_.constant();
  }

  bool map(std::string_view text, std::string& out) {
    if (!constant_) return regex_.sub(text, template_, out);
    Link link;
    std::size_t done = 0;
    while (find_link(text, done, link)) {
      out.append(text, done, link.begin - done).append(*constant_);
      done = link.end;
    }
    if (done == 0) return false;
    out.append(text, done);
    return true;
  }

 private:
  textkit::PyRegex regex_;
  textkit::RegexTemplate template_;
  std::optional<std::string> constant_;  // the replacement of links, when it is the same for all
};

}  // namespace ophost::links

OPHOST_PLUGIN("org.ophost.links", "1.0.0", ophost::links::CleanLinksMapper);
