#include "host/plugin/trust.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/files.hpp"
#include "host/plugin/registry.hpp"

namespace ophost {
namespace {

std::string scratch(const std::string& name, std::string_view bytes) {
  std::string path = ::testing::TempDir() + "ophost_trust_" + std::to_string(::getpid()) + "_" + name;
  EXPECT_TRUE(write_file_atomic(path, bytes).ok());
  EXPECT_EQ(::chmod(path.c_str(), 0644), 0);
  return path;
}

bool says(const Status& s, const std::string& text) { return s.message().find(text) != std::string::npos; }

TEST(Trust, Sha256OfKnownTexts) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Trust, AFileThatOthersCanChangeIsRefusedWithTheWayToMendIt) {
  std::string file = scratch("mode.so", "x");
  EXPECT_TRUE(check_owner_and_mode(file).ok());
  ::chmod(file.c_str(), 0664);
  EXPECT_TRUE(says(check_owner_and_mode(file), "by its group"));
  EXPECT_TRUE(says(check_owner_and_mode(file), "chmod go-w"));
  ::chmod(file.c_str(), 0646);
  EXPECT_TRUE(says(check_owner_and_mode(file), "by everybody"));
  EXPECT_TRUE(says(check_owner_and_mode(file), "--trust-plugins"));
  ::chmod(file.c_str(), 0644);
  if (::geteuid() == 0) {  // only root can give files away
    ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
    EXPECT_TRUE(says(check_owner_and_mode(file), "uid 12345"));
  }
  ::unlink(file.c_str());
}

TEST(Trust, ALockTakesThePinnedBytesAndNoOthers) {
  std::string text = PluginLock::text({{"b.so", sha256_hex("bytes of b"), "org.b", "2.0.0"}, {"a.so", sha256_hex("bytes of a"), "org.a", "1.0.0"}});
  EXPECT_LT(text.find("a.so"), text.find("b.so"));
  auto lock = PluginLock::parse(text, "/x/plugins.lock");
  ASSERT_TRUE(lock.ok()) << lock.status().message();
  EXPECT_TRUE(lock->check("/any/where/a.so", "bytes of a").ok());
  Status other = lock->check("/any/where/a.so", "bytes of b");
  EXPECT_EQ(other.code(), Code::kPlugin);
  EXPECT_TRUE(says(other, sha256_hex("bytes of b")) && says(other, sha256_hex("bytes of a")) && says(other, "1.0.0")) << other.message();
  EXPECT_TRUE(says(lock->check("/any/where/c.so", "bytes of a"), "not pinned in '/x/plugins.lock'"));
}

TEST(Trust, ALockThatIsNoneIsRefused) {
  std::string good = PluginLock::text({{"a.so", sha256_hex("a"), "org.a", "1.0.0"}});
  for (std::string bad : {std::string(), std::string("[]"), std::string("{\"format\":1}"), std::string("{\"format\":2,\"plugins\":[]}"),
                          std::string("{\"format\":1,\"plugins\":[3]}"),
                          std::string("{\"format\":1,\"plugins\":[{\"file\":\"a.so\",\"sha256\":\"12\"}]}"),
                          "{\"format\":1,\"plugins\":[{\"file\":\"x/a.so\",\"sha256\":\"" + sha256_hex("a") + "\"}]}",
                          good.substr(0, good.size() / 2)}) {
    auto lock = PluginLock::parse(bad, "plugins.lock");
    ASSERT_FALSE(lock.ok()) << bad;
    EXPECT_EQ(lock.status().code(), Code::kPlugin);
    EXPECT_TRUE(says(lock.status(), "ophost plugins lock")) << lock.status().message();
  }
  std::string pin = "{\"file\":\"a.so\",\"sha256\":\"" + sha256_hex("a") + "\"}";
  EXPECT_TRUE(says(PluginLock::parse("{\"format\":1,\"plugins\":[" + pin + "," + pin + "]}", "x").status(), "twice"));
}

// The registry asks before it loads.
TEST(Trust, TheRegistryLoadsNothingThatIsNotPinnedOrNotTrusted) {
  std::string bytes = *read_file(std::string(OPHOST_PLUGIN_DIR) + "/text-filters.so");
  std::string file = scratch("filters.so", bytes);
  PluginSearch search;
  search.use_environment = false;
  search.paths = {file};
  search.lock = *PluginLock::parse(PluginLock::text({{file_name(file), sha256_hex("other"), "", ""}}), "plugins.lock");
  EXPECT_TRUE(says(Registry::load(search).status(), "is not the one"));
  search.lock = *PluginLock::parse(PluginLock::text({{file_name(file), sha256_hex(bytes), "", ""}}), "plugins.lock");
  ::chmod(file.c_str(), 0666);
  EXPECT_TRUE(says(Registry::load(search).status(), "by everybody"));
  search.trust = true;
  search.sha256 = true;
  auto registry = Registry::load(search);
  ASSERT_TRUE(registry.ok()) << registry.status().message();
  EXPECT_EQ((*registry)->plugins()[0]->sha256, sha256_hex(bytes));
  ::unlink(file.c_str());
}

TEST(Trust, WhatIsNoPluginGetsASentenceOfItsOwn) {
  std::string bytes = *read_file(std::string(OPHOST_PLUGIN_DIR) + "/text-filters.so");
  auto refusal = [](std::string_view content) {
    std::string file = scratch("no.so", content);
    PluginSearch search;
    search.use_environment = false;
    search.paths = {file};
    Status s = Registry::load(search).status();
    ::unlink(file.c_str());
    EXPECT_EQ(s.code(), Code::kPlugin);
    EXPECT_TRUE(says(s, file));
    return s.message();
  };
  auto has = [](const std::string& message, const char* text) { return message.find(text) != std::string::npos; };
  EXPECT_TRUE(has(refusal(""), "is empty"));
  EXPECT_TRUE(has(refusal("#!/bin/sh\n"), "not an ELF file"));
  for (std::size_t keep : {20u, 64u, 5000u})
    EXPECT_TRUE(has(refusal(std::string_view(bytes).substr(0, keep)), "cut short")) << keep;
  EXPECT_TRUE(has(refusal(std::string_view(bytes).substr(0, bytes.size() - 1)), "cut short"));
  std::string other = bytes;
  other[18] = '\xf3';  // e_machine: RISC-V
  EXPECT_TRUE(has(refusal(other), "another kind of processor"));
  other = bytes;
  other[4] = 1;  // 32 bits
  EXPECT_TRUE(has(refusal(other), "another kind of processor"));
  other = bytes;
  other[16] = 2;  // an executable
  EXPECT_TRUE(has(refusal(other), "not a shared library"));
}

}  // namespace
}  // namespace ophost
