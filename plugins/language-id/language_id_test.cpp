// language_id_score_filter with a small model that is trained here.
#include <fasttext/fasttext.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "ophost/testing.hpp"

namespace ophost {
namespace {

using Kept = std::vector<bool>;

class LanguageIdTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stem_ = new std::string(::testing::TempDir() + "lid-" + std::to_string(::getpid()));
    const std::pair<const char*, std::vector<std::string>> languages[] = {
        {"en", {"the", "and", "with", "house", "water", "is", "over", "there", "this", "these"}},
        {"de", {"der", "und", "mit", "haus", "wasser", "ist", "über", "dort", "dieser", "diese"}},
        {"fr", {"le", "et", "avec", "maison", "eau", "est", "sur", "là", "cette", "ces"}}};
    std::ofstream text(*stem_ + ".txt");
    for (int i = 0; i < 300; ++i) {
      for (const auto& [code, words] : languages) {
        text << "__label__" << code;
        for (int k = 0; k < 6; ++k) {
          text << ' ' << words[static_cast<std::size_t>(i * 7 + k * 3 + i / 10) % 10];
        }
        text << '\n';
      }
    }
    text.close();
    fasttext::Args args;
    args.input = *stem_ + ".txt";
    args.model = fasttext::model_name::sup;
    args.loss = fasttext::loss_name::softmax;
    args.minCount = 1;
    args.minn = 2;
    args.maxn = 4;
    args.bucket = 5000;
    args.dim = 8;
    args.epoch = 20;
    args.lr = 0.5;
    args.thread = 1;
    args.verbose = 0;
    fasttext::FastText model;
    model.train(args);
    model.saveModel(file());
  }
  static void TearDownTestSuite() {
    std::remove((*stem_ + ".txt").c_str());
    std::remove(file().c_str());
    delete stem_;
  }
  static std::string file() { return *stem_ + ".bin"; }
  static testing::Harness harness(const std::string& params) {
    return testing::Harness(oph_plugin_entry, "language_id_score_filter", params,
                            {{"lid.176.bin", file()}});
  }
  static std::string refusal(testing::Resources resources) {
    try {
      testing::Harness(oph_plugin_entry, "language_id_score_filter", "{}", std::move(resources));
    } catch (const ConfigError& e) {
      return e.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
  }
  static std::string* stem_;
};
std::string* LanguageIdTest::stem_ = nullptr;

const std::vector<std::string> kTexts = {"The water IS\nover there", "DAS Haus und dieser Über",
                                         "cette maison\r\net là", ""};

TEST_F(LanguageIdTest, ScoresAreThoseOfTheModel) {
  fasttext::FastText model;
  model.loadModel(file());
  auto op = harness(R"({"min_score": 0})");
  const auto result = op.run(kTexts);
  const std::vector<std::string> lines = {"the water is over there\n", "das haus und dieser über\n",
                                          "cette maison\r et là\n", "\n"};
  const std::vector<std::string> codes = {"en", "de", "fr"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::istringstream line(lines[i]);
    std::vector<std::pair<fasttext::real, std::string>> best;
    model.predictLine(line, best, 1, 0.0);
    ASSERT_EQ(best.size(), 1u);
    EXPECT_EQ(*result.f64("lang_score")[i], static_cast<double>(best[0].first)) << lines[i];
    EXPECT_EQ("__label__" + *result.text("lang")[i], best[0].second);
    if (i < codes.size()) {
      EXPECT_EQ(*result.text("lang")[i], codes[i]);
    }
  }
  EXPECT_EQ(result.kept, (Kept{true, true, true, true}));
}

TEST_F(LanguageIdTest, KeepsLanguagesAboveTheScore) {
  const std::vector<std::string> texts(kTexts.begin(), kTexts.begin() + 3);
  const auto kept = [&](const char* params) { return harness(params).run(texts).kept; };
  EXPECT_EQ(kept(R"({"lang": "en", "min_score": 0.5})"), (Kept{true, false, false}));
  EXPECT_EQ(kept(R"({"lang": ["de", "fr"], "min_score": 0.5})"), (Kept{false, true, true}));
  EXPECT_EQ(kept(R"({"lang": [], "min_score": 1.5})"), (Kept{false, false, false}));
  // Only the score is reversed, not the list.
  EXPECT_EQ(kept(R"({"lang": "de", "min_score": 1.5, "reversed_range": true})"),
            (Kept{false, true, false}));
}

TEST_F(LanguageIdTest, NamesWhatIsMissing) {
  EXPECT_NE(refusal({}).find("lid.176.bin"), std::string::npos);
  const std::string text = *stem_ + ".txt";
  EXPECT_NE(refusal({{"lid.176.bin", text}}).find(text), std::string::npos);
}

}  // namespace
}  // namespace ophost
