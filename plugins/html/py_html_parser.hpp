// The tokens that Python 3.11.7's html.parser finds in a text, with convert_charrefs off. It
// repairs nothing and differs from HTML5 in many corners; those are kept. Owner: plugins/html. One
// text, one thread. The text is valid UTF-8 and outlives the parser.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ophost/errors.hpp"

namespace ophost::html {

using Attributes = std::vector<std::pair<std::string, std::string>>;  // in the order of the text

// Receives the tokens; views die with the call.
class TokenSink {
 public:
  virtual ~TokenSink() = default;
  virtual void start_tag(const std::string& name, Attributes attributes, bool self_closing) = 0;
  virtual void end_tag(const std::string& name) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void number_reference(std::string_view digits) = 0;  // "65", "x41"
  virtual void name_reference(std::string_view name) = 0;      // "amp"
  virtual void comment(std::string_view text) = 0;
  virtual void doctype(std::string_view text) = 0;         // "DOCTYPE html"
  virtual void marked_section(std::string_view text) = 0;  // "CDATA[..."
  virtual void instruction(std::string_view text) = 0;
};

class PyHtmlParser {
 public:
  PyHtmlParser(std::string_view text, TokenSink& sink) : text_(text), sink_(sink) {}
  // Throws RecordError where Python gives the text up (a malformed "<![") or where tags without an
  // end would cost a reading of the whole text each.
  void run();

 private:
  // Reads tokens from at_. `last` = false is what feed() does: it may stop before something that
  // could go on; true is what close() does with the rest.
  void pass(bool last);
  bool reference(bool last);  // at "&"; false = this pass ends
  // What stands at at_; the place behind it, or npos when it does not end.
  std::size_t markup();
  std::size_t start_tag();
  std::size_t end_tag();
  std::size_t comment();
  std::size_t marked_section();
  std::size_t declaration();
  std::size_t instruction();
  std::size_t bogus_comment();

  struct Attribute {
    std::string_view name, value;
    bool quoted = false;
  };
  // The attribute at `at` and the space or slashes behind it; false when none begins there.
  bool attribute(std::size_t& at, Attribute& a);
  std::size_t skip_space(std::size_t at) const;
  // (?:\s|/(?!>))*, or [\s/]* with `all_slashes`.
  std::size_t skip_gap(std::size_t at, bool all_slashes = false) const;
  // --\s*> and such: `first`, `gaps` times (space, `rest`), from `at`; the places of its begin and
  // end.
  std::pair<std::size_t, std::size_t> find_close(std::size_t at, std::string_view marks) const;
  std::size_t find_raw_end(std::size_t at) const;
  std::size_t find(char c, std::size_t at) const { return text_.find(c, at); }
  bool at_is(std::size_t at, std::string_view what) const {
    return text_.substr(at).starts_with(what);
  }

  std::string_view text_;
  TokenSink& sink_;
  std::size_t at_ = 0;
  std::string raw_;        // inside <script> or <style>: its name
  std::size_t spent_ = 0;  // bytes read in start tags
  std::size_t no_quote_[2] = {~std::size_t{0}, ~std::size_t{0}};  // no ' or " from there on
};

}  // namespace ophost::html
