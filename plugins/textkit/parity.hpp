// Test helper: runs the recorded cases of tests/parity/ops/<op>.jsonl (what Data-Juicer 1.6.1 gave)
// through an operator's real descriptor. Owner: plugins/textkit. Included by *_test.cpp files only.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/testing.hpp"

namespace ophost::textkit {

class Parity {
 public:
  // With `models`, exactly the cases that need some; else exactly the others.
  Parity(const oph_plugin& plugin, std::string op, bool models = false)
      : plugin_(plugin), op_(std::move(op)), models_(models) {}

  // Runs all cases the operator alone can answer and returns their number. Left out: cases in which
  // Data-Juicer failed, those that depend on its rounding or its Unicode version, and
  // those about the runner (text_keys, statistics that come with the input).
  int run() {
    std::ifstream in(std::string(OPHOST_SOURCE_DIR "/tests/parity/ops/") + op_ + ".jsonl");
    EXPECT_TRUE(in.good()) << op_ << ": the recorded cases are missing";
    int count = 0;
    for (std::string line; std::getline(in, line);) {
      replace_all(line, "${RES}", OPHOST_SOURCE_DIR "/tests/parity/resources");
      rapidjson::Document c;
      c.Parse<rapidjson::kParseFullPrecisionFlag>(line.data(), line.size());
      EXPECT_FALSE(c.HasParseError()) << op_;
      if (!usable(c)) continue;
      SCOPED_TRACE(c["case"].GetString());
      run_case(c);
      ++count;
    }
    return count;
  }

 private:
  using Value = rapidjson::Value;

  static void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
  bool usable(const Value& c) const {
    if (c.HasMember("needs") != models_) return false;
    for (const char* reason : {"error", "fatal", "rounding", "unicode_version"}) {
      if (c.HasMember(reason)) return false;
    }
    if (c.HasMember("config") && c["config"].IsObject() && c["config"].HasMember("text_keys"))
      return false;
    for (const Value& record : c["input"].GetArray()) {
      if (record.HasMember("__dj__stats__")) return false;
    }
    return true;
  }
  static std::string text_of(const Value& v) {
    return v.IsString() ? std::string(v.GetString(), v.GetStringLength()) : std::string();
  }
  static std::string json_of(const Value& v) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    v.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
  }
  // The operator's own parameters; those every operator has are the host's business.
  static std::string own_params(const Value& params) {
    rapidjson::Document own;
    own.CopyFrom(params, own.GetAllocator());
    for (const char* common : {"text_key", "batch_size", "num_proc", "skip_op_error", "turbo"}) {
      if (own.HasMember(common)) own.RemoveMember(common);
    }
    return json_of(own);
  }

  // The models of the recorded cases, under the names Data-Juicer looks them up by.
  static testing::Resources resources() {
    testing::Resources found;
    for (const char* name : {"en.sp.model", "zh.sp.model", "en.arpa.bin", "zh.arpa.bin",
                             "EleutherAI/pythia-6.9b-deduped/tokenizer.json",
                             "EleutherAI/pythia-6.9b-deduped/tokenizer_config.json"}) {
      found[name] = std::string(OPHOST_SOURCE_DIR "/tests/parity/resources/models/") + name;
    }
    return found;
  }

  void run_case(const Value& c) {
    const Value& params = c["params"];
    const std::string key = params.HasMember("text_key") ? params["text_key"].GetString() : "text";
    std::vector<const Value*> records;  // those with a text: the loader drops the others
    std::vector<std::size_t> numbers;
    std::vector<std::string> texts;
    const auto& input = c["input"];
    for (rapidjson::SizeType i = 0; i < input.Size(); ++i) {
      if (!input[i].HasMember(key.c_str()) || !input[i][key.c_str()].IsString()) continue;
      records.push_back(&input[i]);
      numbers.push_back(i);
      texts.push_back(text_of(input[i][key.c_str()]));
    }
    testing::Harness harness(plugin_, op_, own_params(params), resources());
    const testing::Result result = harness.run(texts);
    EXPECT_TRUE(result.row_errors.empty());
    std::vector<std::string> expected;
    for (const Value& record : c["output"].GetArray()) {
      expected.push_back(record.HasMember(key.c_str()) ? text_of(record[key.c_str()]) : "");
    }
    std::vector<std::string> found;
    collect(result, texts, found);
    EXPECT_EQ(found, expected);
    if (is_filter() && c.HasMember("stats") && c["stats"].IsArray()) {
      for (std::size_t r = 0; r < records.size(); ++r) {
        const Value& stats = c["stats"][static_cast<rapidjson::SizeType>(numbers[r])];
        if (stats.IsObject()) check_stats(result, r, stats, texts[r]);
      }
    }
  }

  std::int32_t kind() const {
    for (std::uint32_t i = 0; i < plugin_.op_count; ++i) {
      if (op_ == plugin_.ops[i]->name) return plugin_.ops[i]->kind;
    }
    ADD_FAILURE() << "the plugin has no operator " << op_;
    return 0;
  }
  bool is_filter() const { return kind() == OPH_KIND_FILTER; }

  // The texts that leave the operator, in order.
  void collect(const testing::Result& result, const std::vector<std::string>& texts,
               std::vector<std::string>& found) const {
    if (kind() == OPH_KIND_FLATMAP) {
      for (const auto& record : result.records) found.push_back(record.at(0));
    } else if (is_filter()) {
      for (std::size_t r = 0; r < texts.size(); ++r) {
        if (result.kept[r]) found.push_back(texts[r]);
      }
    } else {
      found = result.texts();
    }
  }

  static void check_stats(const testing::Result& result, std::size_t row, const Value& stats,
                          const std::string& text) {
    for (const auto& [name, expected] : stats.GetObject()) {
      const testing::Column& column = result.column(name.GetString());
      if (column.type == OPH_T_I64) {
        ASSERT_TRUE(expected.IsInt64() && column.i64[row].has_value());
        EXPECT_EQ(*column.i64[row], expected.GetInt64()) << name.GetString() << " of: " << text;
      } else {
        ASSERT_TRUE(expected.IsNumber() && column.f64[row].has_value());
        EXPECT_EQ(*column.f64[row], expected.GetDouble()) << name.GetString() << " of: " << text;
      }
    }
  }

  const oph_plugin& plugin_;
  std::string op_;
  bool models_;
};

// Whether a library that plugins open beside themselves was built.
inline bool has_library(const std::string& file) {
  return std::ifstream(std::string(OPHOST_PLUGIN_DIR "/") + file).good();
}

// Number of cases run; a test expects how many there are, so that none is lost unnoticed.
inline int run_parity(const oph_plugin& plugin, const char* op) {
  return Parity(plugin, op).run();
}
// The same for the cases with models.
inline int run_parity_with_models(const oph_plugin& plugin, const char* op) {
  return Parity(plugin, op, true).run();
}

}  // namespace ophost::textkit
