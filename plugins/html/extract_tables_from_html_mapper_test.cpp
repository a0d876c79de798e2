// extract_tables_from_html_mapper: the recorded cases and the corners of Python's html.parser.
#include <fstream>

#include "plugins/html/entities.hpp"
#include "plugins/textkit/parity.hpp"

namespace ophost::html {
namespace {

testing::Result run(const std::vector<std::optional<std::string>>& texts, const std::string& params,
                    const std::vector<std::optional<std::string>>& before) {
  testing::Harness harness(oph_plugin_entry, "extract_tables_from_html_mapper", params);
  testing::Column meta = testing::Column::str(before);
  meta.type = OPH_T_JSON;
  return harness.run({testing::Column::str(texts), meta});
}

std::string text_of(const rapidjson::Value& v) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  v.Accept(writer);
  return buffer.GetString();
}

std::string canonical(const std::string& json) {
  rapidjson::Document d;
  d.Parse(json.c_str());
  EXPECT_FALSE(d.HasParseError()) << json;
  return text_of(d);
}

std::string tables(const std::string& text, const char* params = "{}") {
  return canonical(run({text}, params, {std::nullopt}).texts().at(0));
}
std::string html(const std::string& text) {
  return tables(text, R"({"retain_html_tags": true})");
}

TEST(ExtractTablesFromHtmlMapper, RecordedCases) {
  std::ifstream in(OPHOST_SOURCE_DIR "/tests/parity/ops/extract_tables_from_html_mapper.jsonl");
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    rapidjson::Document c;
    c.Parse<rapidjson::kParseFullPrecisionFlag>(line.c_str());
    SCOPED_TRACE(c["case"].GetString());
    const char* name = c["params"].HasMember("tables_field_name")
                           ? c["params"]["tables_field_name"].GetString()
                           : "html_tables";
    std::vector<std::optional<std::string>> texts, before;
    for (const auto& r : c["input"].GetArray()) {
      texts.emplace_back(r["text"].GetString());
      before.emplace_back();
      if (r.HasMember("__dj__meta__") && r["__dj__meta__"].HasMember(name)) {
        before.back() = text_of(r["__dj__meta__"][name]);
      }
    }
    const auto result = run(texts, text_of(c["params"]), before);
    for (rapidjson::SizeType i = 0; i < c["output"].Size(); ++i) {
      EXPECT_EQ(canonical(result.texts()[i]), text_of(c["output"][i]["__dj__meta__"][name]));
    }
  }
  EXPECT_EQ(cases, 15);
}

TEST(ExtractTablesFromHtmlMapper, WhatIsThereStaysEvenNull) {
  EXPECT_EQ(run({"<table><tr><td>1</table>"}, "{}", {"null"}).texts().at(0), "null");
}

TEST(ExtractTablesFromHtmlMapper, NothingIsRepaired) {
  EXPECT_EQ(tables("<table><tr><td>1<td>2<tr><td>3</table>"), R"([[["123"],["3"]]])");
  EXPECT_EQ(tables("<table><tr><td>a</br>b<br>c</br> d </td></tr></table>"), R"([[["abc d"]]])");
  EXPECT_EQ(html("<table><p>x"), R"(["<table><p>x</p></table>"])");
}

TEST(ExtractTablesFromHtmlMapper, HtmlIsWrittenAnew) {
  EXPECT_EQ(html("<TABLE b=2 a='x\"y' CLASS=' p  q '><BR><!----></TABLE >"),
            R"(["<table a='x\"y' b=\"2\" class=\"p q\"><br/><!-- --></table>"])");
  EXPECT_EQ(html("<table><meta charset=latin1>&lt;&nbsp;&copy&nope;</table>"),
            "[\"<table><meta charset=\\\"utf-8\\\"/>&lt;\u00a0\u00a9&amp;nope</table>\"]");
  EXPECT_EQ(html("<table><script>a<b</script ><![CDATA[c<d]]></table>"),
            R"(["<table><script>a<b</script><![CDATA[c<d]]></table>"])");
}

TEST(ExtractTablesFromHtmlMapper, AScriptWithoutAnEndTakesTheRest) {
  EXPECT_EQ(html("<table>a<script>b</table>"), R"(["<table>a<script></script></table>"])");
}

TEST(ExtractTablesFromHtmlMapper, SectionsThatPythonRefusesCostTheRecord) {
  const auto result = run({"<table></table><![foo]>"}, "{}", {std::nullopt});
  ASSERT_EQ(result.row_errors.size(), 1u);
  EXPECT_NE(result.row_errors.at(0).find("'<![' at byte 15"), std::string::npos);
}

TEST(ExtractTablesFromHtmlMapper, TagsWithoutEndsDoNotCostAReadingEach) {
  std::string text;
  while (text.size() < 2000000) text += "<a ";
  EXPECT_EQ(run({text}, "{}", {std::nullopt}).row_errors.size(), 1u);
}

TEST(Unescape, FollowsTheLongestName) {
  EXPECT_EQ(unescape("&notit;&notin;&amp=&AMP&x&#65&#x1F600;&#128;&#1;&#xD800;&;"),
            "\u00acit;\u2209&=&&xA\U0001F600\u20ac\uFFFD&;");
}

}  // namespace
}  // namespace ophost::html
