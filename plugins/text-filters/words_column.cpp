// words_column: the words of a text, found once for all operators of a pass that want them.
// Owner: plugins/text-filters. One instance per worker (it keeps buffers).
#include "ophost/ophost.hpp"
#include "plugins/textkit/words.hpp"

namespace ophost {
namespace {

class WordsColumn {
 public:
  static constexpr auto kInfo =
      derived_column("words_column")
          .summary(
              "The words of a text (between blanks, lowered, without special characters at the "
              "ends) for the operators that count or compare them.")
          .reads("$text_key")
          .writes("$words:bytes")
          .promises(kPure)
          .cost("cheap");

  WordsColumn(const Params&, Host) {}

  // A huge text's words would take a multiple of it for as long as the pass lasts: its readers find
  // them by themselves.
  void map(const Row& in, RowOut& out) {
    std::string& packed = out.text(0);
    const std::string_view text = in.str(0);
    if (text.size() <= kHuge) scanner_.scan(text).pack(packed);
  }

 private:
  static constexpr std::size_t kHuge = 2u << 20;  // bytes of text
  textkit::WordScanner scanner_;
};

}  // namespace

OPHOST_OPERATOR(words_column, WordsColumn);

}  // namespace ophost
