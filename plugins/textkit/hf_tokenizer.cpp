// Hugging Face tokenizers through the library beside the plugin. Owner: plugins/textkit.
#include "plugins/textkit/hf_tokenizer.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "ophost/json.hpp"
#include "plugins/textkit/beside.hpp"

namespace ophost::textkit {
namespace {

constexpr char kLibrary[] = "libophost_hf_tokenizer.so";

const ophost_hf_api* tokenizers() {
  return api_beside<ophost_hf_api>(kLibrary, OPHOST_HF_TOKENIZER_SYMBOL, "cargo (and the crates it fetches)",
                          OPHOST_HF_TOKENIZER_VERSION);
}

// Whether the tokenizer's optional tokenizer_config.json asks to remove blanks before punctuation.
bool wants_clean_up(const Host& host, const std::string& name) {
  std::string path;
  try {
    path = host.resource(name + "/tokenizer_config.json");
  } catch (const ConfigError&) {
    return false;  // it need not be there
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  bool wanted = false;
  try {
    json::for_each_member(text, [&](const std::string& key, std::string_view raw) {
      if (key == "clean_up_tokenization_spaces") wanted = raw == "true";
    });
  } catch (const std::exception& e) {
    throw ConfigError("'" + path + "' is no JSON object: " + e.what());
  }
  return wanted;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

HfTokenizer::HfTokenizer(const Host& host, const std::string& name)
    : api_(tokenizers()), model_(nullptr, api_->close) {
  const std::string path = host.resource(name + "/tokenizer.json");
  char error[512] = "";
  model_.reset(api_->open(path.c_str(), error, sizeof error));
  if (model_ == nullptr) {
    throw ConfigError("'" + path + "' could not be loaded as a Hugging Face tokenizer: " + error);
  }
  clean_up_ = wants_clean_up(host, name);
}

std::span<const std::uint32_t> HfTokenizer::encode(std::string_view text, bool specials) {
  char error[512] = "";
  const auto take = [](void* ctx, const std::uint32_t* ids, std::size_t count) {
    static_cast<std::vector<std::uint32_t>*>(ctx)->assign(ids, ids + count);
  };
  if (api_->encode(model_.get(), text.data(), text.size(), specials ? 1 : 0, take, &ids_, error,
                   sizeof error) != 0) {
    throw RecordError("tokenizer: " + std::string(error));
  }
  return ids_;
}

std::string HfTokenizer::decode(std::span<const std::uint32_t> ids) const {
  std::string text;
  char error[512] = "";
  const auto take = [](void* ctx, const char* bytes, std::size_t size) {
    static_cast<std::string*>(ctx)->assign(bytes, size);
  };
  if (api_->decode(model_.get(), ids.data(), ids.size(), take, &text, error, sizeof error) != 0) {
    throw RecordError("tokenizer: " + std::string(error));
  }
  if (clean_up_) {  // what transformers' clean_up_tokenization replaces, in its order
    static constexpr std::pair<std::string_view, std::string_view> kCleaned[] = {
        {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
        {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& [from, to] : kCleaned) replace_all(text, from, to);
  }
  return text;
}

}  // namespace ophost::textkit
