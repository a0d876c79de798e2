// The recorded cases of perplexity_filter, with the small models of tests/parity/resources.
#include "plugins/textkit/parity.hpp"

namespace ophost::textkit {
namespace {

TEST(Parity, PerplexityFilter) {
  if (!has_library("libophost_sentencepiece.so")) GTEST_SKIP() << "built without sentencepiece";
  EXPECT_EQ(run_parity_with_models(oph_plugin_entry, "perplexity_filter"), 17);
}

TEST(PerplexityFilter, NamesTheMissingModel) {
  const std::string models = OPHOST_SOURCE_DIR "/tests/parity/resources/models/";
  try {
    testing::Harness(oph_plugin_entry, "perplexity_filter", R"({"lang": "fr"})",
                     {{"fr.sp.model", models + "en.sp.model"}});
    ADD_FAILURE() << "a missing language model was accepted";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("fr.arpa.bin"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace ophost::textkit
