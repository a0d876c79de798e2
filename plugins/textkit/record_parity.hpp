// Test helper: runs recorded cases (tests/parity/ops/<op>.jsonl, what Data-Juicer 1.6.1 gave) of
// operators that look at whole records: filters on fields, selectors, groupers. Compares the
// records that come out, in order. Owner: plugins/textkit. Included by *_test.cpp files only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/testing.hpp"
#include "plugins/textkit/pyvalue.hpp"

namespace ophost::textkit {

class RecordParity {
 public:
  RecordParity(const oph_plugin& plugin, std::string op) : plugin_(plugin), op_(std::move(op)) {
    for (std::uint32_t i = 0; i < plugin.op_count; ++i) {
      if (op_ == plugin.ops[i]->name) desc_ = plugin.ops[i];
    }
  }

  // Runs all cases and returns their number. Left out: those that depend on Data-Juicer's rounding,
  // its Unicode version or on models. Where Data-Juicer's run fails, the operator must refuse.
  int run() {
    if (desc_ == nullptr) {
      ADD_FAILURE() << "the plugin has no operator " << op_;
      return 0;
    }
    std::ifstream in(std::string(OPHOST_SOURCE_DIR "/tests/parity/ops/") + op_ + ".jsonl");
    EXPECT_TRUE(in.good()) << op_ << ": the recorded cases are missing";
    int count = 0;
    for (std::string line; std::getline(in, line);) {
      const PyValue c = PyValue::parse(line);
      if (c.find("rounding") || c.find("unicode_version") || c.find("needs")) continue;
      SCOPED_TRACE(*c.find("case")->as<std::string>());
      run_case(c);
      ++count;
    }
    return count;
  }

 private:
  using List = PyValue::List;
  using Dict = PyValue::Dict;

  static std::string text_of(const PyValue* v, const char* fallback) {
    const std::string* text = v != nullptr ? v->as<std::string>() : nullptr;
    return text != nullptr ? *text : fallback;
  }
  static bool missing(const PyValue* v) { return v == nullptr || v->is_none(); }

  // What the loader makes of the input: no record without a text, and a field that some record has
  // is null in the others.
  List load(const PyValue& input, const std::string& text_key) const {
    List records;
    std::vector<std::string> fields;
    for (const PyValue& record : *input.as<List>()) {
      if (missing(record.find(text_key))) continue;
      records.push_back(record);
      for (const auto& [key, value] : *record.as<Dict>()) {
        if (std::find(fields.begin(), fields.end(), key) == fields.end()) fields.push_back(key);
      }
    }
    for (PyValue& record : records) {
      for (const std::string& key : fields) {
        if (record.find(key) == nullptr) record.as<Dict>()->emplace_back(key, PyValue());
      }
    }
    return records;
  }

  static const PyValue* at_path(const PyValue& record, std::string_view path) {
    const PyValue* v = &record;
    for (;;) {
      const std::size_t dot = path.find('.');
      v = v->find(path.substr(0, dot));
      if (v == nullptr || dot == path.npos) return v;
      path.remove_prefix(dot + 1);
    }
  }

  std::string resolve(std::string path, const PyValue& params, const std::string& text_key) const {
    if (path == "$text_key") return text_key;
    const std::size_t begin = path.find("${");
    if (begin == path.npos) return path;
    const std::size_t end = path.find('}', begin);
    const std::string name = path.substr(begin + 2, end - begin - 2);
    return path.replace(begin, end + 1 - begin, text_of(params.find(name), ""));
  }

  testing::Column column(const char* spec, const List& records, const PyValue& params,
                         const std::string& text_key) const {
    const std::string path = resolve(std::string(path_name(spec)), params, text_key);
    const bool json = path_type(spec) == OPH_T_JSON;
    std::vector<std::optional<std::string>> cells;
    for (const PyValue& record : records) {
      const PyValue* v = path == "$record" ? &record : at_path(record, path);
      if (v == nullptr) {
        cells.push_back(std::nullopt);
      } else if (json) {
        cells.push_back(py_json(*v));
      } else {
        const std::string* text = v->as<std::string>();
        cells.push_back(text != nullptr ? std::optional(*text) : std::nullopt);
      }
    }
    return json ? testing::Column::json(cells) : testing::Column::str(cells);
  }

