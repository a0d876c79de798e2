// A mapper: removes spaces and tabs at the ends of lines. Returning false keeps the record's bytes
// as they are: nothing is copied, and checkpoints store nothing for it.
#include "ophost/ophost.hpp"

class TrimLinesMapper {
 public:
  static constexpr auto kInfo =
      ophost::mapper("example_trim_lines_mapper")
          .summary("Removes spaces and tabs at the ends of lines.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(ophost::kPure | ophost::kConcurrent | ophost::kIdempotent)
          .example("example_trim_lines_mapper:\n");

  TrimLinesMapper(const ophost::Params&, ophost::Host) {}

  bool map(std::string_view text, std::string& out) const {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string_view line = text.substr(begin, end - begin);
      const std::size_t last = line.find_last_not_of(" \t");
      out += line.substr(0, last + 1);  // npos + 1 is 0: a blank line becomes empty
      if (end < text.size()) out += '\n';
      begin = end + 1;
    }
    return out.size() != text.size();
  }
};

OPHOST_PLUGIN("org.example.trim-lines", "1.0.0", TrimLinesMapper);
