// A Hugging Face tokenizer (tokenizer.json) through the library beside the plugin.
// Owner: plugins/textkit. One object per operator instance, one thread at a time; the tokenizer
// itself is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/hf_tokenizer_interface.h"

namespace ophost::textkit {

class HfTokenizer {
 public:
  // Loads the tokenizer whose folder is `name` on the host's resource paths, or an absolute path:
  // its tokenizer.json, and of tokenizer_config.json, if there is one, whether decoding cleans up
  // blanks. Throws ConfigError when there is none, when it cannot be loaded, or when
  // libophost_hf_tokenizer.so is missing.
  HfTokenizer(const Host& host, const std::string& name);

  // The token ids of a text, and around it, if wanted, those the tokenizer adds to every text.
  // Valid until the next call. Throws RecordError.
  std::span<const std::uint32_t> encode(std::string_view text, bool specials);
  // The text of some ids, special tokens included. Throws RecordError.
  std::string decode(std::span<const std::uint32_t> ids) const;

 private:
  const ophost_hf_api* api_;
  std::unique_ptr<ophost_hf_model, void (*)(ophost_hf_model*)> model_;
  bool clean_up_ = false;
  std::vector<std::uint32_t> ids_;
};

}  // namespace ophost::textkit
