// clean_copyright_mapper: removes the copyright comment of a source file.
// Owner: plugins/text-mappers. Stateless, any thread.
#include <algorithm>

#include "ophost/ophost.hpp"

namespace ophost {
namespace {

bool mentions_copyright(std::string_view comment) {
  // No character beyond ASCII lowers to one of these letters alone, so ASCII case is all there is.
  constexpr std::string_view kWord = "copyright";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::search(comment.begin(), comment.end(), kWord.begin(), kWord.end(), same) !=
         comment.end();
}

class CleanCopyrightMapper {
 public:
  static constexpr auto kInfo = mapper("clean_copyright_mapper")
                                    .summary(
                                        "Removes the first C comment if it mentions a copyright, "
                                        "else the leading line comments.")
                                    .reads("$text_key")
                                    .writes("$text_key")
                                    .promises(kPure | kConcurrent)
                                    .example("clean_copyright_mapper:\n");

  CleanCopyrightMapper(const Params&, Host) {}

  bool map(std::string_view text, std::string& out) const {
    const std::size_t begin = text.find("/*");
    const std::size_t stop = begin == std::string_view::npos ? begin : text.find("*/", begin + 2);
    if (stop != std::string_view::npos) {
      if (!mentions_copyright(text.substr(begin, stop + 2 - begin))) return false;
      out.append(text.substr(0, begin)).append(text.substr(stop + 2));
      return true;
    }
    return drop_leading_comments(text, out);
  }

 private:
  // Drops the first lines as long as they are empty or begin with a sign of comment.
  static bool drop_leading_comments(std::string_view text, std::string& out) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::string_view rest = text.substr(at);
      if (rest[0] != '\n' && rest[0] != '#' && !rest.starts_with("//") && !rest.starts_with("--")) {
        break;
      }
      const std::size_t stop = rest.find('\n');
      at = stop == std::string_view::npos ? text.size() : at + stop + 1;
    }
    if (at == 0) return false;
    out.assign(text.substr(at));
    return true;
  }
};

}  // namespace

OPHOST_OPERATOR(clean_copyright_mapper, CleanCopyrightMapper);

}  // namespace ophost
