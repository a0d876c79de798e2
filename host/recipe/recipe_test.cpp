// load_recipe() through its front door: small recipes and what becomes of them.
#include "host/recipe/recipe.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "host/base/files.hpp"
#include "host/recipe/keys.hpp"

namespace ophost {
namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

// Operators as the tests need them; "any_*" takes every parameter there is none of.
const std::map<std::string, OpSchema>& schemas() {
  static const std::map<std::string, OpSchema> all = [] {
    std::map<std::string, OpSchema> m;
    auto add = [&](const std::string& name, const std::string& properties,
                   std::vector<std::string> aliases = {}) {
      m[name] = OpSchema{name, R"({"type":"object","properties":{)" + properties + "}}",
                         std::move(aliases)};
    };
    add("text_length_filter",
        R"("min_len":{"type":["integer","null"],"default":10},
           "max_len":{"type":["integer","null"],"default":9223372036854775807},
           "reversed_range":{"type":"boolean","default":false})",
        {"text_len_filter"});
    add("alphanumeric_filter",
        R"("tokenization":{"type":"boolean","default":false},
           "min_ratio":{"type":"number","default":0.25,"minimum":0},
           "max_ratio":{"type":"number","default":9223372036854775807})");
    add("remove_comments_mapper",
        R"("doc_type":{"type":["string","array"],"items":{"type":"string"},"default":"tex"},
           "inline":{"type":"boolean","default":true})");
    add("fix_unicode_mapper",
        R"("normalization":{"type":["string","null"],"enum":["NFC","NFD","NFKC",null],"default":null})");
    add("pii_redaction_mapper",
        R"("text_key":{"type":"string","default":"text"},"query_key":{"type":"string","default":"query"})");
    add("document_deduplicator", R"("lowercase":{"type":"boolean","default":false})");
    add("whitespace_normalization_mapper", "");
    return m;
  }();
  return all;
}

OpCatalog catalog() {
  OpCatalog c;
  c.find = [](const std::string& name) -> const OpSchema* {
    for (const auto& [key, schema] : schemas()) {
      if (key == name) return &schema;
      for (const auto& alias : schema.aliases)
        if (alias == name) return &schema;
    }
    return nullptr;
  };
  c.names = [] {
    std::vector<std::string> names;
    for (const auto& [key, schema] : schemas()) names.push_back(key);
    return names;
  };
  return c;
}

class RecipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("ophost-recipe-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& yaml, const std::string& name = "recipe.yaml") {
    std::string path = (folder_ / name).string();
    EXPECT_TRUE(write_file_atomic(path, yaml).ok());
    return path;
  }
  Result<Recipe> load(const std::string& yaml, const Overrides& overrides = {},
                      const std::string& name = "recipe.yaml") {
    return load_recipe(write(yaml, name), overrides, catalog());
  }
  // The recipe, which must load.
  Recipe good(const std::string& yaml, const Overrides& overrides = {},
              const std::string& name = "recipe.yaml") {
    Result<Recipe> r = load(yaml, overrides, name);
    EXPECT_TRUE(r.ok()) << yaml << "\n" << r.status().message();
    if (!r.ok()) return Recipe{};
    // A worker process gets it as this text, and must run the same recipe.
    Result<Recipe> back = recipe_from_resolved(r->resolved_json());
    EXPECT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(back->resolved_json(), r->resolved_json());
    for (std::size_t k = 0; k < r->process.size(); ++k) EXPECT_EQ(back->process[k].params, r->process[k].params);
    return *r;
  }
  // The message without the folder's name, which must be an error of usage.
  std::string bad(const std::string& yaml, const Overrides& overrides = {},
                  const std::string& name = "recipe.yaml") {
    Result<Recipe> r = load(yaml, overrides, name);
    EXPECT_FALSE(r.ok()) << yaml;
    if (r.ok()) return "";
    EXPECT_EQ(r.status().code(), Code::kUsage);
    std::string message = r.status().message();
    std::string prefix = folder_.string() + "/";
    for (std::size_t i; (i = message.find(prefix)) != std::string::npos;)
      message.erase(i, prefix.size());
    return message;
  }
  // params of the one operator `yaml` gives as "- op: {...}".
  std::string params(const std::string& entry, const Overrides& overrides = {}) {
    Recipe r = good("process:\n" + entry, overrides);
    return r.process.empty() ? "" : r.process.back().params;
  }

  std::filesystem::path folder_;
};

