// The recorded cases of token_num_filter, with the small tokenizer of tests/parity/resources.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

std::string refusal(const std::string& params, testing::Resources resources = {}) {
  try {
    testing::Harness(oph_plugin_entry, "token_num_filter", params, std::move(resources));
  } catch (const ConfigError& e) {
    return e.what();
  }
  ADD_FAILURE() << "accepted: " << params;
  return "";
}

TEST(Parity, TokenNumFilter) {
  if (!has_library("libophost_hf_tokenizer.so")) GTEST_SKIP() << "built without cargo";
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "token_num_filter"), 14);
}

TEST(TokenNumFilter, NamesWhatIsMissing) {
  if (!has_library("libophost_hf_tokenizer.so")) {
    EXPECT_NE(refusal("{}").find("libophost_hf_tokenizer.so"), std::string::npos) << refusal("{}");
    return;
  }
  EXPECT_NE(refusal("{}").find("EleutherAI/pythia-6.9b-deduped/tokenizer.json"), std::string::npos)
      << refusal("{}");
  const std::string file = OPHOST_SOURCE_DIR "/tests/parity/resources/models/en.arpa.bin";
  const std::string said = refusal(R"({"hf_tokenizer": "x"})", {{"x/tokenizer.json", file}});
  EXPECT_NE(said.find(file), std::string::npos) << said;
}

}  // namespace
}  // namespace ophost::textkit
