// A flat mapper (1 record in, N out): one record per paragraph; the other fields are repeated. A
// record without a paragraph gives none, one that is too long is refused, which costs that record
// only.
#include "ophost/ophost.hpp"

class ParagraphsMapper {
 public:
  static constexpr auto kInfo =
      ophost::flat_mapper("example_paragraphs_mapper")
          .summary("Splits every text at blank lines into records of their own.")
          .params(OPHOST_PARAMS(OPHOST_PARAM_WITH("max_bytes", "integer", "1000000",
                                                  ",\"minimum\":1", "A longer text is refused.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("example_paragraphs_mapper:\n  max_bytes: 1000000\n");

  ParagraphsMapper(const ophost::Params& params, ophost::Host)
      : max_bytes_(static_cast<std::size_t>(params.get_int("max_bytes"))) {}

  void map(std::string_view text, ophost::Emit& emit) const {
    if (text.size() > max_bytes_) {
      throw ophost::RecordError("the text has " + std::to_string(text.size()) +
                                " bytes, max_bytes allows " + std::to_string(max_bytes_));
    }
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find("\n\n", begin), text.size());
      if (end > begin) emit(text.substr(begin, end - begin));
      begin = end + 2;
    }
  }

 private:
  std::size_t max_bytes_;
};

OPHOST_PLUGIN("org.example.paragraphs", "1.0.0", ParagraphsMapper);
