// latex_figure_context_extractor_mapper: a record per figure of a LaTeX source, with its caption,
// images and the paragraphs that cite it. Owner: plugins/latex. Immutable once made, any thread.
#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "ophost/ophost.hpp"
#include "plugins/latex/latex_scan.hpp"
#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::latex {
namespace {

using namespace std::string_view_literals;

constexpr std::array kFigures = {"figure"sv, "figure*"sv, "wrapfigure"sv};
constexpr std::array kSubfigure = {"subfigure"sv};
constexpr std::array kMinipage = {"minipage"sv};
// What is no prose.
constexpr std::array kStripped = {
    "figure"sv,   "figure*"sv,   "wrapfigure"sv, "table"sv,      "table*"sv,    "tabular"sv,
    "tabular*"sv, "equation"sv,  "equation*"sv,  "align"sv,      "align*"sv,    "alignat"sv,
    "alignat*"sv, "gather"sv,    "gather*"sv,    "multline"sv,   "multline*"sv, "flalign"sv,
    "flalign*"sv, "algorithm"sv, "algorithm*"sv, "lstlisting"sv, "verbatim"sv,  "minted"sv};

// Views into the source.
struct Image {
  std::string_view caption, label;
  std::vector<std::string_view> paths;
};
struct Figure {
  Image own;
  std::vector<Image> parts;           // subfigures; then `own` has no paths
  std::unique_ptr<std::string> text;  // what `own` looks at when it is no piece of the source
};

std::string json_list(const std::vector<std::string_view>& texts) {
  std::string out = "[";
  for (const std::string_view text : texts) {
    if (out.size() > 1) out += ", ";
    out += json::encode_string(text);
  }
  return out += ']';
}

// The figure's text without its parts. Data-Juicer takes them out from the last to the first and
// trusts the old positions, in characters: where one part lies inside another, some text behind the
// outer one goes with it.
std::string cut_out(std::string_view text, std::vector<Span> parts) {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Span& a, const Span& b) { return a.begin > b.begin; });
  std::string rest(text);
  for (const Span& part : parts) {
    const std::size_t begin = std::min(part.begin, rest.size());
    const std::size_t count = textkit::count_chars(part.of(text));
    rest.erase(begin, textkit::prefix_bytes(std::string_view(rest).substr(begin), count));
  }
  return rest;
}

// The figures of the text of one environment.
void parse_figure(std::string_view text, std::vector<Figure>& figures) {
  Fragment whole(text);
  const std::vector<Environment> environments = find_environments(text, kSubfigure);
  const std::vector<Fragment::Command> titled = whole.find_subfigures(true);
  const std::vector<Fragment::Command> untitled = whole.find_subfigures(false);
  if (!environments.empty() || !titled.empty() || !untitled.empty()) {
    Figure figure;
    std::vector<Span> spans;
    const auto add = [&](Span all, std::string_view caption, std::string_view content) {
      spans.push_back(all);
      const Fragment part(content);
      Image image{caption, part.label(), part.images()};
      if (!image.paths.empty()) figure.parts.push_back(std::move(image));
    };
    for (const Environment& e : environments) {
      add(e.all, Fragment(e.all.of(text)).caption(), e.all.of(text));
    }
    for (const auto& c : titled) add(c.all, textkit::strip(c.caption), c.content);
    for (const auto& c : untitled) add(c.all, {}, c.content);
    if (figure.parts.empty()) return;
    figure.text = std::make_unique<std::string>(cut_out(text, std::move(spans)));
    Fragment outside(*figure.text);
    figure.own = {outside.caption(), outside.label(), {}};
    figures.push_back(std::move(figure));
    return;
  }
  const std::vector<Environment> pages = find_environments(text, kMinipage);
  const auto add = [&](Fragment& fragment) {
    std::vector<std::string_view> paths = fragment.images();
    if (paths.empty()) return;
    figures.push_back({{fragment.caption(), fragment.label(), std::move(paths)}, {}, nullptr});
  };
  if (pages.size() < 2) return add(whole);
  for (const Environment& page : pages) {
    Fragment body(page.body.of(text));
    if (!body.has_table_caption()) add(body);
  }
}

