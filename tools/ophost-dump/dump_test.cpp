// ophost-dump through its front door: arguments in, text and exit code out, over a small store with
// every kind of thing.
#include <stdlib.h>

#include "host/base/text.hpp"
#include "host/store/store_test_util.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {
namespace {

using namespace store_test;

struct Ran {
  int code;
  std::string out, err;
};

Ran ran(const std::vector<std::string>& arguments) {
  char *out = nullptr, *err = nullptr;
  std::size_t out_size = 0, err_size = 0;
  std::FILE* o = ::open_memstream(&out, &out_size);
  std::FILE* e = ::open_memstream(&err, &err_size);
  int code = run(arguments, o, e);
  std::fclose(o);
  std::fclose(e);
  Ran r{code, std::string(out, out_size), std::string(err, err_size)};
  ::free(out);
  ::free(err);
  return r;
}

std::string ingredient(int index, const std::string& name, const std::string& version,
                       const std::string& params) {
  return "{\"step\":\"op\",\"index\":" + std::to_string(index) + ",\"name\":\"" + name +
         "\",\"semantics\":1,\"params\":" + params + ",\"plugin\":\"text-filters\",\"version\":\"" +
         version + "\",\"digest\":\"00ff\",\"abi\":\"1.0\",\"resources\":[],\"fingerprint\":\"" +
         hash128(params).hex() + "\"}";
}

// A checkpoint as the runner's manifests describe it.
Status add(Store& store, int i, const std::string& job, const std::string& op,
           const std::string& version, const std::string& params, const std::string& base) {
  std::string more =
      ",\"kind\":\"checkpoint\",\"format\":1,\"op\":{\"index\":1,\"name\":\"" + op +
      "\",\"plugin\":\"text-filters\",\"plugin_version\":\"" + version +
      "\",\"semantics\":1,\"params\":" + params +
      "},\"partition\":{\"index\":" + std::to_string(i) +
      ",\"file\":\"in.jsonl\",\"begin\":0,\"end\":99,\"content\":\"c0ffee\"},\"rows\":1000,"
      "\"alive\":900,"
      "\"quarantined\":2,\"ingredients\":[{\"step\":\"input\",\"content\":\"c0ffee\"}," +
      ingredient(0, "clean_email_mapper", "1.0.0", "{\"repl\":\"\"}") + "," +
      ingredient(1, op, version, params) + "]";
  if (!base.empty()) more += ",\"base\":\"" + base + "\"";
  return put(store, i, 5000, 2, job, more);
}

class Dump : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = must_open(path_);
    ASSERT_OK(add(*store, 0, "a", "text_length_filter", "1.0.0", "{\"min_len\":1}", ""));
    ASSERT_OK(add(*store, 1, "a", "text_length_filter", "1.1.0", "{\"max_len\":9,\"min_len\":2}",
                  fingerprint(0).hex()));
    ASSERT_OK(add(*store, 2, "b", "words_num_filter", "1.0.0", "{\"min_len\":1}", ""));
    ASSERT_OK(store->put_job("a", "{\"status\":\"done\"}"));
  }
  Ran with_store(std::vector<std::string> arguments) {
    arguments.push_back("--store");
    arguments.push_back(path_);
    return ran(arguments);
  }
  static std::string id(int i) { return fingerprint(i).hex(); }
  static Json json(const Ran& r) {
    auto parsed = parse_json(r.out, "output");
    EXPECT_TRUE(parsed.ok()) << r.out << r.err;
    return parsed.ok() ? std::move(*parsed) : Json();
  }

  TempDir dir_;
  std::string path_ = dir_ / "store";
};