  void run_case(const PyValue& c) {
    const PyValue& params = *c.find("params");
    const PyValue* config = c.find("config");
    const std::string keys =
        text_of(config != nullptr ? config->find("text_keys") : nullptr, "text");
    const std::string text_key = text_of(params.find("text_key"), keys.c_str());
    const List records = load(*c.find("input"), text_key);
    Dict own = *params.as<Dict>();
    own.erase(std::remove_if(
                  own.begin(), own.end(),
                  [](const auto& m) { return m.first == "text_key" || m.first == "batch_size"; }),
              own.end());
    std::vector<testing::Column> columns;
    for (const char* const* p = desc_->reads; p != nullptr && *p != nullptr; ++p) {
      columns.push_back(column(*p, records, params, text_key));
    }
    // The harness counts the rows of the first column; an operator that reads none never asks for
    // it.
    if (columns.empty()) columns.push_back(column("text", records, params, text_key));
    // Repeating records is the host's part; these cases run through its front door.
    const PyValue* output = c.find("output");
    const bool repeats = desc_->kind == OPH_KIND_SELECT && !missing(output) &&
                         output->as<List>()->size() > records.size();
    if (repeats) return;
    if (!missing(c.find("fatal"))) {
      EXPECT_ANY_THROW(testing::Harness(plugin_, op_, py_json(own)).run(columns));
      return;
    }
    testing::Harness harness(plugin_, op_, py_json(own));
    const testing::Result result = harness.run(columns);
    EXPECT_TRUE(result.row_errors.empty() || !missing(c.find("error")));
    const List found = outcome(result, records, text_key);
    const List& expected = *c.find("output")->as<List>();
    EXPECT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      EXPECT_EQ(py_json(comparable(found[i])), py_json(comparable(expected[i])));
    }
  }

  List outcome(const testing::Result& result, const List& records,
               const std::string& text_key) const {
    List out;
    if (!result.records.empty()) {  // writes "$record"
      for (const auto& record : result.records) out.push_back(PyValue::parse(record.at(0)));
      return out;
    }
    std::vector<std::size_t> rows;
    for (std::size_t r = 0; r < records.size(); ++r) {
      if (result.kept[r]) rows.push_back(r);
    }
    if (desc_->kind == OPH_KIND_SELECT) {
      std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
        return result.order[a] < result.order[b];
      });
    }
    for (const std::size_t r : rows) out.push_back(rewritten(records[r], result, r, text_key));
    return out;
  }
  PyValue rewritten(PyValue record, const testing::Result& result, std::size_t row,
                    const std::string& text_key) const {
    for (std::size_t k = 0; k < result.columns.size(); ++k) {
      const auto path = resolve(std::string(path_name(result.paths[k])), PyValue(), text_key);
      if (path.rfind("__dj__stats__", 0) == 0 || !result.columns[k].text[row]) continue;
      const std::string& cell = *result.columns[k].text[row];
      record.as<Dict>()->emplace_back(
          path, result.columns[k].type == OPH_T_JSON ? PyValue::parse(cell) : PyValue(cell));
    }
    return record;
  }

  // Members sorted, without nulls and statistics; of equal names the last; whole floats as ints.
  static PyValue comparable(const PyValue& v) {
    if (const List* list = v.as<List>()) {
      List out;
      for (const PyValue& item : *list) out.push_back(comparable(item));
      return out;
    }
    if (const double* d = v.as<double>();
        d != nullptr && std::abs(*d) < 1e15 && *d == std::floor(*d))
      return static_cast<std::int64_t>(*d);
    const Dict* dict = v.as<Dict>();
    if (dict == nullptr) return v;
    Dict out;
    for (const auto& [key, value] : *dict) {
      const PyValue& last = *v.find(key);
      if (last.is_none() || key == "__dj__stats__" || &last != &value) continue;
      out.emplace_back(key, comparable(value));
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
  }

  const oph_plugin& plugin_;
  std::string op_;
  const oph_op_desc* desc_ = nullptr;
};

// Number of cases run; a test expects how many there are, so that none is lost unnoticed.
inline int run_record_parity(const oph_plugin& plugin, const char* op) {
  return RecordParity(plugin, op).run();
}

}  // namespace ophost::textkit
