// remove_non_chinese_character_mapper: keeps Chinese characters and, if wanted, letters, digits,
// punctuation. Owner: plugins/text-mappers. Stateless after construction, any thread.
#include "ophost/ophost.hpp"
#include "plugins/text-mappers/char_set.hpp"

namespace ophost {
namespace {

class RemoveNonChineseCharacterMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_non_chinese_character_mapper")
          .summary("Deletes all characters outside U+4E00-9FA5 but the kinds that are to be kept.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("keep_alphabet", "boolean", "true", "Keep the letters A-Z and a-z."),
              OPHOST_PARAM("keep_number", "boolean", "true", "Keep the digits 0-9."),
              OPHOST_PARAM("keep_punc", "boolean", "true",
                           "Keep the space and common Chinese and ASCII punctuation.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_non_chinese_character_mapper:\n  keep_number: false\n");

  RemoveNonChineseCharacterMapper(const Params& params, Host) : kept_(kept_beside(params)) {}

  bool map(std::string_view text, std::string& out) const {
    const char* p = text.data();
    const char* const end = p + text.size();
    const char* copied = p;  // begin of the kept run
    bool changed = false;
    while (p != end) {
      const char* const at = p;
      const char32_t c = textkit::next_char(p);
      if ((c >= 0x4e00 && c <= 0x9fa5) || kept_.has(c)) continue;
      out.append(copied, at);
      copied = p;
      changed = true;
    }
    if (changed) out.append(copied, end);
    return changed;
  }

 private:
  static std::string kept_beside(const Params& params) {
    std::string kept;
    if (params.get_bool("keep_alphabet")) {
      for (char c = 'a'; c <= 'z'; ++c) (kept += c) += static_cast<char>(c - 'a' + 'A');
    }
    if (params.get_bool("keep_number")) kept += "0123456789";
    if (params.get_bool("keep_punc")) kept += ".， ,-。%《*》/•、&＆(—)（+）：？!！“”·";
    return kept;
  }
  CharSet kept_;
};

}  // namespace

OPHOST_OPERATOR(remove_non_chinese_character_mapper, RemoveNonChineseCharacterMapper);

}  // namespace ophost
