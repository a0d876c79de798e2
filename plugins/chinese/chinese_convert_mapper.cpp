// chinese_convert_mapper: conversion between simplified and traditional Chinese, the standards of
// Taiwan and Hong Kong, and Japanese forms, by libopencc with the dictionaries of OpenCC 1.1.9.
// Owner: plugins/chinese. Immutable once made, any thread.
#include <algorithm>
#include <array>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <opencc/Conversion.hpp>
#include <opencc/ConversionChain.hpp>
#include <opencc/Converter.hpp>
#include <opencc/DictGroup.hpp>
#include <opencc/MarisaDict.hpp>
#include <opencc/MaxMatchSegmentation.hpp>

#include "ophost/ophost.hpp"
#include "plugins/chinese/dictionaries.hpp"

namespace ophost::chinese {
namespace {

constexpr std::array<std::string_view, 14> kModes = {"s2t",  "t2s",   "s2tw",  "tw2s", "s2hk",
                                                     "hk2s", "s2twp", "tw2sp", "t2tw", "tw2t",
                                                     "hk2t", "t2hk",  "t2jp",  "jp2t"};

// Builds a converter from an embedded configuration. libopencc reads files only, so that a
// dictionary is shown to it as a stream over our memory.
class Loader {
 public:
  opencc::ConverterPtr load(const std::string& mode) {
    const std::string_view config = file(mode + ".json");
    const auto segmentation = std::make_shared<opencc::MaxMatchSegmentation>(
        dict(member(member(config, "segmentation"), "dict")));
    std::list<opencc::ConversionPtr> chain;
    json::for_each_element(member(config, "conversion_chain"), [&](std::string_view step) {
      chain.push_back(std::make_shared<opencc::Conversion>(dict(member(step, "dict"))));
    });
    return std::make_shared<opencc::Converter>(mode, segmentation,
                                               std::make_shared<opencc::ConversionChain>(chain));
  }

 private:
  static std::string_view file(const std::string& name) {
    const std::string_view bytes = embedded_file(name);
    if (bytes.empty()) throw std::logic_error("this library was built without " + name);
    return bytes;
  }
  static std::string_view member(std::string_view object, std::string_view name) {
    std::string_view found;
    json::for_each_member(object, [&](const std::string& key, std::string_view value) {
      if (key == name) found = value;
    });
    if (found.empty()) throw std::logic_error("a configuration lacks " + std::string(name));
    return found;
  }

  opencc::DictPtr dict(std::string_view config) {
    if (json::decode_string(member(config, "type")) == "group") {
      std::list<opencc::DictPtr> parts;
      json::for_each_element(member(config, "dicts"),
                             [&](std::string_view part) { parts.push_back(dict(part)); });
      return std::make_shared<opencc::DictGroup>(parts);
    }
    const std::string name = json::decode_string(member(config, "file"));
    opencc::DictPtr& known = loaded_[name];
    if (known == nullptr) known = read(name);
    return known;
  }
  static opencc::DictPtr read(const std::string& name) {
    const std::string_view bytes = file(name);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(
        fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb"), &std::fclose);
    if (stream == nullptr) throw std::bad_alloc();
    return opencc::MarisaDict::NewFromFile(stream.get());
  }

  std::map<std::string, opencc::DictPtr> loaded_;
};

opencc::ConverterPtr converter_for(const std::string& mode) {
  if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
    std::string known;
    for (const std::string_view m : kModes) known.append(known.empty() ? "" : ", ").append(m);
    throw ConfigError("parameter 'mode': \"" + mode + "\" is not one of " + known);
  }
  return Loader().load(mode);
}

class ChineseConvertMapper {
 public:
  static constexpr auto kInfo =
      mapper("chinese_convert_mapper")
          .summary(
              "Converts between simplified and traditional Chinese and regional forms, as OpenCC "
              "1.1.9.")
          .params(OPHOST_PARAMS(OPHOST_PARAM(
              "mode", "string", "\"s2t\"",
              "From and to: s = simplified, t = traditional (OpenCC), tw = Taiwan, twp/sp = with "
              "its phrases, hk = Hong Kong, jp = Japan. One of s2t, t2s, s2tw, tw2s, s2hk, hk2s, "
              "s2twp, tw2sp, t2tw, tw2t, hk2t, t2hk, t2jp, jp2t.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent)
          .cost("expensive")
          .example("- chinese_convert_mapper:\n    mode: t2s\n");

  ChineseConvertMapper(const Params& params, Host)
      : converter_(converter_for(params.get_string("mode"))) {}

  bool map(std::string_view text, std::string& out) const {
    // No entry of the dictionaries is all ASCII. A NUL ends the text, in OpenCC as in Data-Juicer.
    const auto is_plain = [](char c) { return c > 0; };
    if (std::all_of(text.begin(), text.end(), is_plain)) return false;
    out = converter_->Convert(std::string(text));
    return true;
  }

 private:
  opencc::ConverterPtr converter_;
};

}  // namespace
}  // namespace ophost::chinese

OPHOST_PLUGIN("org.ophost.chinese", OPHOST_VERSION, ophost::chinese::ChineseConvertMapper);