TEST_F(Dump, LsChoosesByJobOperatorPartitionAndPrefix) {
  Ran all = with_store({"ls"});
  EXPECT_EQ(all.code, 0) << all.err;
  for (int i : {0, 1, 2}) EXPECT_NE(all.out.find(id(i).substr(0, 12)), std::string::npos);
  EXPECT_NE(all.out.find("1 text_length_filter"), std::string::npos);
  EXPECT_NE(all.out.find("3 checkpoints"), std::string::npos);
  auto chosen = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"ls", "--json"});
    Ran r = with_store(arguments);
    EXPECT_EQ(r.code, 0) << r.err;
    std::vector<std::string> ids;
    Json rows = json(r);
    for (const JsonValue& v : rows.GetArray()) ids.push_back(get_string(v, "fingerprint"));
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(chosen({"--job", "b"}), Ids{id(2)});
  EXPECT_EQ(chosen({"--op", "text_length_filter"}), (Ids{id(0), id(1)}));
  EXPECT_EQ(chosen({"--op", "1"}), (Ids{id(0), id(1), id(2)}));
  EXPECT_EQ(chosen({"--op", "7"}), Ids{});
  EXPECT_EQ(chosen({"--partition", "1"}), Ids{id(1)});
  EXPECT_EQ(chosen({id(2).substr(0, 8)}), Ids{id(2)});
  Ran wrong = with_store({"ls", "--op", "text_lenght_filter"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("Did you mean 'text_length_filter'"), std::string::npos) << wrong.err;
}

TEST_F(Dump, ShowTellsPluginIngredientsAndBases) {
  Ran r = with_store({"show", id(1).substr(0, 10)});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const std::string& text :
       {id(1), id(0), std::string("text-filters 1.1.0"), std::string("clean_email_mapper"),
        std::string("1000, alive 900, quarantined 2"), std::string("2 frames")})
    EXPECT_NE(r.out.find(text), std::string::npos) << text << "\n" << r.out;
  Json j = json(with_store({"show", id(1), "--json"}));
  EXPECT_EQ(j["bases"][0]["fingerprint"], id(0));
  EXPECT_EQ(j["frames"].Size(), 2u);
  EXPECT_EQ(j["manifest"]["op"]["plugin_version"], "1.1.0");
  EXPECT_EQ(with_store({"show", "zz"}).code, 2);
  EXPECT_EQ(with_store({"show", std::string(32, '0')}).code, 2);
}

TEST_F(Dump, CatGivesTheBytes) {
  Ran r = with_store({"cat", "--raw", id(2)});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_TRUE(r.out == whole(2, 5000, 2));
}

TEST_F(Dump, DiffNamesTheFirstDifferentIngredient) {
  Ran r = with_store({"diff", id(0), id(1)});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const char* text :
       {"they part at: operator 1 text_length_filter", "parameter min_len: 1 -> 2",
        "parameter max_len: (none) -> 9", "plugin version: \"1.0.0\" -> \"1.1.0\""})
    EXPECT_NE(r.out.find(text), std::string::npos) << text << "\n" << r.out;
  EXPECT_EQ(r.out.find("clean_email_mapper"), std::string::npos) << r.out;
  Json j = json(with_store({"diff", id(0), id(2), "--json"}));
  ASSERT_EQ(j["differences"].Size(), 1u);
  EXPECT_EQ(j["differences"][0]["what"], "the step itself");
  EXPECT_TRUE(json(with_store({"diff", id(0), id(0), "--json"}))["same_ingredients"].GetBool());
}

TEST_F(Dump, StatAndJobsCount) {
  Json stat = json(with_store({"stat", "--json"}));
  EXPECT_EQ(stat["checkpoints"].GetInt(), 3);
  EXPECT_EQ(stat["frames"].GetInt(), 6);
  EXPECT_EQ(stat["jobs"].GetInt(), 2);
  EXPECT_EQ(with_store({"stat"}).code, 0);
  Json jobs = json(with_store({"jobs", "--json"}));
  ASSERT_EQ(jobs.Size(), 2u);
  EXPECT_EQ(jobs[0]["status"], "done");
  EXPECT_EQ(jobs[0]["checkpoints"].GetInt(), 2);
  EXPECT_NE(with_store({"jobs"}).out.find("done"), std::string::npos);
}

