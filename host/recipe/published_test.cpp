// Recipes and documents as others see them: Data-Juicer's published recipes load unchanged, docs/recipe.md has the table of keys.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "host/base/files.hpp"
#include "host/recipe/keys.hpp"
#include "host/recipe/recipe.hpp"

namespace ophost {
namespace {

TEST(Published, RecipesLoadUnchanged) {
  std::filesystem::path root =
      std::filesystem::path(OPHOST_SOURCE_DIR) / "../shared/parity/public/recipes";
  if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "no ../shared";
  ::setenv("IN", "in.jsonl", 1);
  ::setenv("OUT", "out.jsonl", 1);
  ::setenv("RES", "/res", 1);
  std::map<std::string, OpSchema> any;
  OpCatalog everything;
  everything.find = [&](const std::string& name) {
    std::string properties;
    for (const char* p : {"lowercase",
                          "ignore_non_character",
                          "tokenization",
                          "min_ratio",
                          "max_ratio",
                          "rep_len",
                          "lang",
                          "flagged_words_dir",
                          "stopwords_dir",
                          "min_len",
                          "max_len",
                          "min_num",
                          "max_num",
                          "window_size",
                          "ignore_pattern",
                          "num_blocks",
                          "hamming_distance",
                          "drop_no_head",
                          "doc_type",
                          "inline",
                          "multiline",
                          "suffixes"})
      properties += (properties.empty() ? "\"" : ",\"") + std::string(p) + "\":{}";
    return &(any[name] = OpSchema{name, R"({"properties":{)" + properties + "}}", {}});
  };
  int recipes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    std::string file = (entry.path() / "recipe.yaml").string();
    if (!exists(file)) continue;
    ++recipes;
    Result<Recipe> r = load_recipe(file, {}, everything);
    ASSERT_TRUE(r.ok()) << r.status().message();
    Result<std::string> text = read_file((entry.path() / "recipe.json").string());
    ASSERT_TRUE(text.ok());
    Result<Json> json = parse_json(*text, file);
    ASSERT_TRUE(json.ok());
    const auto& process = (*json)["process"].GetArray();
    ASSERT_EQ(r->process.size(), process.Size());
    for (rapidjson::SizeType i = 0; i < process.Size(); ++i) {
      const auto& op = *process[i].MemberBegin();
      EXPECT_EQ(r->process[i].name, op.name.GetString());
      std::string given = op.value.IsNull() ? "{}" : canonical_json(op.value);
      for (std::size_t at; (at = given.find("${RES}")) != std::string::npos;)
        given.replace(at, 6, "/res");
      EXPECT_EQ(r->process[i].params, given);
    }
    EXPECT_TRUE(r->keep_stats_in_res_ds);
    EXPECT_EQ(r->np, 1);
    EXPECT_TRUE(r->warnings.empty());
  }
  EXPECT_EQ(recipes, 5);
}

TEST(Published, DocumentationHasTheTable) {
  Result<std::string> doc = read_file(std::string(OPHOST_SOURCE_DIR) + "/docs/recipe.md");
  ASSERT_TRUE(doc.ok());
  EXPECT_NE(doc->find(recipe_keys_markdown()), std::string::npos)
      << "docs/recipe.md is stale; the table must be:\n"
      << recipe_keys_markdown();
}

}  // namespace
}  // namespace ophost
