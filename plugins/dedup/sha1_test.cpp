// Tests of sha1: every way this CPU has against the known answers and against the portable one.
#include "plugins/dedup/sha1.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace ophost::dedup {
namespace {

std::vector<Sha1Function> ways() {
  std::vector<Sha1Function> out = {&sha1_words_portable, choose_sha1()};
#if defined __x86_64__
  // choose_sha1 prefers AVX-512; a CPU that has it has the SHA instructions too, as far as we know.
  if (choose_sha1() == &sha1_words_avx512) out.push_back(&sha1_words_shani);
#endif
  return out;
}

Message message(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Sha1, KnownWords) {
  const std::vector<std::string> texts = {"", "a", "today is sunday and it's", "日本語"};
  const std::vector<std::uint32_t> want = {4003674586u, 937752454u, 626834813u, 2688557505u};
  for (const Sha1Function way : ways()) {
    std::vector<Message> messages;
    for (const auto& t : texts) messages.push_back(message(t));
    std::vector<std::uint32_t> got(texts.size());
    way(messages.data(), messages.size(), got.data());
    EXPECT_EQ(got, want);
  }
}

TEST(Sha1, AllWaysAgreeOnEveryLength) {
  std::mt19937 random(7);
  std::vector<std::string> texts;
  for (std::size_t n = 0; n < 700; ++n) {
    std::string t(n < 300 ? n : random() % 300, '\0');
    for (char& c : t) c = static_cast<char>(random());
    texts.push_back(t);
  }
  texts.push_back(std::string(100000, 'x'));
  std::vector<Message> messages;
  for (const auto& t : texts) messages.push_back(message(t));
  std::vector<std::uint32_t> want(texts.size());
  sha1_words_portable(messages.data(), messages.size(), want.data());
  for (const Sha1Function way : ways()) {
    std::vector<std::uint32_t> got(texts.size());
    way(messages.data(), messages.size(), got.data());
    EXPECT_EQ(got, want);
  }
}

}  // namespace
}  // namespace ophost::dedup
