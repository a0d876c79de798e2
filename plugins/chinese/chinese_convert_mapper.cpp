// chinese_convert_mapper: conversion between simplified and traditional Chinese, the standards of
// Taiwan and Hong Kong, and Japanese forms, by libopencc with the dictionaries of OpenCC 1.1.9.
// Owner: plugins/chinese. Immutable once made, any thread.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <opencc/Conversion.hpp>
#include <opencc/ConversionChain.hpp>
#include <opencc/Converter.hpp>
#include <opencc/DictEntry.hpp>
#include <opencc/DictGroup.hpp>
#include <opencc/Lexicon.hpp>
#include <opencc/MarisaDict.hpp>
#include <opencc/MaxMatchSegmentation.hpp>

#include "ophost/ophost.hpp"
#include "plugins/chinese/dictionaries.hpp"

namespace ophost::chinese {
namespace {

constexpr std::array<std::string_view, 14> kModes = {"s2t",  "t2s",   "s2tw",  "tw2s", "s2hk",
                                                     "hk2s", "s2twp", "tw2sp", "t2tw", "tw2t",
                                                     "hk2t", "t2hk",  "t2jp",  "jp2t"};

// Code points that stand somewhere in a key of a dictionary.
using Characters = std::bitset<0x110000>;

// The code point at text[at], which is valid UTF-8, and its length in bytes.
struct Decoded {
  char32_t c;
  std::size_t size;
};
Decoded decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xe0) return {(first & 0x1fu) << 6 | (byte(1) & 0x3fu), 2};
  if (first < 0xf0) {
    return {(first & 0xfu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu), 3};
  }
  return {(first & 7u) << 18 | (byte(1) & 0x3fu) << 12 | (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu),
          4};
}

// Builds a converter from an embedded configuration. libopencc reads files only, so that a
// dictionary is shown to it as a stream over our memory.
class Loader {
 public:
  // Marks in `in_keys` what the keys of the dictionaries consist of.
  explicit Loader(Characters& in_keys) : in_keys_(in_keys) {}

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
  opencc::DictPtr read(const std::string& name) {
    const std::string_view bytes = file(name);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(
        fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb"), &std::fclose);
    if (stream == nullptr) throw std::bad_alloc();
    const opencc::DictPtr dict = opencc::MarisaDict::NewFromFile(stream.get());
    for (const auto& entry : *dict->GetLexicon()) {
      const std::string key = entry->Key();
      for (std::size_t i = 0; i < key.size();) {
        const Decoded d = decode(key, i);
        in_keys_.set(d.c);
        i += d.size;
      }
    }
    return dict;
  }

  Characters& in_keys_;
  std::map<std::string, opencc::DictPtr> loaded_;
};

opencc::ConverterPtr converter_for(const std::string& mode, Characters& in_keys) {
  if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
    std::string known;
    for (const std::string_view m : kModes) known.append(known.empty() ? "" : ", ").append(m);
    throw ConfigError("parameter 'mode': \"" + mode + "\" is not one of " + known);
  }
  return Loader(in_keys).load(mode);
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
      : in_keys_(std::make_unique<Characters>()),
        converter_(converter_for(params.get_string("mode"), *in_keys_)) {}

  // Where characters stand that are in no key, no entry matches, nor does one reach across: the
  // text can be cut there, and libopencc sees only the pieces between.
  bool map(std::string_view text, std::string& out) const {
    const std::size_t given = text.size();
    text = text.substr(0, text.find('\0'));  // a NUL ends the text, in OpenCC as in Data-Juicer
    out.clear();
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size();) {
      const Decoded d = decode(text, at);
      if (!in_keys_->test(d.c)) {
        at += d.size;
        continue;
      }
      const std::size_t begin = at;
      const std::size_t end = end_of_piece(text, begin);
      at = end;
      const std::string_view piece = text.substr(begin, end - begin);
      // No entry of the dictionaries is all ASCII.
      if (std::all_of(piece.begin(), piece.end(), [](char c) { return c > 0; })) continue;
      out.append(text.substr(copied, begin - copied));
      out.append(converter_->Convert(std::string(piece)));
      copied = end;
    }
    if (copied == 0 && text.size() == given) return false;
    out.append(text.substr(copied));
    return true;
  }

 private:
  // Behind the last character in a key before a gap that is worth a cut.
  std::size_t end_of_piece(std::string_view text, std::size_t begin) const {
    constexpr std::size_t kGap = 16;
    std::size_t end = begin;
    for (std::size_t at = begin; at < text.size() && at - end < kGap;) {
      const Decoded d = decode(text, at);
      at += d.size;
      if (in_keys_->test(d.c)) end = at;
    }
    return end;
  }

  std::unique_ptr<Characters> in_keys_;
  opencc::ConverterPtr converter_;
};

}  // namespace
}  // namespace ophost::chinese

OPHOST_PLUGIN("org.ophost.chinese", OPHOST_VERSION, ophost::chinese::ChineseConvertMapper);
