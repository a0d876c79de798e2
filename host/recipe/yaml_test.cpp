// The YAML reader: scalars as PyYAML types them (a recorded table), structure, bounds, and that no
// bytes crash it.
#include "host/recipe/yaml.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/recipe/recipe.hpp"

namespace ophost {
namespace {

const char* no_environment(const char*) {
  return nullptr;
}

const char* environment(const char* name) {
  return std::getenv(name);
}

std::string json_of(const YamlNode& node) {
  Json doc;
  std::vector<std::string> errors;
  return canonical_json(to_json(node, doc.GetAllocator(), errors));
}

std::string parsed(const std::string& yaml) {
  Result<YamlNode> r = parse_yaml(yaml, "r.yaml", no_environment);
  EXPECT_TRUE(r.ok()) << yaml << "\n" << r.status().message();
  return r.ok() ? json_of(*r) : "";
}

std::string refused(const std::string& yaml) {
  Result<YamlNode> r = parse_yaml(yaml, "r.yaml", no_environment);
  EXPECT_FALSE(r.ok()) << yaml;
  return r.ok() ? "" : r.status().message();
}

TEST(YamlScalars, AsPyYamlWithJsonargparsesFloats) {
  // Columns: the scalar as a JSON string, the value as JSON (or !error), as recorded by
  // gen_scalars.py.
  Result<std::string> table =
      read_file(std::string(OPHOST_SOURCE_DIR) + "/host/recipe/testdata/yaml_scalars.tsv");
  ASSERT_TRUE(table.ok());
  int rows = 0;
  for (const auto& line : split(*table, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    auto columns = split(line, '\t');
    ASSERT_EQ(columns.size(), 2u) << line;
    Result<Json> scalar = parse_json(columns[0], "scalar");
    ASSERT_TRUE(scalar.ok());
    YamlNode node;
    bool typed = type_plain_scalar({scalar->GetString(), scalar->GetStringLength()}, node);
    ++rows;
    if (columns[1] == "!error") {
      EXPECT_FALSE(typed) << line;
      continue;
    }
    ASSERT_TRUE(typed) << line;
    bool beyond = node.is(YamlNode::Kind::kInt) && !node.fits && !node.wide_fits;
    EXPECT_EQ(beyond ? "beyond" : json_of(node), columns[1]) << line;
  }
  EXPECT_GT(rows, 500);
}

TEST(Yaml, QuotedScalarsAreStrings) {
  EXPECT_EQ(parsed("[1, '1', \"yes\", yes, ~, '~', '']"), R"([1,"1","yes",true,null,"~",""])");
  EXPECT_EQ(parsed("a: |-\n  5\nb: >-\n  yes\n"), R"({"a":"5","b":"yes"})");
  EXPECT_EQ(parsed("a: !!str 5\nb: !!float 5\nc: !!int '7'\n"), R"({"a":"5","b":5.0,"c":7})");
  EXPECT_EQ(parsed("d: 2024-01-01\ne: =\n"), R"({"d":"2024-01-01","e":"="})");
}

TEST(Yaml, AnchorsAndMergeKeys) {
  EXPECT_EQ(parsed("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n"),
            R"({"a":{"p":1,"q":2},"b":{"p":1,"q":3},"c":{"p":1,"q":2}})");
  EXPECT_EQ(parsed("- &x {p: 1}\n- &y {p: 2, q: 2}\n- <<: [*x, *y]\n  r: 3\n"),
            R"([{"p":1},{"p":2,"q":2},{"p":1,"q":2,"r":3}])");
  EXPECT_NE(refused("b: {<<: 5}").find("'<<' merges a mapping"), std::string::npos);
  EXPECT_NE(refused("a: &x [*x]").find("cannot contain itself"), std::string::npos);
  EXPECT_NE(refused("a: *nope").find("r.yaml:1:"), std::string::npos);
}

TEST(Yaml, AliasBombsAreBounded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(refused(bomb).find("more than 200,000 values"), std::string::npos);
  std::string deep = "a0: &a0 [1]\n";
  for (int i = 1; i < 300; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  EXPECT_NE(refused(deep).find("deeper than 200"), std::string::npos);
  EXPECT_NE(refused(std::string(300, '[') + std::string(300, ']')).find("deeper than 200"),
            std::string::npos);
  EXPECT_NE(refused(std::string(100'000, '[')), "");
  EXPECT_FALSE(parse_yaml(std::string((16u << 20) + 1, ' '), "r.yaml", no_environment).ok());
}

TEST(Yaml, DuplicateKeysNameBothLines) {
  EXPECT_EQ(refused("np: 1\nx: 2\nnp: 3\n"),
            "r.yaml:3:1: the key 'np' stands twice in this mapping: first in line 1, again in line "
            "3. Remove one of them.");
  EXPECT_EQ(parsed("{1: a, '1': b}"), R"({"1":"a","1":"b"})");  // Python tells them apart
}

TEST(Yaml, WhatIsWrongAndWhere) {
  EXPECT_NE(refused("a: 1\n\tb: 2\n").find("indented with a tab"), std::string::npos);
  EXPECT_NE(refused("a: [1, 2\nb: 3").find("not valid YAML"), std::string::npos);
  EXPECT_EQ(refused("a: 1\nb: \xff\n"),
            "r.yaml:2:4: byte 0xFF is not UTF-8; save the file as UTF-8.");
  EXPECT_EQ(
      refused(std::string("a: x\x01y\n")),
      "r.yaml:1:5: control character 0x01 is not allowed; write it as an escape in double quotes.");
  EXPECT_NE(refused("\xFF\xFE"
                    "a")
                .find("UTF-16"),
            std::string::npos);
  EXPECT_NE(refused("a: 1\n---\nb: 2\n").find("r.yaml:3:1: a second document"), std::string::npos);
  EXPECT_NE(refused("a: !!python/object:os.system x\n").find("is not supported"),
            std::string::npos);
  EXPECT_NE(refused("? [a, b]\n: 1\n").find("a key must be a single value"), std::string::npos);
  EXPECT_NE(refused("a: 0x_\n").find("holds no digits"), std::string::npos);
  EXPECT_EQ(parsed("\xEF\xBB\xBF"
                   "a: \xC3\xBC\r\nb: 1\r\n"),
            "{\"a\":\"\xC3\xBC\",\"b\":1}");
  EXPECT_EQ(parsed("--- \na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(parsed("# only a comment\n"), "null");
}

TEST(Yaml, NoBytesCrashIt) {
  const std::string seed =
      "project_name: \"x\\u00e9\"\nnp: 0x10\ndataset_path: ${HOME:-a} 0.5 b\nbase: &b {min_len: 1, "
      "max_len: 1_0}\n"
      "checkpoint:\n  strategy: manual\n  op_names: [a, 1, 'b#2']\nprocess:\n  - "
      "text_length_filter: {<<: *b}\n"
      "  - alphanumeric_filter:\n      min_ratio: 2e-5\n      words: |\n        a\n        b\n  - "
      "fix ?!%@`\n";
  const std::string alphabet = "{}[]:,-?&*!|>'\"%@`#\n\t ~<$0a.\\\xC3\xFF";
  std::mt19937 random(20260101);
  OpSchema any{
      "any", R"({"type":"object","properties":{"min_len":{"type":"integer","default":1}}})", {}};
  OpCatalog catalog;
  catalog.find = [&](const std::string&) { return &any; };
  catalog.names = [] { return std::vector<std::string>{"any"}; };
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = seed;
    int changes = static_cast<int>(random() % 6);
    for (int i = 0; i < changes; ++i) {
      std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        case 2:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 30));
          break;
      }
      if (text.empty()) text = "a";
    }
    Result<YamlNode> r = parse_yaml(text, "r.yaml", environment);
    accepted += r.ok();
    if (!r.ok()) {
      EXPECT_EQ(r.status().message().rfind("r.yaml:", 0), 0u) << r.status().message();
    }
    Result<Recipe> recipe =
        load_recipe("", {{"process", text}, {"any.min_len", text}, {"np", text}}, catalog);
    if (!recipe.ok()) {
      EXPECT_FALSE(recipe.status().message().empty());
    }
    Result<YamlNode> json = parse_json_recipe(text, "r.json", environment);
    EXPECT_FALSE(json.ok());
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace ophost
