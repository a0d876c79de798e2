// expand_macro_mapper: expands TeX macros without arguments.
// Owner: plugins/text-mappers. One instance per worker (the patterns keep match data inside).
#include <utility>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/pyregex.hpp"

namespace ophost {
namespace {

bool is_word_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

class ExpandMacroMapper {
 public:
  static constexpr auto kInfo =
      mapper("expand_macro_mapper")
          .summary("Expands the TeX macros without arguments that a text defines.")
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .cost("medium")
          .example("expand_macro_mapper:\n");

  ExpandMacroMapper(const Params&, Host)
      : newcommand_(R"(\\\bnewcommand\b\*?\{(\\[a-zA-Z0-9]+?)\}\{(.*?)\}$)",
                    textkit::RegexFlavor::kRegex, textkit::kRegexMultiline),
        def_(R"(\\def\s*(\\[a-zA-Z0-9]+?)\s*\{(.*?)\}$)", textkit::RegexFlavor::kRegex,
             textkit::kRegexMultiline) {}

  bool map(std::string_view text, std::string& out) {
    macros_.clear();
    if (text.find("\\newcommand") != std::string_view::npos) collect(newcommand_, text);
    if (text.find("\\def") != std::string_view::npos) collect(def_, text);
    bool changed = false;
    for (const auto& [name, value] : macros_) {
      next_.clear();
      if (!expand(name, value, changed ? std::string_view(out) : text)) continue;
      out.swap(next_);
      changed = true;
    }
    return changed;
  }

 private:
  // A later definition changes the value and keeps the place of the first.
  void collect(textkit::PyRegex& definition, std::string_view text) {
    definition.for_each(text, [this](const textkit::RegexMatch& m) {
      const std::string_view name = m.text(1);
      for (auto& [known, value] : macros_) {
        if (known != name) continue;
        value = m.text(2);
        return true;
      }
      macros_.emplace_back(name, m.text(2));
      return true;
    });
  }

  // next_ = text with every `(name)([^a-zA-Z0-9])` replaced by the value and that character. The
  // character is consumed: what follows it directly is looked at next.
  bool expand(std::string_view name, std::string_view value, std::string_view text) {
    std::size_t copied = 0;
    for (std::size_t at = text.find(name); at != std::string_view::npos;) {
      const std::size_t behind = at + name.size();
      if (behind == text.size()) break;
      if (is_word_char(text[behind])) {
        at = text.find(name, at + 1);
        continue;
      }
      next_.append(text.substr(copied, at - copied)).append(value);
      copied = behind;
      at = text.find(name, behind + 1);
    }
    if (copied == 0) return false;
    next_.append(text.substr(copied));
    return true;
  }

  textkit::PyRegex newcommand_;
  textkit::PyRegex def_;
  // Views into the text that is being mapped.
  std::vector<std::pair<std::string_view, std::string_view>> macros_;
  std::string next_;
};

}  // namespace

OPHOST_OPERATOR(expand_macro_mapper, ExpandMacroMapper);

}  // namespace ophost
