// Tests of link_finder: expectations were taken from PyPI regex 2026.11.15 with Data-Juicer's
// expression.
#include "plugins/links/link_finder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ophost/testing.hpp"

namespace ophost::links {
namespace {

// The text with every link in brackets.
std::string marked(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (Link link; find_link(text, done, link); done = link.end) {
    out.append(text, done, link.begin - done);
    out.append("{").append(text, link.begin, link.end - link.begin).append("}");
  }
  return out.append(text, done);
}

TEST(LinkFinder, Heads) {
  EXPECT_EQ(marked("see http://a.b/c, or std::vector key:value key: value"),
            "see {http://a.b/c}, or std::vector {key:value} key: value");
  EXPECT_EQ(marked("www.x.yz www12.ab www1234.ab wwww.ab"),
            "{www.x.yz} {www12.ab} www1234.ab wwww.ab");
  EXPECT_EQ(marked("example.com/x foo.museum/xy a.b-c.org/de .com/xy"),
            "example.com/x foo.museum/xy {a.b-c.org/de} .com/xy");
  EXPECT_EQ(marked("foo.www.com/ab"), "{foo.www.com/ab}");
  EXPECT_EQ(marked("日本.example.com/xy"), "日本{.example.com/xy}");
  EXPECT_EQ(marked("日本www.ab été:xyz x-y:zzz 1a:bcd"), "日本www.ab été:xyz {x-y:zzz} 1a:bcd");
  EXPECT_EQ(marked("www.(b) www.(b)! www.(b)c"), "www.(b) www.(b)! {www.(b)c}");
}

TEST(LinkFinder, LettersThatFoldToAscii) {
  EXPECT_EQ(marked("\u017fs:abc \u212aa:bcd \u0130b:cde \u0131b:cde"),
            "{\u017fs:abc} {\u212aa:bcd} {\u0130b:cde} \u0131b:cde");
}

TEST(LinkFinder, SlashesMayBelongToTheBody) {
  EXPECT_EQ(marked("ab:// ab:/// ab://// ab:/x ab:/xy"), "ab:// {ab:///} {ab:////} ab:/x {ab:/xy}");
}

TEST(LinkFinder, Tails) {
  EXPECT_EQ(marked("(http://a.b/c). \"http://a.b/c?!\" «http://a.b»"),
            "({http://a.b/c}). \"{http://a.b/c}?!\" «{http://a.b}»");
  EXPECT_EQ(marked("http://a(b) http://(b) http://(b)c http://(b)!"),
            "{http://a(b)} {http://(b)} {http://(b)c} {http://(b)}!");
  EXPECT_EQ(marked("http://a(b(c)d)e(f http://a((b)) http://a(())"),
            "{http://a(b(c)d)e}(f {http://a((b))} {http://a}(())");
}

TEST(LinkFinder, WhiteSpaceOfRegex) {
  EXPECT_EQ(marked("http://a\u3000b http://a\x1c"
                   "b"),
            "{http://a}\u3000b {http://a\x1c"
            "b}");
}

// What makes a backtracking engine run for ever: each of these is read a few times at most.
TEST(LinkFinder, HostileTexts) {
  const std::size_t n = 200'000;
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string s;
    for (std::size_t i = 0; i < times; ++i) s += piece;
    return s;
  };
  for (const char* piece : {"a",     "!",     "(",      ")",    "((",       "(a)",  "(a)!", "www.(",
                            "www.!", "ab:c(", "a.bc/(", "ab:/", "www.((a)", "x-",   "a.",   "ab:c!",
                            "www.",  "a:",    "/",      ":",    "é",        "((a)b"}) {
    const std::string tail = repeated(piece, n / std::string_view(piece).size());
    for (const char* head : {"", "http://", "http://(", "www.(", "(((("}) {
      const std::string text = head + tail;
      EXPECT_EQ(marked(text).size() >= text.size(), true);
    }
  }
}

TEST(CleanLinksMapper, ReplacementsMayNameGroups) {
  testing::Harness groups(oph_plugin_entry, "clean_links_mapper", R"({"repl": "<\\1>\\n"})");
  EXPECT_EQ(groups.run({"x http://a.b, y"}).texts(),
            std::vector<std::string>{"x <http://a.b>\n, y"});
  testing::Harness constant(oph_plugin_entry, "clean_links_mapper", R"({"repl": "\\n"})");
  EXPECT_EQ(constant.run({"x http://a.b, y"}).texts(), std::vector<std::string>{"x \n, y"});
  testing::Harness own(oph_plugin_entry, "clean_links_mapper",
                       R"({"pattern": "r'[a-z]+'", "repl": "W"})");
  EXPECT_EQ(own.run({"ab 1"}).texts(), std::vector<std::string>{"W 1"});
}

}  // namespace
}  // namespace ophost::links
