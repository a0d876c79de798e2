// Finding LaTeX commands and environments as Data-Juicer's regular expressions find them, in one
// pass each and without their backtracking. Owner: plugins/latex. A value per text, one thread.
//
// Spans are byte offsets into the text given; environments, commands and braces inside comments or
// escaped ones (\{) count like any other, as they do for those expressions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ophost::latex {

inline constexpr std::size_t kNone = std::string_view::npos;

// Where something stands next. It remembers its last answer, so that a pass which asks in ascending
// order reads the text once, however often the answer is "nowhere".
class NextOf {
 public:
  NextOf(std::string_view text, std::string_view what) : text_(text), what_(what) {}
  std::size_t operator()(std::size_t from) {
    if (asked_ == kNone || from < asked_ || from > found_) {
      asked_ = from;
      found_ = text_.find(what_, from);
    }
    return found_;
  }

 private:
  std::string_view text_, what_;
  std::size_t asked_ = kNone, found_ = 0;
};

struct Span {
  std::size_t begin = 0, end = 0;
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Environments \begin{name}[..]..{..}.. body \end{name}. `names`: the letters between the braces.
struct Environment {
  Span all, body;  // the body begins behind the arguments
};
std::vector<Environment> find_environments(std::string_view text,
                                           std::span<const std::string_view> names);
// The text without the environments of these names (arguments are part of their bodies).
std::string without_environments(std::string_view text, std::span<const std::string_view> names);

// A piece of LaTeX in which commands with balanced braces are looked up.
class Fragment {
 public:
  explicit Fragment(std::string_view text) : text_(text) {}
  std::string_view text() const { return text_; }

  // \subfigure[caption]{content} or \subfloat..., in order; then the same without a caption.
  struct Command {
    Span all;
    std::string_view caption, content;
  };
  std::vector<Command> find_subfigures(bool with_caption);

  // The content of the first \caption, \subcaption or \captionof{figure}, stripped; "" when none.
  std::string_view caption();
  bool has_table_caption();
  // The first \label, stripped.
  std::string_view label() const;
  // All \includegraphics, stripped.
  std::vector<std::string_view> images() const;

 private:
  // The content of the first `command*[..]{content}`; the star only where it is allowed.
  std::optional<std::string_view> first_argument(std::string_view command, bool star);
  // The brace that closes the one at `open`, or kNone.
  std::size_t closing(std::size_t open);

  std::string_view text_;
  std::vector<std::size_t> closing_;  // of every byte that is an opening brace; made when needed
};

// Which paragraphs cite a label.
class Citations {
 public:
  // Paragraphs are the stripped, non-empty pieces of `prose` between separators; `commands` without
  // their backslash. Views into `prose`. The separator must not be empty.
  Citations(std::string_view prose, std::string_view separator,
            std::span<const std::string> commands);
  std::vector<std::string_view> of(std::string_view label) const;

 private:
  struct Citation {
    std::size_t paragraph;
    std::string_view labels;  // between the braces
  };
  std::vector<std::string_view> paragraphs_;
  std::vector<Citation> citations_;
};

}  // namespace ophost::latex