std::string cwd(const std::string& name) {
  return absolute_path(name);
}

TEST_F(RecipeTest, EmptyRecipeHasDefaults) {
  Recipe r = good("");
  EXPECT_EQ(r.project_name, "hello_world");
  EXPECT_EQ(r.export_path, cwd("outputs/hello_world/hello_world.jsonl"));
  EXPECT_EQ(r.work_dir, cwd("outputs/hello_world"));
  EXPECT_EQ(r.np, 0);
  EXPECT_EQ(r.strategy, CheckpointStrategy::kEveryNOps);
  EXPECT_EQ(r.n_ops, 5u);
  EXPECT_EQ(r.partition_target_bytes, 8u << 20);
  EXPECT_EQ(r.partition_count, 0u);
  EXPECT_TRUE(r.warnings.empty()) << r.warnings.front();
}

TEST_F(RecipeTest, FormsOfProcessEntries) {
  Recipe r = good(
      "process:\n- whitespace_normalization_mapper:\n- fix_unicode_mapper: {}\n- text_len_filter\n"
      "- alphanumeric_filter:\n    min_ratio: 1\n    max_ratio: 2e5\n");
  ASSERT_EQ(r.process.size(), 4u);
  EXPECT_EQ(r.process[0].params, "{}");
  EXPECT_EQ(r.process[1].params, R"({"normalization":null})");
  EXPECT_EQ(r.process[2].name, "text_length_filter");
  EXPECT_EQ(r.process[2].params,
            R"({"max_len":9223372036854775807,"min_len":10,"reversed_range":false})");
  EXPECT_EQ(r.process[3].params, R"({"max_ratio":200000.0,"min_ratio":1.0,"tokenization":false})");
  EXPECT_EQ(r.process[3].given, R"({"max_ratio":200000.0,"min_ratio":1})");
  EXPECT_EQ(r.process[3].index, 3u);
}

TEST_F(RecipeTest, DataJuicersScalarRules) {
  EXPECT_EQ(params("- text_length_filter: {min_len: 2.0, max_len: null}"),
            R"({"max_len":null,"min_len":2,"reversed_range":false})");
  auto error = [&](const std::string& p) {
    return bad("process:\n- text_length_filter: {" + p + "}\n");
  };
  EXPECT_EQ(error("min_len: '5'"),
            "recipe.yaml:2: process[0] text_length_filter: parameter 'min_len' must be an "
            "integer or null, not the string \"5\"; remove the quotes.");
  EXPECT_NE(error("min_len: 7.5").find("must be an integer or null, not the number 7.5."),
            std::string::npos);
  EXPECT_NE(error("min_len: yes").find("not the boolean true"), std::string::npos);
  EXPECT_NE(error("min_len: .inf").find("not the number Infinity"), std::string::npos);
  EXPECT_NE(error("min_len: 99999999999999999999").find("does not fit into 64 bits"),
            std::string::npos);
  EXPECT_NE(error("reversed_range: 1").find("must be a boolean, not the integer 1"),
            std::string::npos);
  EXPECT_NE(
      bad("process:\n- alphanumeric_filter: {min_ratio: -0.5}").find("the smallest value is 0"),
      std::string::npos);
  EXPECT_NE(
      bad("process:\n- fix_unicode_mapper: {normalization: NFKX}").find("Did you mean 'NFKC'?"),
      std::string::npos);
  EXPECT_NE(bad("process:\n- remove_comments_mapper: {doc_type: [tex, 5]}")
                .find("'doc_type'[1] must be a string, not the integer 5"),
            std::string::npos);
}

