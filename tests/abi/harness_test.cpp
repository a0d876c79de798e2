// The judge is judged: operators that break the contract, written against the bare ABI, must be
// caught.
#include <gtest/gtest.h>

#include "ophost/testing.hpp"

using ophost::testing::ContractBreach;
using ophost::testing::Harness;

namespace {

std::string g_fault;  // what the operator below does wrong

oph_status OPH_CALL process(oph_op*, const oph_batch* in, const oph_out* out, oph_error*) {
  const auto error = [&](std::uint64_t r) {
    out->row_error(out->ctx, r, OPH_E_INPUT, ophost::to_abi("bad"));
  };
  if (g_fault == "silent failure") return OPH_E_IO;
  for (std::uint64_t i = 0; i < in->rows; ++i) {
    const std::uint64_t r = g_fault == "order" ? in->rows - 1 - i : i;
    const bool dead = in->selection != nullptr && !ophost::bit_of(in->selection, r);
    if (dead && g_fault != "dead") continue;
    if (g_fault == "missing" && r == 1) continue;
    if (g_fault == "column") out->append(out->ctx, 7, r, "x", 1);
    if (g_fault == "row") out->append(out->ctx, 0, in->rows, "x", 1);
    if (g_fault == "next_row") out->next_row(out->ctx, r);
    if (g_fault == "fixed") out->fixed(out->ctx, 0, 1);
    if (g_fault == "batch size" && in->rows == 2) {
      out->append(out->ctx, 0, r, "two", 3);
      continue;
    }
    out->keep_input(out->ctx, 0, r);
    if (g_fault == "double") out->append(out->ctx, 0, r, "x", 1);
    if (g_fault == "error and output") error(r);
    if (g_fault == "empty error") out->row_error(out->ctx, r, OPH_E_INPUT, oph_str{nullptr, 0});
  }
  return OPH_OK;
}

oph_status OPH_CALL stats(oph_op*, const oph_batch* in, const oph_out* out, oph_error*) {
  auto* v = static_cast<std::int64_t*>(out->fixed(out->ctx, 0, 1));
  if (g_fault == "overrun") v[in->rows] = 1;
  if (g_fault == "dead stat" && in->rows > 0) v[0] = 1;
  return OPH_OK;
}
oph_status OPH_CALL keep(oph_op*, const oph_batch* in, std::uint8_t* bits, oph_error*) {
  if (g_fault == "keep dead" && in->rows > 0) bits[0] |= 1;
  if (g_fault == "keep overrun") bits[(in->rows + 7) / 8] = 1;
  return OPH_OK;
}

oph_op* OPH_CALL create(const oph_host*, const oph_op_desc*, oph_str, oph_error* error) {
  static int instance;
  if (g_fault == "silent create") return nullptr;
  ophost::detail::report(error, OPH_OK, -1, "");
  return reinterpret_cast<oph_op*>(&instance);
}
void OPH_CALL destroy(oph_op*) {}

const oph_common_api kCommon = {sizeof(oph_common_api), 0, create, destroy, nullptr};
const oph_map_api kMap = {sizeof(oph_map_api), 0, process};
const oph_filter_api kFilter = {sizeof(oph_filter_api), 0, stats, keep};
const char* const kText[] = {"$text_key", nullptr};
const char* const kStat[] = {"__dj__stats__.n:i64", nullptr};
const oph_op_desc kMapper = {sizeof(oph_op_desc),
                             OPH_KIND_MAP,
                             "bad_mapper",
                             1,
                             1,
                             OPH_P_DETERMINISTIC | OPH_P_ROW_LOCAL,
                             "{\"properties\":{}}",
                             kText,
                             kText,
                             nullptr,
                             "",
                             &kCommon,
                             &kMap,
                             nullptr,
                             "cheap",
                             nullptr};
const oph_op_desc kBadFilter = {sizeof(oph_op_desc),
                                OPH_KIND_FILTER,
                                "bad_filter",
                                1,
                                1,
                                OPH_P_DETERMINISTIC | OPH_P_ROW_LOCAL,
                                "{\"properties\":{}}",
                                kText,
                                kStat,
                                nullptr,
                                "",
                                &kCommon,
                                &kFilter,
                                nullptr,
                                "cheap",
                                nullptr};
const oph_op_desc* const kOps[] = {&kMapper, &kBadFilter};
const oph_plugin kBad = ophost::detail::make_plugin("org.example.bad", "1.0.0", kOps, 2);

void run(const char* op, const std::string& fault) {
  g_fault = fault;
  Harness h(kBad, op);
  h.run({"a", "b", "c"});
}

TEST(Harness, LetsAnHonestOperatorPass) {
  EXPECT_NO_THROW(run("bad_mapper", ""));
  EXPECT_NO_THROW(run("bad_filter", ""));
}

TEST(Harness, CatchesMappersThatBreakTheContract) {
  for (const char* fault :
       {"silent failure", "order", "dead", "missing", "column", "row", "next_row", "fixed",
        "batch size", "double", "error and output", "empty error", "silent create"}) {
    EXPECT_THROW(run("bad_mapper", fault), ContractBreach) << fault;
  }
}

TEST(Harness, CatchesFiltersThatBreakTheContract) {
  for (const char* fault : {"overrun", "dead stat", "keep dead", "keep overrun"}) {
    EXPECT_THROW(run("bad_filter", fault), ContractBreach) << fault;
  }
}

TEST(Harness, RefusesATestThatNamesNothing) {
  g_fault = "";
  EXPECT_THROW(Harness(kBad, "no_such_mapper"), std::invalid_argument);
  EXPECT_THROW(Harness(kBad, "bad_mapper", R"({"no_such_parameter":1})"), ophost::ConfigError);
}

TEST(Harness, FillsDefaultsInAndSortsKeys) {
  const char* schema =
      R"({"type":"object","properties":{"z":{"default":[1,{"a":2}]},"b":{"default":null},"c":{}}})";
  EXPECT_EQ(ophost::testing::detail::canonical_params(schema, R"({"b":"x"})"),
            R"({"b":"x","z":[1,{"a":2}]})");
}

}  // namespace
