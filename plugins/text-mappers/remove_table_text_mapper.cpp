// remove_table_text_mapper: removes runs of lines that look like rows of a table.
// Owner: plugins/text-mappers. One instance per worker (it keeps a list of lines).
//
// The reference deletes, for n = min_col-1 .. max_col-1 in turn, the matches of
//   (?<=\n)((\S+?)([ |\t](\S+?)){n}\n+){2,}
// A row is n+1 pieces without white space, separated by one of space, tab and |; as | may also
// stand in a piece, a line is a row for every n between its blanks and its blanks plus the | it can
// spare. So every line gets that interval once, and each n removes the longest runs of two rows and
// more.
#include <algorithm>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

class RemoveTableTextMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_table_text_mapper")
          .summary("Removes two and more consecutive lines that have the same number of columns.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("min_col", "integer", "2", "Least number of columns."),
              OPHOST_PARAM("max_col", "integer", "20", "Greatest number of columns.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("remove_table_text_mapper:\n  min_col: 3\n");

  RemoveTableTextMapper(const Params& params, Host)
      : first_(std::max<std::int64_t>(params.get_int("min_col") - 1, 0)),
        last_(params.get_int("max_col") - 1) {}

  bool map(std::string_view text, std::string& out) {
    split(text);
    bool changed = false;
    std::int64_t widest = 0;
    for (const Line& line : lines_) widest = std::max(widest, line.most);
    for (std::int64_t n = first_; n <= std::min(last_, widest); ++n) changed |= remove_rows(n);
    if (!changed) return false;
    out.append(text.substr(0, prefix_));
    for (const Line& line : lines_) out.append(text.substr(line.begin, line.end - line.begin));
    return true;
  }

 private:
  struct Line {
    std::size_t begin;
    std::size_t end;     // behind the line breaks that follow
    std::int64_t least;  // separators it can have as a row ...
    std::int64_t most;   // ... -1 when it is none
  };

  // Fills lines_ with the lines that are not empty, each with all line breaks behind it.
  void split(std::string_view text) {
    lines_.clear();
    prefix_ = std::min(text.find_first_not_of('\n'), text.size());
    for (std::size_t at = prefix_; at < text.size();) {
      const std::size_t stop = std::min(text.find('\n', at), text.size());
      const std::size_t next = std::min(text.find_first_not_of('\n', stop), text.size());
      Line line{at, next, 0, -1};
      // A row stands behind one line break and before another.
      if (at != 0 && stop != text.size()) measure(text.substr(at, stop - at), line);
      lines_.push_back(line);
      at = next;
    }
  }

  static void measure(std::string_view row, Line& line) {
    const char* p = row.data();
    const char* const end = p + row.size();
    std::int64_t blanks = 0, bars = 0;
    bool may_part = false;  // whether a separator may stand here: a piece has begun
    while (p != end) {
      const char* const at = p;
      const char32_t c = textkit::next_char(p);
      if (c == ' ' || c == '\t') {
        // A bar just counted as separator would leave an empty piece: then it belongs to the piece.
        if (at == row.data() || at[-1] == ' ' || at[-1] == '\t') return;
        if (!may_part) --bars;
        ++blanks;
        may_part = false;
      } else if (c == '|' && may_part) {
        ++bars;
        may_part = false;
      } else if (textkit::has_class(c, textkit::kRegexSpace)) {
        return;
      } else {
        may_part = true;
      }
    }
    const char before = end[-1];
    if (before == ' ' || before == '\t') return;
    if (!may_part) --bars;
    line.least = blanks;
    line.most = blanks + bars;
  }

  // Removes the runs of at least two lines that are rows with n separators.
  bool remove_rows(std::int64_t n) {
    std::size_t kept = 0;
    std::size_t at = 0;
    while (at < lines_.size()) {
      std::size_t run = at;
      while (run < lines_.size() && lines_[run].least <= n && n <= lines_[run].most) ++run;
      if (run - at >= 2) {
        at = run;
        continue;
      }
      do {
        lines_[kept++] = lines_[at++];
      } while (at < run);
    }
    const bool changed = kept != lines_.size();
    lines_.resize(kept);
    return changed;
  }

  std::int64_t first_, last_;
  std::size_t prefix_ = 0;  // line breaks at the begin of the text
  std::vector<Line> lines_;
};

}  // namespace

OPHOST_OPERATOR(remove_table_text_mapper, RemoveTableTextMapper);

}  // namespace ophost
