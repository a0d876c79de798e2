// remove_comments_mapper: removes TeX comments.
// Owner: plugins/text-mappers. One instance per worker (it keeps a buffer).
#include <cstring>

#include "ophost/ophost.hpp"

namespace ophost {
namespace {

// Deletes every match of `[^\\]%.+$` (MULTILINE): the character before the % goes too, even a line
// break.
bool remove_inline(std::string_view text, std::string& out) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* copied = begin;  // no match begins before it
  for (const char* p = begin; p != end; ++p) {
    p = static_cast<const char*>(std::memchr(p, '%', static_cast<std::size_t>(end - p)));
    if (p == nullptr) break;
    if (p == copied || p[-1] == '\\' || p + 1 == end || p[1] == '\n') continue;
    const char* before = p - 1;
    while ((static_cast<unsigned char>(*before) & 0xc0) == 0x80) --before;
    out.append(copied, before);
    const void* stop = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
    copied = stop == nullptr ? end : static_cast<const char*>(stop);
    if (copied == end) break;
    p = copied;
  }
  if (copied == begin) return false;
  out.append(copied, end);
  return true;
}

// Deletes every match of `^%.*\n?` (MULTILINE): the lines that begin with %.
bool remove_lines(std::string_view text, std::string& out) {
  std::size_t copied = 0;
  bool changed = false;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t stop = text.find('\n', line);
    const std::size_t next = stop == std::string_view::npos ? text.size() : stop + 1;
    if (text[line] == '%') {
      out.append(text.substr(copied, line - copied));
      copied = next;
      changed = true;
    }
    line = next;
  }
  if (changed) out.append(text.substr(copied));
  return changed;
}

class RemoveCommentsMapper {
 public:
  static constexpr auto kInfo =
      mapper("remove_comments_mapper")
          .summary(
              "Removes TeX comments: from a % to the end of its line, and lines that begin with "
              "one.")
          .params(OPHOST_PARAMS(
              "\"doc_type\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},"
              "\"default\":\"tex\",\"description\":\"Kind of document; only TeX is known.\"}",
              OPHOST_PARAM("inline", "boolean", "true",
                           "Remove comments inside lines, with the character before the %."),
              OPHOST_PARAM("multiline", "boolean", "true", "Remove lines that begin with a %.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("remove_comments_mapper:\n  inline: true\n");

  RemoveCommentsMapper(const Params& params, Host)
      : inline_(params.get_bool("inline")), lines_(params.get_bool("multiline")) {}

  bool map(std::string_view text, std::string& out) {
    if (text.find('%') == std::string_view::npos) return false;
    if (!inline_) return lines_ && remove_lines(text, out);
    if (!lines_) return remove_inline(text, out);
    half_.clear();
    const bool changed = remove_inline(text, half_);
    if (remove_lines(changed ? std::string_view(half_) : text, out)) return true;
    if (changed) out = half_;
    return changed;
  }

 private:
  bool inline_, lines_;
  std::string half_;
};

}  // namespace

OPHOST_OPERATOR(remove_comments_mapper, RemoveCommentsMapper);

}  // namespace ophost
