// The tree built from yaml-cpp's events: typed scalars, merge keys, duplicate keys, bounded
// aliases, places in the file. yaml-cpp's exceptions end here. Pure functions; any thread.
#include "host/recipe/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <limits>
#include <sstream>

#include "host/recipe/tree_builder.hpp"

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

class YamlEvents : public YAML::EventHandler {
 public:
  YamlEvents(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.scalar(place(mark), "?", "", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.alias(place(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    builder_.scalar(place(mark), tag, value, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder_.start(Kind::kList, place(mark), tag, anchor);
  }
  void OnSequenceEnd() override { builder_.finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder_.start(Kind::kMap, place(mark), tag, anchor);
  }
  void OnMapEnd() override { builder_.finish(); }

 private:
  static Place place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
  TreeBuilder& builder_;
};

Status failure(const std::string& file, Place place, const std::string& sentence) {
  std::string where = file.empty() ? "" : file + ":";
  if (place.line > 0)
    where += std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
  return Status::usage(where.empty() ? sentence : where + " " + sentence);
}

std::string_view line_of(std::string_view bytes, int line) {
  for (int i = 1; i < line; ++i) {
    std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
  }
  return bytes.substr(0, bytes.find('\n'));
}

bool tab_in_indentation(std::string_view line) {
  std::size_t text = line.find_first_not_of(" \t");
  return line.substr(0, text).find('\t') != std::string_view::npos;
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view bytes, const std::string& file, EnvLookup env) {
  Place bad;
  if (std::string sentence = check_text(bytes, bad); !sentence.empty())
    return failure(file, bad, sentence);
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  TreeBuilder builder(env);
  YamlEvents events(builder);
  try {
    std::istringstream in{std::string(bytes)};
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(events)) return YamlNode{};
    YamlNode root = builder.take();
    TreeBuilder rest(nullptr);
    YamlEvents more(rest);
    if (parser.HandleNextDocument(more) && !rest.empty())
      return failure(file, rest.first_place(),
                     "a second document begins here; a recipe is one document (remove '---').");
    return root;
  } catch (const TreeError& e) {
    return failure(file, e.place, e.sentence);
  } catch (const YAML::Exception& e) {
    Place place{e.mark.line + 1, e.mark.column + 1};
    std::string sentence = "not valid YAML: " + e.msg + ".";
    if (tab_in_indentation(line_of(bytes, place.line)))
      sentence += " The line is indented with a tab; YAML allows only spaces.";
    return failure(file, place, sentence);
  } catch (const std::exception& e) {
    return failure(file, {}, std::string("not valid YAML: ") + e.what() + ".");
  }
}

const YamlNode* YamlNode::find(std::string_view key) const {
  if (kind != Kind::kMap) return nullptr;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].key_text() == key) return &items[i];
  return nullptr;
}

void YamlNode::set(YamlNode key, YamlNode value) {
  std::string name = key.key_text();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].key_text() != name) continue;
    keys[i] = std::move(key);
    items[i] = std::move(value);
    return;
  }
  keys.push_back(std::move(key));
  items.push_back(std::move(value));
}

std::string YamlNode::key_text() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return boolean ? "true" : "false";
    case Kind::kInt:
      return fits ? std::to_string(integer) : text;
    case Kind::kFloat: {
      std::string out;
      append_python_float(out, number);
      return out;
    }
    default:
      return text;
  }
}

YamlNode yaml_string(std::string text) {
  YamlNode node;
  node.kind = Kind::kString;
  node.text = std::move(text);
  return node;
}

YamlNode yaml_map() {
  YamlNode node;
  node.kind = Kind::kMap;
  return node;
}

std::string describe(const YamlNode& node) {
  std::string text = node.text.size() > 60 ? node.text.substr(0, 57) + "..." : node.text;
  switch (node.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return std::string("the boolean ") + (node.boolean ? "true" : "false");
    case Kind::kInt:
      return "the integer " + (node.fits ? std::to_string(node.integer) : text);
    case Kind::kFloat:
      return "the number " + text;
    case Kind::kString:
      return "the string '" + text + "'";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a mapping";
  }
  return "";
}

JsonValue to_json(const YamlNode& node, Json::AllocatorType& allocator,
                  std::vector<std::string>& errors) {
  switch (node.kind) {
    case Kind::kNull:
      return JsonValue();
    case Kind::kBool:
      return JsonValue(node.boolean);
    case Kind::kInt:
      if (node.fits) return JsonValue(node.integer);
      if (node.wide_fits) return JsonValue(node.wide);
      errors.push_back("the integer " + node.text + " does not fit into 64 bits");
      return JsonValue(node.number);
    case Kind::kFloat:
      return JsonValue(node.number);
    case Kind::kString:
      return JsonValue(node.text, allocator);
    case Kind::kList: {
      JsonValue list(rapidjson::kArrayType);
      for (const auto& item : node.items)
        list.PushBack(to_json(item, allocator, errors), allocator);
      return list;
    }
    case Kind::kMap: {
      JsonValue map(rapidjson::kObjectType);
      for (std::size_t i = 0; i < node.keys.size(); ++i)
        map.AddMember(JsonValue(node.keys[i].key_text(), allocator),
                      to_json(node.items[i], allocator, errors), allocator);
      return map;
    }
  }
  return JsonValue();
}

}  // namespace ophost