TEST_F(RecipeTest, AllErrorsAtOnceInOrderOfTheFile) {
  EXPECT_EQ(
      bad("dataset_paht: x\n"
          "np: many\n"
          "checkpoint:\n  stratgy: every_op\n"
          "process:\n"
          "- text_length_filter:\n    min_length: 5\n"
          "- text_lenght_filter:\n"
          "- alphanumeric_filter:\n  min_ratio: 1\n"),
      "recipe.yaml:1: 'dataset_paht' is not a key of a recipe. Did you mean 'dataset_path'?\n"
      "recipe.yaml:2: 'np' must be an integer >= 0, not the string 'many'.\n"
      "recipe.yaml:4: 'checkpoint.stratgy' is unknown. Did you mean 'strategy'? 'checkpoint' has "
      "enabled, "
      "strategy, n_ops, op_names, self_contained.\n"
      "recipe.yaml:7: process[0] text_length_filter: parameter 'min_length' is unknown. Did you "
      "mean 'min_len'?\n"
      "recipe.yaml:8: process[1]: no plugin offers the operator 'text_lenght_filter'. Did you mean "
      "'text_length_filter'?\n"
      "recipe.yaml:9: process[2]: an entry is '- operator:' with its parameters below, not a "
      "mapping with the keys "
      "alphanumeric_filter, min_ratio. Parameters stand deeper than the operator's name.");
}

TEST_F(RecipeTest, ErrorsAreBounded) {
  std::string yaml;
  for (int i = 0; i < 5000; ++i) yaml += "key_that_is_not_there_" + std::to_string(i) + ": 1\n";
  std::string message = bad(yaml);
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 200);
  EXPECT_NE(message.find("There may be more"), std::string::npos);
}

TEST_F(RecipeTest, ParametersLeakAsInDataJuicer) {
  Recipe r = good(
      "process:\n"
      "- text_length_filter: {min_len: 10, max_len: 15, reversed_range: true, text_key: title}\n"
      "- alphanumeric_filter:\n"
      "- text_length_filter: {min_len: 5}\n"
      "- text_length_filter: {max_len: null}\n");
  ASSERT_EQ(r.process.size(), 4u);
  EXPECT_EQ(r.process[2].params, R"({"max_len":15,"min_len":5,"reversed_range":true})");
  EXPECT_EQ(r.process[2].inherited, (std::vector<std::string>{"max_len", "reversed_range"}));
  EXPECT_EQ(r.process[2].text_key, "text");  // text_key does not leak
  EXPECT_EQ(r.process[3].params, R"({"max_len":null,"min_len":5,"reversed_range":true})");
  ASSERT_EQ(r.warnings.size(), 2u);
  EXPECT_NE(r.warnings[0].find(
                "recipe.yaml:4: process[2] text_length_filter: takes max_len, reversed_range over"),
            std::string::npos);
}

