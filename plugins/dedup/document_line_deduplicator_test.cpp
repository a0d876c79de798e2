// document_line_deduplicator: the recorded cases, the rules at their edges, the saved counts.
#include "plugins/dedup/document_line_deduplicator.hpp"

#include "plugins/textkit/record_parity.hpp"

namespace ophost::dedup {
namespace {

using Cells = std::vector<std::optional<std::string>>;

TEST(Parity, DocumentLineDeduplicator) {
  EXPECT_EQ(textkit::run_record_parity(oph_plugin_entry, "document_line_deduplicator"), 14);
}

// The texts when every compared line occurs in two records.
Cells left_of(const std::string& text, const std::string& params) {
  testing::Harness op(oph_plugin_entry, "document_line_deduplicator", params);
  const auto r = op.run({testing::Column::str({text, text}), testing::Column::json(Cells(2))});
  EXPECT_EQ(r.text("__dj__line_hashes"), Cells(2));
  return {r.columns.at(0).text[0]};
}

TEST(DocumentLineDeduplicator, ExemptLines) {
  const std::string text =
      "<br>\n </P>\n<a href='x'\n<a> b\n<1>\n<>\n</\n<\u212A>\n\\begin{x}\n\\end{x} y\n\\begin x\n"
      "{ }\n{[();]}\nx;\n#x\n #\nx\n\u3000y\u3000";
  EXPECT_EQ(
      left_of(text, R"({"frequency_threshold": 1})"),
      (Cells{"<br>\n </P>\n<a href='x'\n<\u212A>\n\\begin{x}\n\\end{x} y\n{[();]}\n#x\n #\nx\n"
             "\u3000y\u3000"}));
  EXPECT_EQ(left_of("{}\n#x\n<b>\n\\end{\n\n1",
                    R"({"frequency_threshold": 1, "skip_brackets": false, "min_line_length": 0,
                        "skip_markdown_headers": false, "skip_latex_env": false,
                        "skip_html_tags": false})"),
            Cells{""});
}

TEST(DocumentLineDeduplicator, LinesThatAreEqualAsCompared) {
  testing::Harness op(oph_plugin_entry, "document_line_deduplicator",
                      R"({"frequency_threshold": 1, "lowercase": true,
                          "ignore_special_character": true})");
  const auto r = op.run(
      {testing::Column::str({"Ab 1\nonly", "a-B٣ \nother\nab"}), testing::Column::json(Cells(2))});
  EXPECT_EQ(r.columns.at(0).text, (Cells{"only", "other"}));
}

TEST(DocumentLineDeduplicator, OneRecordGetsItsHashes) {
  testing::Harness op(oph_plugin_entry, "document_line_deduplicator");
  op.vary(false);  // halves of one record are none
  const auto r = op.run({testing::Column::str({"abc\n{}"}), testing::Column::json(Cells(1))});
  EXPECT_EQ(r.text("__dj__line_hashes"), Cells{R"(["900150983cd24fb0d6963f7d28e17f72", ""])"});
  EXPECT_EQ(r.columns.at(0).text, Cells{"abc\n{}"});
}

TEST(LineCounts, SaveLoadMerge) {
  LineCounts a, b;
  a.documents = 7;
  for (int i = 0; i < 1000; ++i) a.add(md5("line " + std::to_string(i)), 1 + i % 3);
  for (int i = 999; i >= 0; --i) b.add(md5("line " + std::to_string(i)), 1 + i % 3);
  b.documents = 7;
  std::string first, second;
  a.save(first);
  b.save(second);
  EXPECT_EQ(first, second);
  LineCounts c;
  c.load(first);
  c.merge(a);
  EXPECT_EQ(c.documents, 14u);
  const std::string often = c.above(5);  // those that had 3 twice
  EXPECT_EQ(often.size() / 16, 333u);
  EXPECT_TRUE(is_among(often, md5("line 2")));
  EXPECT_FALSE(is_among(often, md5("line 1")));
  EXPECT_THROW(c.load(std::string_view(first).substr(0, 100)), std::runtime_error);
}

}  // namespace
}  // namespace ophost::dedup
