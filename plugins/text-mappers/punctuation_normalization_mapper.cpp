// punctuation_normalization_mapper: replaces Chinese and typographic punctuation by its ASCII form.
// Owner: plugins/text-mappers. Stateless, any thread.
#include "ophost/ophost.hpp"
#include "plugins/text-mappers/rewrite.hpp"

namespace ophost {
namespace {

const char* ascii_form(char32_t c) {
  switch (c) {
    case 0xff0c:
    case 0x3001:
      return ",";
    case 0x3002:
      return ".";
    case 0x201e:
    case 0x201d:
    case 0x201c:
    case 0xab:
    case 0xbb:
    case 0x300d:
    case 0x300c:
    case 0x300a:
    case 0x300b:
      return "\"";
    case 0xff11:
      return "\"";  // the fullwidth digit one: part of the behaviour we are equal to
    case 0xb4:
    case 0x2019:
      return "'";
    case 0x2236:
    case 0xff1a:
      return ":";
    case 0xff1f:
      return "?";
    case 0xff01:
      return "!";
    case 0xff08:
      return "(";
    case 0xff09:
      return ")";
    case 0xff1b:
      return ";";
    case 0x2013:
    case 0x2501:
    case 0x25ba:
      return "-";
    case 0x2014:
      return " - ";
    case 0xff0e:
      return ". ";
    case 0xff5e:
      return "~";
    case 0x2026:
      return "...";
    case 0x3008:
      return "<";
    case 0x3009:
      return ">";
    case 0x3010:
      return "[";
    case 0x3011:
      return "]";
    case 0xff05:
      return "%";
    default:
      return nullptr;
  }
}

class PunctuationNormalizationMapper {
 public:
  static constexpr auto kInfo =
      mapper("punctuation_normalization_mapper")
          .summary("Replaces Chinese and typographic punctuation by its ASCII form.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("punctuation_normalization_mapper:\n");

  PunctuationNormalizationMapper(const Params&, Host) {}

  bool map(std::string_view text, std::string& out) const {
    // The first bytes of all characters above.
    return rewrite_chars(text, {'\xc2', '\xe2', '\xe3', '\xef', '\xef'}, ascii_form, out);
  }
};

}  // namespace

OPHOST_OPERATOR(punctuation_normalization_mapper, PunctuationNormalizationMapper);

}  // namespace ophost
