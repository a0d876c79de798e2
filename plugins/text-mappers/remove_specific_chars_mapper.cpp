// remove_specific_chars_mapper: deletes the characters of a list.
// Owner: plugins/text-mappers. Stateless after construction, any thread.
#include "ophost/ophost.hpp"
#include "plugins/text-mappers/char_set.hpp"

namespace ophost {
namespace {

class RemoveSpecificCharsMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_specific_chars_mapper")
          .summary("Deletes every occurrence of the given characters.")
          .params(OPHOST_PARAMS("\"chars_to_remove\":{\"type\":[\"string\",\"array\"],\"items\":{"
                                "\"type\":\"string\"},"
                                "\"default\":\"◆●■►▼▲▴∆▻▷❖♡□\",\"description\":\"The characters: a "
                                "text, or a list of "
                                "texts of which each character counts.\"}"))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kIdempotent)
          .example("remove_specific_chars_mapper:\n  chars_to_remove: '◆●■'\n");

  RemoveSpecificCharsMapper(const Params& params, Host) : removed_(joined(params)) {}

  bool map(std::string_view text, std::string& out) const {
    const char* p = text.data();
    const char* const end = p + text.size();
    const char* copied = p;
    while (p != end) {
      if (!removed_.may_begin(*p)) {
        ++p;  // continuation bytes never begin a character, so bytes will do
        continue;
      }
      const char* const at = p;
      if (!removed_.has(textkit::next_char(p))) continue;
      out.append(copied, at);
      copied = p;
    }
    if (copied == text.data()) return false;
    out.append(copied, end);
    return true;
  }

 private:
  static std::string joined(const Params& params) {
    std::string all;
    for (const std::string& piece : params.get_strings("chars_to_remove")) all += piece;
    return all;
  }
  CharSet removed_;
};

}  // namespace

OPHOST_OPERATOR(remove_specific_chars_mapper, RemoveSpecificCharsMapper);

}  // namespace ophost
