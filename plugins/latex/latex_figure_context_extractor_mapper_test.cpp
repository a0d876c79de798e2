// latex_figure_context_extractor_mapper: the recorded cases with all fields, and hostile sources.
#include <fstream>

#include "plugins/latex/latex_scan.hpp"
#include "plugins/textkit/parity.hpp"

namespace ophost::latex {
namespace {

using Record = std::vector<std::string>;  // images, caption, label, context, its parent's two

std::vector<Record> extract(const std::string& text, const char* params = "{}") {
  testing::Harness harness(oph_plugin_entry, "latex_figure_context_extractor_mapper", params);
  return harness.run({text}).records;
}

std::string text_of(const rapidjson::Value& v) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  v.Accept(writer);
  return buffer.GetString();
}

// JSON texts that say the same are made the same.
std::string canonical(const std::string& json) {
  rapidjson::Document d;
  d.Parse(json.c_str());
  EXPECT_FALSE(d.HasParseError()) << json;
  return text_of(d);
}

TEST(LatexFigureContextExtractorMapper, RecordedCases) {
  std::ifstream in(OPHOST_SOURCE_DIR
                   "/tests/parity/ops/latex_figure_context_extractor_mapper.jsonl");
  int cases = 0, records = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    rapidjson::Document c;
    c.Parse(line.c_str());
    SCOPED_TRACE(c["case"].GetString());
    testing::Harness harness(oph_plugin_entry, "latex_figure_context_extractor_mapper",
                             text_of(c["params"]));
    std::vector<std::string> texts;
    for (const auto& r : c["input"].GetArray()) texts.emplace_back(r["text"].GetString());
    const testing::Result result = harness.run(texts);
    ASSERT_EQ(result.records.size(), c["output"].Size());
    rapidjson::Document params;
    params.Parse(harness.params().c_str());
    for (rapidjson::SizeType i = 0; i < c["output"].Size(); ++i, ++records) {
      const auto field = [&](const char* key) -> const rapidjson::Value& {
        return c["output"][i][params[key].GetString()];
      };
      const Record& got = result.records[i];
      EXPECT_EQ(canonical(got[0]), text_of(field("image_key")));
      EXPECT_EQ(got[1], field("caption_key").GetString());
      EXPECT_EQ(got[2], field("label_key").GetString());
      EXPECT_EQ(canonical(got[3]), text_of(field("context_key")));
      EXPECT_EQ(got[4], field("parent_caption_key").GetString());
      EXPECT_EQ(got[5], field("parent_label_key").GetString());
      EXPECT_EQ(texts[result.sources[i]], c["output"][i]["text"].GetString());
    }
  }
  EXPECT_EQ(cases, 12);
  EXPECT_GT(records, 12);
}

TEST(LatexFigureContextExtractorMapper, ArgumentsMayHoldTheOnlyEnd) {
  const auto r = extract("\\begin{figure}[\\includegraphics{x}\\end{figure}] \\caption{c}");
  ASSERT_EQ(r.size(), 1u);
  EXPECT_EQ(r[0], (Record{"[\"x\"]", "", "", "[]", "", ""}));
}

TEST(LatexFigureContextExtractorMapper, APartInsideAPartTakesTextBehindItAlong) {
  // Twelve characters of the inner part are cut twice, as Data-Juicer does; é counts once.
  const auto r = extract(
      "\\begin{figure}\\subfloat[a]{\\includegraphics{p}\\begin{subfigure}\\includegraphics{q}"
      "\\end{subfigure}}éééééééééééééééééééééééééééééééééééééééééééééééééééééé"
      "\\caption{far}\\label{l}\\end{figure}");
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0][0], "[\"q\"]");
  EXPECT_EQ(r[1][0], "[\"p\", \"q\"]");
  EXPECT_EQ(r[0][4], "far");
  EXPECT_EQ(r[0][5], "l");
}

TEST(LatexFigureContextExtractorMapper, LabelsAreWholeEntriesOfAList) {
  const std::string figure = "\\begin{figure}\\includegraphics{x}\\label{a}\\end{figure}\n\n";
  EXPECT_EQ(extract(figure + "\\ref{b, a ,c}")[0][3], "[\"\\\\ref{b, a ,c}\"]");
  for (const char* other : {"\\ref{ab}", "\\ref{ a}", "\\ref{b;a}", "\\eqref{a}", "\\ref{a"}) {
    EXPECT_EQ(extract(figure + other)[0][3], "[]") << other;
  }
  EXPECT_EQ(extract(figure + "\\eqref{a}", R"({"citation_commands": ["\\eqref"]})")[0][3],
            "[\"\\\\eqref{a}\"]");
}

TEST(LatexFigureContextExtractorMapper, AnEmptySeparatorCostsRecordsWithFiguresOnly) {
  testing::Harness harness(oph_plugin_entry, "latex_figure_context_extractor_mapper",
                           R"({"paragraph_separator": ""})");
  const auto result =
      harness.run({"no figure", "\\begin{figure}\\includegraphics{x}\\end{figure}"});
  EXPECT_TRUE(result.records.empty());
  ASSERT_EQ(result.row_errors.size(), 1u);
  EXPECT_NE(result.row_errors.at(1).find("'paragraph_separator' is empty"), std::string::npos);
}

// Each of these takes minutes or hours when every beginning is followed to the end of the text.
TEST(LatexFigureContextExtractorMapper, RepeatedBeginningsCostOnePass) {
  const char* const pieces[] = {"\\begin{figure}",    "\\begin{figure}[",   "\\caption[",
                                "\\subfloat[",        "\\includegraphics{", "\\subfloat{",
                                "\\begin{equation}{", "\\label{",           "{{{{"};
  for (const char* piece : pieces) {
    std::string text = "\\begin{figure}\\includegraphics{x}\n";
    while (text.size() < 1000000) text += piece;
    testing::Harness harness(oph_plugin_entry, "latex_figure_context_extractor_mapper");
    harness.vary(false);
    EXPECT_TRUE(harness.run({text}).records.empty()) << piece;
    harness.run({text + "\\end{figure}"});
  }
}

}  // namespace
}  // namespace ophost::latex