TEST_F(Dump, VerifyNamesDamageAndRepairMendsIt) {
  EXPECT_EQ(with_store({"verify"}).code, 0);
  EXPECT_EQ(with_store({"verify", "--deep", "--job", "a"}).code, 0);
  std::string data = *read_file(path_ + "/data.mdb");
  // A frame's key stands right before its record when the record is in the leaf itself: 40 bytes in
  // lie stored bytes.
  std::string key(fingerprint(0).view());
  key += std::string("\0\0\0\0OPHF", 8);
  for (std::size_t at = data.find(key); at != std::string::npos; at = data.find(key, at + 1))
    data[at + 20 + 45] ^= 1;
  ASSERT_OK(write_file_atomic(path_ + "/data.mdb", data));
  Ran bad = with_store({"verify", "--json"});
  EXPECT_EQ(bad.code, 5);
  EXPECT_NE(bad.out.find(id(0)), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("frame 0 of 2"), std::string::npos) << bad.out;
  EXPECT_EQ(with_store({"cat", "--raw", id(0)}).code, 5);
  Ran mended = with_store({"repair"});
  EXPECT_EQ(mended.code, 0) << mended.err;
  EXPECT_NE(mended.out.find("erased: checkpoint " + id(0)), std::string::npos) << mended.out;
  EXPECT_EQ(with_store({"verify", "--deep"}).code, 0);
  EXPECT_EQ(json(with_store({"stat", "--json"}))["checkpoints"].GetInt(), 1);  // 1 was built on 0
}

TEST_F(Dump, GcForgetsAJobAndErasesWhatOnlyItNeeded) {
  EXPECT_EQ(json(with_store({"gc", "--json"}))["erased"].Size(), 0u);
  EXPECT_EQ(json(with_store({"gc", "--job", "a", "--dry-run", "--json"}))["erased"].Size(), 2u);
  EXPECT_EQ(json(with_store({"stat", "--json"}))["checkpoints"].GetInt(), 3);
  EXPECT_EQ(with_store({"gc", "--job", "aa"}).code, 2);
  EXPECT_EQ(with_store({"gc", "--job", "a"}).code, 0);
  EXPECT_EQ(json(with_store({"stat", "--json"}))["checkpoints"].GetInt(), 1);
  EXPECT_EQ(with_store({"compact"}).code, 0);
  EXPECT_EQ(with_store({"verify", "--deep"}).code, 0);
}

TEST_F(Dump, BackupIsAStore) {
  EXPECT_EQ(with_store({"backup", dir_ / "copy"}).code, 0);
  EXPECT_EQ(with_store({"backup", dir_ / "copy"}).code, 5);
  EXPECT_EQ(ran({"verify", "--deep", "--store", dir_ / "copy"}).code, 0);
  EXPECT_NE(ran({"ls", "--store", dir_ / "copy"}).out.find("3 checkpoints"), std::string::npos);
}

TEST_F(Dump, FindsTheStore) {
  EXPECT_EQ(ran({"stat", "--store", dir_.path()}).code, 0);  // the work directory
  ASSERT_EQ(::setenv("OPHOST_STORE", path_.c_str(), 1), 0);
  EXPECT_EQ(ran({"stat"}).code, 0);
  ASSERT_EQ(::unsetenv("OPHOST_STORE"), 0);
  Ran absent = ran({"gc", "--store", dir_ / "absent"});
  EXPECT_EQ(absent.code, 5);
  EXPECT_FALSE(exists(dir_ / "absent"));
}

TEST(DumpUsage, MistakesAreNamed) {
  auto refused = [](const std::vector<std::string>& arguments, const std::string& expected) {
    Ran r = ran(arguments);
    EXPECT_EQ(r.code, 2) << join(arguments, " ");
    EXPECT_NE(r.err.find(expected), std::string::npos) << r.err;
    EXPECT_EQ(r.out, "");
  };
  refused({}, "no command");
  refused({"sohw", "x"}, "Did you mean 'show'");
  refused({"ls", "--jbo", "x"}, "--job");
  refused({"ls", "--deep"}, "takes no --deep");
  refused({"show"}, "usage: ophost-dump show");
  refused({"ls", "--partition", "x"}, "partition");
  refused({"cat", "--json", "abc"}, "'cat' prints records");
  for (const char* command : {"ls", "show", "cat", "verify", "stat", "diff", "jobs", "gc", "repair",
                              "compact", "backup"}) {
    Ran r = ran({command, "--help"});
    EXPECT_EQ(r.code, 0);
    EXPECT_NE(r.out.find("Example: ophost-dump " + std::string(command)), std::string::npos)
        << r.out;
  }
  EXPECT_NE(ran({"--help"}).out.find("Exit codes"), std::string::npos);
  EXPECT_EQ(ran({"--version"}).out.substr(0, 12), "ophost-dump ");
}

}  // namespace
}  // namespace ophost::dump
