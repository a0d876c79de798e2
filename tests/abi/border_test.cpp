// The border: nothing but a status leaves a plugin, a bad record costs one record, a cancelled call
// ends.
#include <gtest/gtest.h>

#include "ophost/testing.hpp"

using ophost::testing::CallFailed;
using ophost::testing::ContractBreach;
using ophost::testing::Harness;

namespace {

struct MoodyMapper {
  static constexpr auto kInfo =
      ophost::mapper("moody_mapper")
          .params(OPHOST_PARAMS(OPHOST_PARAM("mood", "string", "\"good\"", "What to throw.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(ophost::kPure);
  MoodyMapper(const ophost::Params& p, ophost::Host host) : mood(p.get_string("mood")) {
    if (mood == "config") throw ophost::ConfigError("mood: expected a better one");
    if (mood == "int") throw 42;
    if (mood == "resource") path = host.resource("words.json");
  }
  bool map(std::string_view text, std::string& out) {
    if (text == "record") throw ophost::RecordError("this one is bad");
    if (text == "logic") throw std::logic_error("a defect");
    if (text == "memory") throw std::bad_alloc();
    if (text == "int") throw 42;
    if (text == "same") out = text;
    if (text == "edit") out = "edited";
    return !out.empty();
  }
  std::string mood, path;
};

constexpr oph_plugin kPlugin = ophost::detail::make_plugin(
    "org.example.border", "1.0.0", ophost::detail::kOpTable<MoodyMapper>, 1);

TEST(Border, ARecordErrorCostsOneRecord) {
  Harness h(kPlugin, "moody_mapper");
  const auto r = h.run({"edit", "record", "plain"});
  EXPECT_EQ(r.kept, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(r.texts(), (std::vector<std::string>{"edited", "", "plain"}));
  EXPECT_EQ(r.row_errors.at(1), "this one is bad");
}

TEST(Border, WhatDidNotChangeIsNotAnEdit) {
  Harness h(kPlugin, "moody_mapper");
  EXPECT_EQ(h.run({"edit", "same", "plain"}).edited, (std::vector<bool>{true, false, false}));
}

TEST(Border, ANullTextIsARecordError) {
  Harness h(kPlugin, "moody_mapper");
  const auto r = h.run({ophost::testing::Column::str({"edit", std::nullopt})});
  ASSERT_EQ(r.row_errors.count(1), 1u);
  EXPECT_NE(r.row_errors.at(1).find("$text_key"), std::string::npos);
}

TEST(Border, EveryOtherThrowBecomesAStatusWithText) {
  Harness h(kPlugin, "moody_mapper");
  h.vary(false);
  const std::pair<const char*, oph_status> cases[] = {
      {"logic", OPH_E_INTERNAL}, {"memory", OPH_E_LIMIT}, {"int", OPH_E_INTERNAL}};
  for (const auto& [text, status] : cases) {
    try {
      h.run({"plain", text});
      FAIL() << text;
    } catch (const CallFailed& e) {
      EXPECT_EQ(e.status, status) << e.what();
    }
  }
}

TEST(Border, AConstructorThatThrowsMakesNoInstance) {
  EXPECT_THROW(Harness(kPlugin, "moody_mapper", R"({"mood":"config"})"), ophost::ConfigError);
  EXPECT_THROW(Harness(kPlugin, "moody_mapper", R"({"mood":"int"})"), ophost::ConfigError);
}

TEST(Border, AMissingResourceSaysWhereTheHostLooked) {
  try {
    Harness h(kPlugin, "moody_mapper", R"({"mood":"resource"})");
    FAIL() << "there is no words.json";
  } catch (const ophost::ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("words.json"), std::string::npos);
  }
  Harness h(kPlugin, "moody_mapper", R"({"mood":"resource"})",
            {{"words.json", "/somewhere/words.json"}});
}

TEST(Border, ACancelledCallEnds) {
  Harness h(kPlugin, "moody_mapper");
  h.cancel();
  try {
    h.run({"plain"});
    FAIL() << "the host said cancelled";
  } catch (const CallFailed& e) {
    EXPECT_EQ(e.status, OPH_E_CANCELLED);
  }
}

TEST(Border, AMessageIsCutAtACodePoint) {
  char text[8];
  oph_error e = {sizeof(oph_error), 0, 0, text, sizeof text};
  EXPECT_EQ(ophost::detail::report(&e, OPH_E_INPUT, 3, "abcdef\xC3\xA9"), OPH_E_INPUT);
  EXPECT_STREQ(text, "abcdef") << "half of an e with an accent is not UTF-8";
  EXPECT_EQ(e.row, 3);
}

#ifndef NDEBUG
TEST(Border, DebugBuildsRefuseTwoCallsAtOnce) {
  using Thunks = ophost::detail::CommonThunks<MoodyMapper>;
  oph_error none{};
  oph_op* op = Thunks::create(nullptr, nullptr, ophost::to_abi(R"({"mood":"good"})"), &none);
  auto* instance = reinterpret_cast<ophost::detail::Instance<MoodyMapper>*>(op);
  oph_status inner = OPH_OK, outer;
  outer = ophost::detail::call<MoodyMapper>(op, nullptr, [&](MoodyMapper&, const ophost::Host&) {
    inner =
        ophost::detail::call<MoodyMapper>(op, nullptr, [](MoodyMapper&, const ophost::Host&) {});
  });
  EXPECT_EQ(outer, OPH_OK);
  EXPECT_EQ(inner, OPH_E_INTERNAL);
  EXPECT_EQ(instance->inside.load(), 0);
  Thunks::destroy(op);
}
#endif

TEST(Border, ReadsOnlyWhatAnOlderHostHas) {
  oph_host old{};
  old.struct_size =
      offsetof(oph_host, scratch);  // as if scratch and what follows did not exist yet
  old.scratch = [](void*, std::uint64_t, std::uint64_t) -> void* { return nullptr; };
  old.cancelled = [](void*) -> std::int32_t { return 1; };
  const ophost::Host host(&old);
  EXPECT_TRUE(host.cancelled());
  EXPECT_THROW(host.scratch<int>(1), std::bad_alloc);
  EXPECT_EQ(host.extension("oph.threads/1"), nullptr);
}

}  // namespace
