// Test helper: runs the recorded cases of a mapper that writes fields, "__dj__meta__" entries or
// "$record" and puts the records together again. Owner: plugins/textkit. Included by *_test.cpp
// files only.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/testing.hpp"

namespace ophost::textkit {

class RecordMapperParity {
 public:
  using Value = rapidjson::Value;

  RecordMapperParity(const oph_plugin& plugin, std::string op)
      : plugin_(plugin), op_(std::move(op)) {
    for (std::uint32_t i = 0; i < plugin.op_count; ++i) {
      if (op_ == plugin.ops[i]->name) desc_ = plugin.ops[i];
    }
  }

  // Runs all recorded cases in which Data-Juicer neither failed nor needed models, and returns
  // their number.
  int run() {
    std::ifstream in(std::string(OPHOST_SOURCE_DIR "/tests/parity/ops/") + op_ + ".jsonl");
    EXPECT_TRUE(in.good()) << op_ << ": the recorded cases are missing";
    EXPECT_NE(desc_, nullptr) << op_;
    if (desc_ == nullptr) return 0;
    int count = 0;
    for (std::string line; std::getline(in, line); ++count) {
      rapidjson::Document c;
      c.Parse<rapidjson::kParseFullPrecisionFlag>(line.data(), line.size());
      EXPECT_FALSE(c.HasParseError()) << op_;
      bool usable = true;
      for (const char* reason : {"error", "fatal", "rounding", "unicode_version", "needs"}) {
        usable &= !c.HasMember(reason);
      }
      if (!usable) {
        --count;
        continue;
      }
      SCOPED_TRACE(c["case"].GetString());
      std::vector<std::string> records;
      for (const Value& record : c["input"].GetArray()) {
        if (record.HasMember("text") && record["text"].IsString())
          records.push_back(text_of(record));
      }
      const std::vector<std::string> found = map(text_of(c["params"]), records);
      const auto& expected = c["output"];
      EXPECT_EQ(found.size(), expected.Size());
      for (rapidjson::SizeType i = 0; i < expected.Size() && i < found.size(); ++i) {
        rapidjson::Document got;
        got.Parse<rapidjson::kParseFullPrecisionFlag>(found[i].data(), found[i].size());
        EXPECT_TRUE(same(got, expected[i]))
            << "found    " << found[i] << "\nexpected " << text_of(expected[i]);
      }
    }
    return count;
  }

  // What becomes of JSON records, as a host would put them together again; a record that the
  // operator refuses is left out.
  std::vector<std::string> map(const std::string& params, const std::vector<std::string>& records) {
    testing::Harness harness(plugin_, op_, params);
    rapidjson::Document given;
    given.Parse(harness.params().data(), harness.params().size());
    std::vector<rapidjson::Document> documents(records.size());
    for (std::size_t r = 0; r < records.size(); ++r) {
      documents[r].Parse<rapidjson::kParseFullPrecisionFlag>(records[r].data(), records[r].size());
    }
    std::vector<testing::Column> columns;
    for (const char* const* path = desc_->reads; *path != nullptr; ++path) {
      const std::string name = resolve(path_name(*path), given);
      std::vector<std::optional<std::string>> cells;
      for (std::size_t r = 0; r < records.size(); ++r) {
        const Value* v = name == "$record" ? &documents[r] : find(documents[r], name);
        if (v == nullptr) {
          cells.emplace_back();
        } else if (path_type(*path) == OPH_T_JSON) {
          cells.push_back(name == "$record" ? records[r] : text_of(*v));
        } else {
          cells.push_back(v->IsString() ? std::optional<std::string>(v->GetString())
                                        : std::nullopt);
        }
      }
      columns.push_back(path_type(*path) == OPH_T_JSON ? testing::Column::json(std::move(cells))
                                                       : testing::Column::str(std::move(cells)));
    }
    const testing::Result result = harness.run(columns);
    std::vector<std::string> out;
    for (std::size_t r = 0; r < records.size(); ++r) {
      if (result.row_errors.count(r)) continue;
      for (std::size_t w = 0; w < result.paths.size(); ++w) {
        const std::string name = resolve(path_name(result.paths[w]), given);
        const auto& cell = result.columns[w].text[r];
        if (!cell) continue;  // it stayed absent
        rapidjson::Document::AllocatorType& alloc = documents[r].GetAllocator();
        rapidjson::Document value(&alloc);
        if (path_type(result.paths[w]) == OPH_T_JSON) {
          value.Parse<rapidjson::kParseFullPrecisionFlag>(cell->data(), cell->size());
          EXPECT_FALSE(value.HasParseError()) << name << ": " << *cell;
        } else {
          value.SetString(cell->data(), static_cast<rapidjson::SizeType>(cell->size()), alloc);
        }
        if (name == "$record") {
          static_cast<Value&>(documents[r]) = static_cast<Value&>(value);  // moves
        } else {
          put(documents[r], name, value, alloc);
        }
      }
      out.push_back(text_of(documents[r]));
    }
    return out;
  }

