// whitespace_normalization_mapper: strips the text and turns all kinds of blanks into U+0020.
// Owner: plugins/text-mappers. Stateless, any thread.
#include "ophost/ophost.hpp"
#include "plugins/text-mappers/rewrite.hpp"

namespace ophost {
namespace {

class WhitespaceNormalizationMapper {
 public:
  static constexpr auto kInfo =
      mapper("whitespace_normalization_mapper")
          .summary(
              "Strips white space from both ends and turns every kind of blank inside into U+0020.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent)
          .example("whitespace_normalization_mapper:\n");

  WhitespaceNormalizationMapper(const Params&, Host) {}

  bool map(std::string_view text, std::string& out) const {
    const std::string_view stripped = textkit::strip(text);
    const auto blank = [](char32_t c) {
      return textkit::has_class(c, textkit::kVariousWhitespace) ? " " : nullptr;
    };
    // The first bytes of all blanks but U+0020 itself.
    if (rewrite_chars(stripped, {'\t', '\xc2', '\xe2', '\xe3', '\xef'}, blank, out)) return true;
    if (stripped.size() == text.size()) return false;
    out.assign(stripped);
    return true;
  }
};

}  // namespace

OPHOST_OPERATOR(whitespace_normalization_mapper, WhitespaceNormalizationMapper);

}  // namespace ophost
