// remove_bibliography_mapper: cuts a TeX text where its bibliography or appendix begins.
// Owner: plugins/text-mappers. Stateless, any thread.
#include "ophost/ophost.hpp"

namespace ophost {
namespace {

constexpr std::string_view kBibliography = "\\bibliography{";

bool begins_bibliography(std::string_view rest, bool brace_follows) {
  for (const std::string_view begin :
       {"\\appendix", "\\begin{references}", "\\begin{REFERENCES}", "\\begin{thebibliography}"}) {
    if (rest.starts_with(begin)) return true;
  }
  return brace_follows && rest.starts_with(kBibliography);
}

class RemoveBibliographyMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_bibliography_mapper")
          .summary("Removes the bibliography or appendix of a TeX text and all that follows it.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_bibliography_mapper:\n");

  RemoveBibliographyMapper(const Params&, Host) {}

  bool map(std::string_view text, std::string& out) const {
    const std::size_t last_brace = text.rfind('}');
    for (std::size_t at = text.find('\\'); at != std::string_view::npos;
         at = text.find('\\', at + 1)) {
      const bool brace_follows = last_brace != std::string_view::npos && last_brace > at;
      if (!begins_bibliography(text.substr(at), brace_follows)) continue;
      out.assign(text.substr(0, at));
      return true;
    }
    return false;
  }
};

}  // namespace

OPHOST_OPERATOR(remove_bibliography_mapper, RemoveBibliographyMapper);

}  // namespace ophost