class LatexFigureContextExtractorMapper {
 public:
  static constexpr auto kInfo =
      flat_mapper("latex_figure_context_extractor_mapper")
          .summary(
              "Makes a record of every figure or subfigure in a LaTeX source, with its images, "
              "caption, label and the paragraphs that cite it.")
          .params(OPHOST_PARAMS(
              "\"citation_commands\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"}"
              ",\"default\":null,\"description\":\"Commands that cite a figure; null: \\\\\\\\ref, "
              "\\\\\\\\cref, \\\\\\\\Cref and \\\\\\\\autoref.\"}",
              OPHOST_PARAM("paragraph_separator", "string", "\"\\n\\n\"",
                           "The text between two paragraphs."),
              OPHOST_PARAM("image_key", "string", "\"images\"",
                           "The field that gets the list of image paths."),
              OPHOST_PARAM("caption_key", "string", "\"caption\"",
                           "The field that gets the caption."),
              OPHOST_PARAM("label_key", "string", "\"label\"", "The field that gets the label."),
              OPHOST_PARAM("context_key", "string", "\"citing_paragraphs\"",
                           "The field that gets the list of citing paragraphs."),
              OPHOST_PARAM("parent_caption_key", "string", "\"parent_caption\"",
                           "The field that gets the caption of the figure a subfigure is part of."),
              OPHOST_PARAM("parent_label_key", "string", "\"parent_label\"",
                           "The field that gets the label of that figure.")))
          .reads("$text_key")
          .writes("${image_key}:json", "${caption_key}", "${label_key}", "${context_key}:json",
                  "${parent_caption_key}", "${parent_label_key}")
          .promises(kPure | kConcurrent)
          .example("- latex_figure_context_extractor_mapper:\n    citation_commands: ['\\ref']\n");

  LatexFigureContextExtractorMapper(const Params& params, Host)
      : separator_(params.get_string("paragraph_separator")) {
    commands_ = params.is_null("citation_commands")
                    ? std::vector<std::string>{"ref", "cref", "Cref", "autoref"}
                    : params.get_strings("citation_commands");
    for (std::string& command : commands_) {
      command.erase(0, std::min(command.find_first_not_of('\\'), command.size()));
    }
  }

  void map(std::string_view text, Emit& emit) const {
    std::vector<Figure> figures;
    for (const Environment& e : find_environments(text, kFigures)) {
      parse_figure(e.all.of(text), figures);
    }
    if (figures.empty()) return;
    if (separator_.empty()) {
      throw RecordError(
          "'paragraph_separator' is empty: a text cannot be split at nothing; give the text that "
          "stands between paragraphs");
    }
    const std::string prose = without_environments(text, kStripped);
    const Citations citations(prose, separator_, commands_);
    for (const Figure& figure : figures) {
      const auto citing = citations.of(figure.own.label);
      if (figure.parts.empty()) put(figure.own, citing, {}, emit);
      for (const Image& part : figure.parts) {
        std::vector<std::string_view> merged;
        std::set<std::string_view> seen;
        for (const auto& list : {citing, citations.of(part.label)}) {
          for (const std::string_view paragraph : list) {
            if (seen.insert(paragraph).second) merged.push_back(paragraph);
          }
        }
        put(part, merged, figure.own, emit);
      }
    }
  }

 private:
  static void put(const Image& image, const std::vector<std::string_view>& citing,
                  const Image& parent, Emit& emit) {
    emit(json_list(image.paths), image.caption, image.label, json_list(citing), parent.caption,
         parent.label);
  }

  std::vector<std::string> commands_;
  std::string separator_;
};

}  // namespace

}  // namespace ophost::latex

namespace ophost {
OPHOST_OPERATOR(latex_figure_context_extractor_mapper, latex::LatexFigureContextExtractorMapper);
}
