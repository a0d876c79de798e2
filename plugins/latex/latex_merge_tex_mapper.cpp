// latex_merge_tex_mapper: the .tex files of a paper's archive become the text of its record.
// Owner: plugins/latex. Immutable once made, any thread.
#include "ophost/ophost.hpp"
#include "plugins/latex/archive.hpp"
#include "plugins/latex/utf8_replace.hpp"

namespace ophost::latex {
namespace {

#define LIMIT_PARAM(name, fallback, description)                        \
  "\"" name "\":{\"type\":[\"integer\",\"null\"],\"default\":" fallback \
  ",\"description\":\"" description "\"}"

class LatexMergeTexMapper {
 public:
  static constexpr auto kInfo =
      mapper("latex_merge_tex_mapper")
          .summary(
              "Puts the .tex files of an archive (.zip, .tar, .tar.gz, .tgz) together as the text.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("compressed_file_key", "string", "\"compressed_file\"",
                           "The field with the path of the archive."),
              OPHOST_PARAM("separator", "string", "\"\\n\\n\"", "Stands between two files."),
              LIMIT_PARAM("max_file_size", "52428800",
                          "Files that declare more bytes are left out; 0 or null: no limit."),
              LIMIT_PARAM("max_total_size", "104857600",
                          "The file that would bring the total over so many bytes ends the "
                          "reading; 0 or null: no limit.")))
          .reads("${compressed_file_key}")
          .writes("$text_key")
          .promises(kPure | kConcurrent | kReadsFiles)
          .cost("expensive")
          .example("- latex_merge_tex_mapper:\n    compressed_file_key: archive\n");

  LatexMergeTexMapper(const Params& params, Host host)
      : host_(host), separator_(params.get_string("separator")) {
    if (!params.is_null("max_file_size")) limits_.file = params.get_int("max_file_size");
    if (!params.is_null("max_total_size")) limits_.total = params.get_int("max_total_size");
  }

  // An archive that cannot be read gives an empty text, as in Data-Juicer.
  void map(const Row& in, RowOut& out) const {
    const std::string path(in.str(0));
    std::string& text = out.text(0);
    const Warn warn = [&](const std::string& what) {
      std::string message = "latex_merge_tex_mapper: '" + path + "': ";
      append_replaced(what, message);  // names inside an archive are any bytes
      host_.warn(message);
    };
    try {
      bool first = true;
      for (const std::string& content : read(path, warn)) {
        if (!first) text += separator_;
        first = false;
        append_replaced(content, text);
      }
    } catch (const ArchiveError& e) {
      text.clear();
      warn(e.what() + std::string("; the text is empty"));
    }
  }

 private:
  std::vector<std::string> read(const std::string& path, const Warn& warn) const {
    std::string lower = path;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower.ends_with(".zip")) return read_zip(path, limits_, warn);
    if (lower.ends_with(".tar.gz") || lower.ends_with(".tgz") || lower.ends_with(".tar")) {
      return read_tar(path, limits_, warn);
    }
    throw ArchiveError("its name should end with .zip, .tar, .tar.gz or .tgz");
  }

  Host host_;
  std::string separator_;
  SizeLimits limits_;
};

}  // namespace
}  // namespace ophost::latex

namespace ophost {
OPHOST_OPERATOR(latex_merge_tex_mapper, latex::LatexMergeTexMapper);
}