TEST_F(RecipeTest, CommandLine) {
  std::string yaml =
      "process:\n- text_length_filter: {min_len: 1}\n- text_length_filter: {min_len: 2}\n";
  Recipe r = good(yaml, {{"text_length_filter.min_len", "50"},
                         {"partition.mode", "manual"},
                         {"np", "1"},
                         {"checkpoint.strategy", "manual"},
                         {"checkpoint.op_names", "text_length_filter#2,0"},
                         {"project_name", "007"},
                         {"debug", ""}});
  EXPECT_EQ(r.process[0].params,
            R"({"max_len":9223372036854775807,"min_len":50,"reversed_range":false})");
  EXPECT_EQ(r.process[1].params, r.process[0].params);
  EXPECT_EQ(r.partition_count, 4u);
  EXPECT_EQ(r.np, 1);
  EXPECT_EQ(r.project_name, "007");
  EXPECT_TRUE(r.debug);
  EXPECT_EQ(r.manual_ops, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(r.overrides.size(), 7u);

  r = good(yaml, {{"text_len_filter#2.min_len", "7"}});
  EXPECT_NE(r.process[0].params.find("\"min_len\":1,"), std::string::npos);
  EXPECT_NE(r.process[1].params.find("\"min_len\":7,"), std::string::npos);

  r = good(yaml,
           {{"process",
             R"([{"document_deduplicator": {"lowercase": true}}, {"fix_unicode_mapper": null}])"}});
  ASSERT_EQ(r.process.size(), 2u);
  EXPECT_EQ(r.process[0].params, R"({"lowercase":true})");
  r = good(yaml, {{"process", "[whitespace_normalization_mapper]"}, {"np", "3"}, {"np", "1"}});
  EXPECT_EQ(r.process.size(), 1u);
  EXPECT_EQ(r.np, 1);

  EXPECT_EQ(bad(yaml, {{"text_length_filter.min_len", "abc"}}),
            "--text_length_filter.min_len: process[0] text_length_filter: parameter 'min_len' must "
            "be an integer or null, "
            "not the string \"abc\"; remove the quotes.\n"
            "--text_length_filter.min_len: process[1] text_length_filter: parameter 'min_len' must "
            "be an integer or null, "
            "not the string \"abc\"; remove the quotes.");
  EXPECT_NE(bad(yaml, {{"text_length_filter#3.min_len", "1"}}).find("there is no #3"),
            std::string::npos);
  EXPECT_NE(
      bad(yaml, {{"text_lenght_filter.min_len", "1"}}).find("Did you mean 'text_length_filter'?"),
      std::string::npos);
  EXPECT_NE(bad(yaml, {{"checkpoint.stratgy", "x"}}).find("Did you mean 'checkpoint.strategy'?"),
            std::string::npos);
  EXPECT_NE(bad(yaml, {{"process", "[{a: b"}}).find("--process: 1:"), std::string::npos);
  EXPECT_NE(bad(yaml, {{"process", "5"}}).find("not the integer 5"), std::string::npos);
}

TEST_F(RecipeTest, WithoutAFile) {
  Result<Recipe> r = load_recipe(
      "", {{"dataset_path", "a.jsonl"}, {"process", "[fix_unicode_mapper]"}}, catalog());
  ASSERT_TRUE(r.ok()) << r.status().message();
  EXPECT_EQ(r->datasets.at(0).path, cwd("a.jsonl"));
  EXPECT_EQ(r->process.size(), 1u);
}

TEST_F(RecipeTest, WorkDirAndPlaceholders) {
  Recipe r = good("export_path: o/x.jsonl\n");
  EXPECT_EQ(r.work_dir, cwd("o"));
  r = good(
      "work_dir: w/{job_id}\nexport_path: '{work_dir}/x.jsonl'\nevent_log_dir: '{work_dir}/log'\n");
  EXPECT_EQ(r.work_dir, cwd("w"));
  EXPECT_EQ(r.export_path, cwd("w/{job_id}/x.jsonl"));
  ASSERT_TRUE(resolve_job_id(r, "j1").ok());
  EXPECT_EQ(r.export_path, cwd("w/j1/x.jsonl"));
  EXPECT_EQ(r.event_log_dir, cwd("w/j1/log"));
  EXPECT_EQ(r.job_id, "j1");
  r = good("work_dir: w\ndataset_path: '{work_dir}/{job_id}.jsonl'\njob_id: 0017\n");
  EXPECT_EQ(r.datasets.at(0).path, cwd("w/0017.jsonl"));
  EXPECT_EQ(good("work_dir: w/j1\njob_id: j1").work_dir,
            cwd("w"));  // the job's folder is w/j1, not w/j1/j1
  EXPECT_NE(bad("work_dir: w/{job_id}/x").find("must be the last part"), std::string::npos);
  EXPECT_NE(bad("export_path: '{work_dir}/x.jsonl'").find("set work_dir"), std::string::npos);
  EXPECT_NE(bad("job_id: ../x").find("cannot name a folder"), std::string::npos);
  EXPECT_NE(bad("job_id: a\nresume: b").find("give one of them"), std::string::npos);
  EXPECT_EQ(*good("resume: b").job_id, "b");
}

TEST_F(RecipeTest, Datasets) {
  auto paths = [](const Recipe& r) {
    std::string out;
    for (const auto& d : r.datasets)
      out += file_name(d.path) + "*" + std::to_string(d.weight).substr(0, 4) + ":" +
             std::to_string(d.max_records) + " ";
    return out;
  };
  EXPECT_EQ(paths(good("dataset_path: a.jsonl")), "a.jsonl*1.00:0 ");
  EXPECT_EQ(paths(good("dataset_path: 0.5 a.jsonl 2 'b c.jsonl' d")),
            "a.jsonl*0.50:0 b c.jsonl*2.00:0 d*1.00:0 ");
  EXPECT_EQ(paths(good("dataset_path: [a.jsonl, 0.3 b.jsonl]")), "a.jsonl*1.00:0 b.jsonl*0.30:0 ");
  EXPECT_EQ(paths(good("dataset:\n  configs:\n  - {type: local, path: a, weight: 3}\n  - {path: "
                       "b}\n  max_sample_num: 10\n")),
            "a*1.00:8 b*1.00:2 ");
  EXPECT_NE(bad("dataset_path: '0.5'").find("no path behind it"), std::string::npos);
  EXPECT_NE(bad("dataset_path: s3://x/y").find("is remote"), std::string::npos);
  EXPECT_NE(bad("dataset: {configs: [{type: remote, path: x}]}").find("only 'local'"),
            std::string::npos);
  EXPECT_NE(bad("dataset: {configs: [{pth: x}]}").find("Did you mean 'path'?"), std::string::npos);
  EXPECT_NE(bad("dataset: {configs: [{path: x}], max_sample_num: -1}").find("an integer >= 1"),
            std::string::npos);
}

TEST_F(RecipeTest, PartitionsAndCheckpoints) {
  EXPECT_EQ(good("partition: {target_size_mb: 256}").partition_target_bytes, 256u << 20);
  EXPECT_EQ(good("partition: {mode: manual, num_of_partitions: 8}").partition_count, 8u);
  EXPECT_EQ(good("partition: {mode: manual, size: 5000}").partition_records, 5000u);
  EXPECT_EQ(good("partition.mode: manual\npartition_size: 7").partition_records, 7u);
  EXPECT_EQ(good("partition: {mode: auto, size: 5000, max_size_mb: 256}").warnings.size(), 2u);
  EXPECT_NE(
      bad("partition: {mode: manual, size: 5, num_of_partitions: 8}").find("exclude each other"),
      std::string::npos);
  EXPECT_NE(bad("partition: {target_size_mb: 99999999999}").find("the largest value is"),
            std::string::npos);
  EXPECT_NE(bad("partition: {target_size_mb: -1}").find("an integer >= 1"), std::string::npos);
  EXPECT_NE(bad("partition: {mode: automatic}").find("one of manual, auto"), std::string::npos);
  EXPECT_NE(bad("partition: 5").find("must be a mapping"), std::string::npos);
  EXPECT_EQ(good("checkpoint: {enabled: false, strategy: every_op}").strategy,
            CheckpointStrategy::kDisabled);
  EXPECT_EQ(good("use_checkpoint: false").strategy, CheckpointStrategy::kDisabled);
  EXPECT_EQ(good("use_checkpoint: false\ncheckpoint: {enabled: true}").strategy,
            CheckpointStrategy::kEveryNOps);
  EXPECT_EQ(good("checkpoint: {strategy: every_n_ops, n_ops: 3}").n_ops, 3u);
  EXPECT_NE(bad("checkpoint: {n_ops: 0}").find("an integer >= 1"), std::string::npos);
  EXPECT_NE(bad("checkpoint: {strategy: manual}").find("needs checkpoint.op_names"),
            std::string::npos);
  std::string manual =
      "checkpoint: {strategy: manual, op_names: [text_lenght_filter, 5, 'fix_unicode_mapper#2', "
      "0]}\n"
      "process: [text_length_filter, fix_unicode_mapper]\n";
  EXPECT_EQ(
      bad(manual),
      "recipe.yaml:1: checkpoint.op_names: 'text_lenght_filter' is not in 'process'. Did you mean "
      "'text_length_filter'?\n"
      "recipe.yaml:1: checkpoint.op_names: there is no operator with index 5; 'process' has 2 (0 "
      "is the "
      "first).\n"
      "recipe.yaml:1: checkpoint.op_names: 'fix_unicode_mapper' occurs 1 time(s) in 'process'; "
      "there is "
      "no #2.");
  Recipe r = good(
      "intermediate_storage: {format: parquet, compression: snappy, retention_policy: "
      "keep_failed_only}");
  EXPECT_EQ(r.retention, RetentionPolicy::kKeepFailedOnly);
  EXPECT_EQ(r.warnings.size(), 2u);
  EXPECT_EQ(good("intermediate_storage: {preserve_intermediate_data: false}").retention,
            RetentionPolicy::kCleanupAll);
  EXPECT_NE(good("intermediate_storage: {compression: none}").warnings.at(0).find("zstd in any case"),
            std::string::npos);
}

TEST_F(RecipeTest, OnErrorAndCommonParameters) {
  Recipe r = good(
      "skip_op_error: false\nprocess:\n- fix_unicode_mapper:\n- text_length_filter: "
      "{skip_op_error: true}\n"
      "- alphanumeric_filter: {on_error: drop, batch_size: 7, text_key: a.b, num_proc: 4, "
      "mem_required: 2GB}\n"
      "- pii_redaction_mapper: {query_key: q}\n");
  EXPECT_EQ(r.process[0].on_error, "fail");
  EXPECT_EQ(r.process[1].on_error, "quarantine");
  EXPECT_EQ(r.process[2].on_error, "drop");
  EXPECT_EQ(r.process[2].batch_size, 7);
  EXPECT_EQ(r.process[2].text_key, "a.b");
  EXPECT_EQ(r.process[2].params,
            R"({"max_ratio":9.223372036854776e+18,"min_ratio":0.25,"tokenization":false})");
  EXPECT_EQ(r.process[3].params, R"({"query_key":"q","text_key":"text"})");
  ASSERT_EQ(r.warnings.size(), 2u);
  EXPECT_NE(bad("process: [{fix_unicode_mapper: {on_error: explode}}]")
                .find("one of quarantine, drop, keep, fail"),
            std::string::npos);
  EXPECT_NE(
      bad("process: [{fix_unicode_mapper: {text_key: 5}}]").find("'text_key' must be a string"),
      std::string::npos);
  EXPECT_NE(bad("process: [{fix_unicode_mapper: {batch_size: 0}}]").find("an integer >= 1"),
            std::string::npos);
  // The recipe's text key reaches an operator that declares the parameter itself.
  EXPECT_EQ(good("text_keys: [body, title]\nprocess: [pii_redaction_mapper]").process[0].params,
            R"({"query_key":"query","text_key":"body"})");
  r = good("strict_preflight: false\nprocess: [{fix_unicode_mapper: {nonsense: 1}}]");
  EXPECT_EQ(r.process[0].params, R"({"normalization":null})");
  EXPECT_EQ(r.warnings.size(), 1u);
}

TEST_F(RecipeTest, IgnoredAndRejectedKeys) {
  Recipe r = good(
      "image_key: pics\nturbo: true\nray_address: auto\nhpo_config: null\npartition: "
      "{gpu_probe_steady_batches: 9}\n");
  ASSERT_EQ(r.warnings.size(), 3u);  // ray_address has its default
  EXPECT_EQ(r.warnings[0].substr(r.warnings[0].find("recipe.yaml:")),
            "recipe.yaml:1: 'image_key' is accepted and ignored: ophost processes text; the field "
            "itself passes through "
            "untouched.");
  EXPECT_EQ(
      r.ignored,
      R"({"image_key":"pics","partition.gpu_probe_steady_batches":9,"ray_address":"auto","turbo":true})");
  EXPECT_NE(bad("hpo_config: x.yaml").find("'hpo_config' is not supported"), std::string::npos);
  EXPECT_NE(bad("encrypt_before_export: true").find("in the clear"), std::string::npos);
  EXPECT_NE(bad("executor_type: ray").find("not available"), std::string::npos);
  EXPECT_NE(bad("executor_type: rai").find("Did you mean 'ray'?"), std::string::npos);
  EXPECT_NE(bad("export_path: x.parquet").find("must end in .jsonl"), std::string::npos);
  EXPECT_NE(bad("export_type: parquet").find("must be jsonl"), std::string::npos);
  EXPECT_NE(bad("text_length_filter: {min_len: 5}").find("belongs into the list under 'process'"),
            std::string::npos);
}

TEST_F(RecipeTest, EveryKeyOfTheTableAcceptsItsDefault) {
  for (const auto& key : recipe_keys()) {
    Recipe r = good("'" + key.name + "': " + key.default_json + "\n");
    EXPECT_TRUE(r.warnings.empty())
        << key.name << ": " << (r.warnings.empty() ? "" : r.warnings[0]);
    EXPECT_FALSE(key.note.empty()) << key.name;
    if (key.type == KeyType::kName || key.choices.size() > 0) continue;
    std::string wrong =
        key.type == KeyType::kString || key.type == KeyType::kStrings ? "{a: 1}" : "a string";
    EXPECT_NE(bad("'" + key.name + "': " + wrong + "\n")
                  .find("'" + key.name + "' must be " + type_text(key)),
              std::string::npos);
  }
}

TEST_F(RecipeTest, WorkersAreClampedToProcessors) {
  auto processors = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  Recipe r = good("np: 100000");
  EXPECT_EQ(r.np, processors);
  EXPECT_EQ(r.warnings.size(), 1u);
  EXPECT_NE(bad("np: -1").find("an integer >= 0"), std::string::npos);
  EXPECT_EQ(good("np: '1'").np, 1);  // jsonargparse reads quoted numbers as well
}

TEST_F(RecipeTest, Environment) {
  ::setenv("OPHOST_TEST_IN", "/data/in.jsonl", 1);
  ::setenv("OPHOST_TEST_N", "12", 1);
  ::unsetenv("OPHOST_TEST_NONE");
  Recipe r = good(
      "dataset_path: ${OPHOST_TEST_IN}\nexport_path: '${OPHOST_TEST_NONE:-o}/x.jsonl'\njob_id: "
      "${OPHOST_TEST_N}\n"
      "project_name: a$${B}${not a name}\nprocess:\n- text_length_filter:\n    min_len: "
      "${OPHOST_TEST_N}\n");
  EXPECT_EQ(r.datasets.at(0).path, "/data/in.jsonl");
  EXPECT_EQ(r.export_path, cwd("o/x.jsonl"));
  EXPECT_EQ(r.job_id, "12");
  EXPECT_EQ(r.project_name, "a${B}${not a name}");
  EXPECT_NE(r.process[0].params.find("\"min_len\":12"), std::string::npos);
  EXPECT_EQ(bad("np: 1\ndataset_path: ${OPHOST_TEST_NONE}"),
            "recipe.yaml:2:15: environment variable OPHOST_TEST_NONE is not set "
            "(${OPHOST_TEST_NONE}); set it, or write "
            "${OPHOST_TEST_NONE:-default}.");
}

TEST_F(RecipeTest, Json) {
  Recipe r = good(
      "{\n  \"project_name\": \"\\ud83d\\ude00\\/x\",\n  \"process\": [{\"alphanumeric_filter\": "
      "{\"min_ratio\": 1e-1}}]\n}",
      {}, "recipe.json");
  EXPECT_EQ(r.project_name, "\xF0\x9F\x98\x80/x");
  EXPECT_NE(r.process[0].params.find("\"min_ratio\":0.1"), std::string::npos);
  EXPECT_NE(bad("{\n \"np\": 1,\n \"np\": 2}", {}, "recipe.json")
                .find("first in line 2, again in line 3"),
            std::string::npos);
  EXPECT_NE(bad("{\n \"np\": ,}", {}, "recipe.json").find("recipe.json:2:8: not valid JSON"),
            std::string::npos);
  EXPECT_NE(
      bad("{\"a\": " + std::string(5000, '[') + "}", {}, "recipe.json").find("deeper than 200"),
      std::string::npos);
}

TEST_F(RecipeTest, ResolvedJsonIsCompleteAndStable) {
  std::string yaml = "np: 1\njob_id: j\nprocess:\n- text_length_filter: {min_len: 1}\n";
  std::string a = good(yaml).resolved_json();
  std::string b =
      good("# a comment\njob_id:   j\nnp: 1\nprocess:\n  - text_length_filter:\n      min_len: 1\n")
          .resolved_json();
  EXPECT_EQ(a, b);
  Result<Json> parsed = parse_json(a, "resolved");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(canonical_json(*parsed), a);
  for (const char* name : {"datasets", "export_path", "work_dir", "job_id", "checkpoint",
                           "partition", "process", "ignored"})
    EXPECT_NE(get_member(*parsed, name), nullptr) << name;
}

TEST_F(RecipeTest, RetriesAndCircuitBreakers) {
  Recipe r = good(
      "process:\n- text_length_filter: {min_len: 1}\n- text_length_filter: {retry: aggressive, circuit_breaker: SENSITIVE}\n"
      "- text_length_filter: {retry: {max_attempts: 7, retry_on_exceptions: [io, limit]}, circuit_breaker: {failure_threshold: 1}}\n");
  EXPECT_EQ(r.process[0].retry.json(),
            R"({"max_attempts":3,"initial_delay_seconds":1.0,"max_delay_seconds":60.0,"backoff_multiplier":2.0,"jitter":0.25,)"
            R"("retry_on_exceptions":["io"]})");
  EXPECT_EQ(r.process[0].circuit_breaker.json(),
            R"({"failure_threshold":5,"success_threshold":2,"timeout_seconds":60.0,"half_open_max_calls":1})");
  EXPECT_EQ(r.process[1].retry.max_attempts, 5);
  EXPECT_EQ(r.process[1].circuit_breaker.failure_threshold, 3);
  EXPECT_EQ(r.process[1].circuit_breaker.timeout_seconds, 120);
  EXPECT_EQ(r.process[2].retry.max_attempts, 7);
  EXPECT_TRUE(r.process[2].retry.retries("limit"));
  EXPECT_FALSE(r.process[2].retry.retries("internal"));
  auto unit = [] { return 1.0; };
  EXPECT_DOUBLE_EQ(r.process[0].retry.delay(1, unit), 1.25);
  EXPECT_DOUBLE_EQ(r.process[0].retry.delay(3, [] { return 0.0; }), 4.0);
  EXPECT_DOUBLE_EQ(r.process[0].retry.delay(30, [] { return 0.0; }), 60.0);
  EXPECT_EQ(bad("process:\n- text_length_filter: {retry: {max_attempts: 0}}\n"),
            "recipe.yaml:2: process[0] text_length_filter: 'retry.max_attempts' must be at least 1.");
  EXPECT_EQ(bad("process:\n- text_length_filter: {circuit_breaker: 3}\n"),
            "recipe.yaml:2: process[0] text_length_filter: 'circuit_breaker' must be a mapping or the name of a preset.");
}

TEST_F(RecipeTest, PluginPathsAreKnownBeforeTheCatalog) {
  std::string file = write("custom_operator_paths: [a.so, dir]\nprocess:\n- unknown_operator:\n");
  EXPECT_EQ(*recipe_plugin_paths(file, {}), (std::vector<std::string>{"a.so", "dir"}));
  EXPECT_EQ(*recipe_plugin_paths(file, {{"custom_operator_paths", "x.so"}}),
            (std::vector<std::string>{"x.so"}));
  EXPECT_FALSE(recipe_plugin_paths((folder_ / "missing.yaml").string(), {}).ok());
}

// Data-Juicer's own published recipes, with operators that declare what those recipes set.

}  // namespace
}  // namespace ophost
