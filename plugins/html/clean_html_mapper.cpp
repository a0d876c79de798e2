// clean_html_mapper: the text of a document in HTML, list items as lines.
// Owner: plugins/html. Stateless, any thread.
#include "ophost/ophost.hpp"
#include "plugins/html/html5_tree.hpp"

namespace ophost::html {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) return;
  std::string out;
  std::size_t kept = 0;
  for (; at != std::string::npos; at = text.find(from, kept)) {
    out.append(text, kept, at - kept).append(to);
    kept = at + from.size();
  }
  text = out.append(text, kept);
}

class CleanHtmlMapper {
 public:
  static constexpr auto kInfo =
      mapper("clean_html_mapper")
          .summary("Keeps the text of a document in HTML, parsed as browsers do.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent)
          .cost("medium")
          .example("- clean_html_mapper:\n");

  CleanHtmlMapper(const Params&, Host) {}

  bool map(std::string_view text, std::string& out) const {
    std::string html(text);
    replace_all(html, "<li>", "\n*");
    replace_all(html, "</li>", "");
    replace_all(html, "<ol>", "\n*");
    replace_all(html, "</ol>", "");
    html5_text(html, out);
    return true;
  }
};

}  // namespace
}  // namespace ophost::html

namespace ophost {
OPHOST_OPERATOR(clean_html_mapper, html::CleanHtmlMapper);
}
