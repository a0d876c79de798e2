// The language model's readers and scores. Expected scores were computed by hand from the models'
// numbers.
#include "plugins/perplexity/ngram_model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "ophost/ophost.hpp"

namespace ophost {
namespace {

class NgramModelTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& file : files_) std::remove(file.c_str());
  }
  std::string write(const std::string& bytes) {
    files_.push_back(::testing::TempDir() + "ngram-" + std::to_string(::getpid()) + "-" +
                     std::to_string(files_.size()));
    std::ofstream(files_.back(), std::ios::binary) << bytes;
    return files_.back();
  }
  // What open() says about a file with these bytes.
  std::string refusal(const std::string& bytes) {
    const std::string file = write(bytes);
    try {
      NgramModel::open(file);
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find(file), std::string::npos) << e.what();
      return e.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
  }
  std::vector<std::string> files_;
};

constexpr char kTrigrams[] =
    "\\data\\\nngram 1=5\nngram 2=3\nngram 3=1\n\n"
    "\\1-grams:\n-1.5\t<unk>\n-99\t<s>\t-0.25\n-1\t</s>\n-0.5\ta\t-0.125\n-2\tb\t-0.75\n\n"
    "\\2-grams:\n-0.25\t<s> a\t-0.5\n-0.375\ta b\n-0.0625\tb </s>\n\n"
    "\\3-grams:\n-0.03125\t<s> a b\n\n\\end\\\n";

TEST_F(NgramModelTest, BacksOff) {
  const auto model = NgramModel::open(write(kTrigrams));
  // a | <s>, b | <s> a, </s> | b (nothing to pay for "a b", which has no backoff)
  EXPECT_EQ(model->score("a b"), -0.25f - 0.03125f - 0.0625f);
  // b | <s>: its own and <s>'s backoff; a | b: with b's backoff; </s> | a: with a's
  EXPECT_EQ(model->score("b a"), (-2.0f - 0.25f) + (-0.5f - 0.75f) + (-1.0f - 0.125f));
  // a | <s>; zzz | <s> a: unknown, with the backoffs of "a" and "<s> a"; </s> after an unknown word
  EXPECT_EQ(model->score("a zzz"), -0.25f + (-1.5f - 0.125f - 0.5f) - 1.0f);
  EXPECT_EQ(model->score("  a\t b \r"), model->score("a b"));
  EXPECT_EQ(model->score(std::string_view("a b\0 b", 6)), model->score("a b"));
  EXPECT_EQ(model->score(""), -1.0f - 0.25f);
}

// "<s> a b" is there without "a b": KenLM makes it, scored by back-off.
TEST_F(NgramModelTest, PrunedEndsAreMade) {
  const auto model = NgramModel::open(
      write("\\data\\\nngram 1=4\nngram 2=1\nngram 3=1\n\n"
            "\\1-grams:\n-99\t<s>\t-0.25\n-1\t</s>\n-0.5\ta\t-0.125\n-2\tb\t-0.75\n\n"
            "\\2-grams:\n-0.25\t<s> a\t-0.5\n\n\\3-grams:\n-0.03125\t<s> a b\n\n\\end\\\n"));
  EXPECT_EQ(model->score("a b"), -0.25f - 0.03125f + (-1.0f - 0.75f));
  EXPECT_EQ(model->score("b a b"),
            (-2.0f - 0.25f) + (-0.5f - 0.75f) + (-2.0f - 0.125f) + (-1.0f - 0.75f));
  EXPECT_EQ(model->score("zzz"), -100.0f - 0.25f - 1.0f);  // no <unk> in the file
}

TEST_F(NgramModelTest, SharesOpenModels) {
  const std::string file = write(kTrigrams);
  EXPECT_EQ(NgramModel::open(file), NgramModel::open(file));
}

TEST_F(NgramModelTest, RefusalsNameFileAndLine) {
  std::string text = kTrigrams;
  EXPECT_NE(refusal("").find("expected \\data\\"), std::string::npos);
  EXPECT_NE(refusal(text.substr(0, text.find("\\3-grams"))).find("the end of the file"),
            std::string::npos);
  std::string bad = text;
  bad.replace(bad.find("-0.375"), 6, "0.375-");
  EXPECT_NE(refusal(bad).find("line 15: expected a number"), std::string::npos) << refusal(bad);
  bad = text;
  bad.replace(bad.find("a b\n"), 3, "a c");
  EXPECT_NE(refusal(bad).find("words of the unigrams"), std::string::npos);
  bad = text;
  bad.replace(bad.find("</s>\n"), 4, "</t>");
  EXPECT_NE(refusal(bad).find("lack </s>"), std::string::npos) << refusal(bad);
  EXPECT_THROW(NgramModel::open("/nowhere/en.arpa.bin"), ConfigError);
}

TEST_F(NgramModelTest, HashIsMurmurHash64A) {
  EXPECT_EQ(hash_word(""), 0u);
  EXPECT_EQ(hash_word("<s>"), 0x758639bd217e70u);
  EXPECT_EQ(hash_word("lengthy-word"), 0xa228302c8b58e8dau);
}

}  // namespace
}  // namespace ophost
