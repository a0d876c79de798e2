// remove_header_mapper: drops what stands before the first heading of a TeX text.
// Owner: plugins/text-mappers. Stateless after construction, any thread.
#include "ophost/ophost.hpp"

namespace ophost {
namespace {

// Where the last closing parts stand (npos without one): a text full of openings is then read only
// once.
struct Closings {
  explicit Closings(std::string_view text) : brace(text.rfind('}')), option(text.rfind("]{")) {}
  static bool behind(std::size_t closing, std::size_t at) {
    return closing != std::string_view::npos && closing >= at;
  }
  std::size_t brace;
  std::size_t option;
};

// Whether `\NAME*[...]{...}` stands at `begin`; star and brackets are optional.
bool is_heading(std::string_view text, std::size_t begin, const Closings& closings) {
  const std::string_view rest = text.substr(begin);
  for (const std::string_view name : {"\\chapter", "\\part", "\\section", "\\subsection",
                                      "\\subsubsection", "\\paragraph", "\\subparagraph"}) {
    if (!rest.starts_with(name)) continue;
    std::size_t at = begin + name.size();
    if (text.substr(at).starts_with('*')) ++at;
    if (text.substr(at).starts_with('[')) {
      if (!Closings::behind(closings.option, at + 1)) return false;
      at = text.find("]{", at + 1) + 1;
    }
    return text.substr(at).starts_with('{') && Closings::behind(closings.brace, at);
  }
  return false;
}

class RemoveHeaderMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_header_mapper")
          .summary("Drops what stands before the first heading of a TeX text.")
          .params(OPHOST_PARAMS(OPHOST_PARAM(
              "drop_no_head", "boolean", "true",
              "Empty a text without any heading (the record stays) instead of leaving it.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_header_mapper:\n  drop_no_head: false\n");

  RemoveHeaderMapper(const Params& params, Host) : drop_(params.get_bool("drop_no_head")) {}

  bool map(std::string_view text, std::string& out) const {
    const Closings closings(text);
    for (std::size_t at = text.find('\\'); at != std::string_view::npos;
         at = text.find('\\', at + 1)) {
      if (!is_heading(text, at, closings)) continue;
      out.assign(text.substr(at));
      return at != 0;
    }
    return drop_;
  }

 private:
  bool drop_;
};

}  // namespace

OPHOST_OPERATOR(remove_header_mapper, RemoveHeaderMapper);

}  // namespace ophost
