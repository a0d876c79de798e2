// Recipes written as JSON, through RapidJSON's events, so that escapes are JSON's and messages name
// line and column. Pure function; any thread.
#include "host/recipe/tree_builder.hpp"

#include <rapidjson/error/en.h>

namespace ophost {
namespace {

using Kind = YamlNode::Kind;

Place place_of(std::string_view bytes, std::size_t offset) {
  Place place{1, 1};
  for (std::size_t i = 0; i < offset && i < bytes.size(); ++i) {
    if (bytes[i] == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(bytes[i]) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

// Numbers come as text (kParseNumbersAsStringsFlag), because YAML's typing of them is the one that
// counts.
struct JsonEvents {
  TreeBuilder& builder;
  rapidjson::MemoryStream& in;
  Place last{1, 1};
  std::size_t last_offset = 0;
  std::string_view bytes;

  Place here() {
    std::size_t offset = in.Tell();
    Place step = place_of(bytes.substr(last_offset), offset - last_offset);
    last = step.line == 1 ? Place{last.line, last.column + step.column - 1}
                          : Place{last.line + step.line - 1, step.column};
    last_offset = offset;
    return last;
  }
  bool plain(const std::string& text) {
    builder.scalar(here(), "?", text, 0);
    return true;
  }
  bool Null() { return plain("null"); }
  bool Bool(bool b) { return plain(b ? "true" : "false"); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
    std::string text(s, n);
    if (text == "NaN") text = ".nan";
    if (text == "Inf" || text == "Infinity") text = ".inf";
    if (text == "-Inf" || text == "-Infinity") text = "-.inf";
    return plain(text);
  }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    builder.typed(here(), yaml_string(std::string(s, n)));
    return true;
  }
  bool Key(const char* s, rapidjson::SizeType n, bool copy) { return String(s, n, copy); }
  bool StartObject() {
    builder.start(Kind::kMap, here(), "?", 0);
    return true;
  }
  bool StartArray() {
    builder.start(Kind::kList, here(), "?", 0);
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    builder.finish();
    return true;
  }
  bool EndArray(rapidjson::SizeType n) { return EndObject(n); }
};

}  // namespace

Result<YamlNode> parse_json_recipe(std::string_view bytes, const std::string& file, EnvLookup env) {
  auto failure = [&](Place place, const std::string& sentence) {
    return Status::usage(file + ":" + std::to_string(place.line) + ":" +
                         std::to_string(place.column) + ": " + sentence);
  };
  Place bad;
  if (std::string sentence = check_text(bytes, bad); !sentence.empty())
    return failure(bad, sentence);
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  TreeBuilder builder(env);
  rapidjson::MemoryStream in(bytes.data(), bytes.size());
  JsonEvents events{builder, in, {1, 1}, 0, bytes};
  rapidjson::Reader reader;
  try {
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag |
        rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNanAndInfFlag;
    rapidjson::ParseResult result = reader.Parse<kFlags>(in, events);
    if (result.IsError())
      return failure(place_of(bytes, result.Offset()),
                     std::string("not valid JSON: ") + rapidjson::GetParseError_En(result.Code()));
  } catch (const TreeError& e) {
    return failure(e.place, e.sentence);
  }
  return builder.take();
}

}  // namespace ophost
