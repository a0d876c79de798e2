// fix_unicode_mapper.cpp: the operator. Owner: plugins/unicode; an instance serves any number of
// threads.
#include <string>
#include <string_view>

#include "ophost/ophost.hpp"
#include "plugins/unicode/ftfy.hpp"

namespace ophost::unicode {
namespace {

Form form_from(const Params& params) {
  if (params.is_null("normalization")) return Form::kNfc;
  std::string name = params.get_string("normalization");
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (name.empty() || name == "NFC") return Form::kNfc;
  if (name == "NFKC") return Form::kNfkc;
  if (name == "NFD") return Form::kNfd;
  if (name == "NFKD") return Form::kNfkd;
  throw ConfigError("parameter 'normalization': \"" + params.get_string("normalization") +
                    "\" is not one of NFC, NFKC, NFD and NFKD");
}

}  // namespace

class FixUnicodeMapper {
 public:
  static constexpr auto kInfo =
      mapper("fix_unicode_mapper")
          .summary(
              "Repairs mojibake, entities, control characters and odd forms of characters, as ftfy "
              "6.3.1.")
          .params(OPHOST_PARAMS(
              "\"normalization\":{\"type\":[\"string\",\"null\"],\"default\":null,\"description\":"
              "\"Unicode normalisation form: NFC (the default), NFKC, NFD or NFKD.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent)
          .cost("medium")
          .example("- fix_unicode_mapper:\n    normalization: NFC\n");

  FixUnicodeMapper(const Params& params, Host) : fixer_(form_from(params)) {}

  bool map(std::string_view text, std::string& out) const { return fixer_.fix(text, out); }

 private:
  Fixer fixer_;
};

}  // namespace ophost::unicode

OPHOST_PLUGIN("org.ophost.unicode", "1.0.0", ophost::unicode::FixUnicodeMapper);