 private:
  static std::string text_of(const Value& v) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    v.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
  }

  // "$text_key" and "${param}" replaced by what the parameters say.
  static std::string resolve(std::string_view path, const Value& params) {
    std::string name(path);
    if (name == "$text_key") {
      return params.HasMember("text_key") ? params["text_key"].GetString() : "text";
    }
    const std::size_t from = name.find("${");
    if (from == name.npos) return name;
    const std::size_t to = name.find('}', from);
    const std::string param = name.substr(from + 2, to - from - 2);
    return name.replace(from, to + 1 - from, params[param.c_str()].GetString());
  }

  // "__dj__meta__.key": one key, dots included; other paths are a top-level field here.
  static const Value* find(const Value& record, const std::string& name) {
    for (const char* room : {"__dj__meta__", "__dj__stats__"}) {
      const std::string prefix = std::string(room) + ".";
      if (name.compare(0, prefix.size(), prefix) != 0) continue;
      if (!record.HasMember(room) || !record[room].IsObject()) return nullptr;
      return find(record[room], name.substr(prefix.size()));
    }
    const auto at = record.FindMember(name.c_str());
    return at == record.MemberEnd() ? nullptr : &at->value;
  }
  template <class Alloc>
  static void put(Value& record, const std::string& name, Value& value, Alloc& alloc) {
    constexpr std::string_view kMeta = "__dj__meta__.";
    if (name.compare(0, kMeta.size(), kMeta) == 0) {
      if (!record.HasMember("__dj__meta__")) {
        record.AddMember("__dj__meta__", Value(rapidjson::kObjectType), alloc);
      }
      if (!record["__dj__meta__"].IsObject()) record["__dj__meta__"].SetObject();
      return put(record["__dj__meta__"], name.substr(kMeta.size()), value, alloc);
    }
    const auto at = record.FindMember(name.c_str());
    if (at != record.MemberEnd()) {
      at->value = value;
    } else {
      record.AddMember(Value(name.c_str(), alloc), value, alloc);
    }
  }

  // As check_parity.py compares: null is as good as absent, numbers are rounded to ten decimals.
  static bool same(const Value& a, const Value& b) {
    if (a.IsNumber() && b.IsNumber()) {
      const double x = a.GetDouble(), y = b.GetDouble();
      return x == y || std::abs(x - y) <= std::max(1e-9 * std::abs(y), 6e-11);
    }
    if (a.IsObject() && b.IsObject()) {
      static const Value null;
      const auto get = [](const Value& v, const Value& key) -> const Value& {
        const auto at = v.FindMember(key);
        return at == v.MemberEnd() ? null : at->value;
      };
      for (const auto& [key, value] : a.GetObject()) {
        if (key != "__dj__stats__" && !same(value, get(b, key))) return false;
      }
      for (const auto& [key, value] : b.GetObject()) {
        if (key != "__dj__stats__" && !same(get(a, key), value)) return false;
      }
      return true;
    }
    if (a.IsArray() && b.IsArray()) {
      if (a.Size() != b.Size()) return false;
      for (rapidjson::SizeType i = 0; i < a.Size(); ++i) {
        if (!same(a[i], b[i])) return false;
      }
      return true;
    }
    return a == b;
  }

  const oph_plugin& plugin_;
  std::string op_;
  const oph_op_desc* desc_ = nullptr;
};

// Number of cases run; a test expects how many there are, so that none is lost unnoticed.
inline int run_record_mapper_parity(const oph_plugin& plugin, const char* op) {
  return RecordMapperParity(plugin, op).run();
}

}  // namespace ophost::textkit
