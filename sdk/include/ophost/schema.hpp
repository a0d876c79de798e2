/* ophost/schema.hpp: JSON Schemas of parameters as string literals, put together by the preprocessor.
 *
 * .params(OPHOST_PARAMS(OPHOST_PARAM("lang", "string", "\"en\"", "..."), R"("x": {...})"))
 * Up to 32 properties, each from a macro below or written out. `fallback` is the default as JSON
 * text; `more` is further schema text: "" or a comma and members. Constants only, no thread rule. */
#pragma once

// clang-format off
#define OPHOST_PARAM_WITH(name, type, fallback, more, description) \
  "\"" name "\":{\"type\":\"" type "\",\"default\":" fallback more \
  ",\"description\":\"" description "\"}"
#define OPHOST_PARAM(name, type, fallback, description) \
  OPHOST_PARAM_WITH(name, type, fallback, "", description)
/* A filter's parameter that moves the decision, not the statistic: no statistic is recomputed. */
#define OPHOST_DECIDES(name, type, fallback, description) \
  OPHOST_PARAM_WITH(name, type, fallback, ",\"x-decides\":true", description)
#define OPHOST_PARAMS(...) "{\"type\":\"object\",\"properties\":{" OPHOST_JOIN(__VA_ARGS__) "}}"

/* What every filter of Data-Juicer understands beside its own parameters. */
#define OPHOST_FILTER_COMMON                                                            \
  OPHOST_DECIDES("min_closed_interval", "boolean", "true",                              \
                 "Whether the lower bound itself is inside the range.") ","             \
  OPHOST_DECIDES("max_closed_interval", "boolean", "true",                              \
                 "Whether the upper bound itself is inside the range.") ","             \
  OPHOST_DECIDES("reversed_range", "boolean", "false",                                  \
                 "Keep what lies outside the range instead.") ","                       \
  "\"stats_export_path\":{\"type\":[\"string\",\"null\"],\"default\":null,"             \
  "\"x-fingerprint\":false,\"description\":\"Where all records are written with their " \
  "statistics before the filter decides.\"}"
#define OPHOST_FILTER_PARAMS(...) OPHOST_PARAMS(__VA_ARGS__, OPHOST_FILTER_COMMON)
#define OPHOST_FILTER_NO_PARAMS OPHOST_PARAMS(OPHOST_FILTER_COMMON)

/* String literals with commas between them. */
#define OPHOST_JOIN(...) OPHOST_DETAIL_PICK(__VA_ARGS__, \
  OPHOST_DETAIL_J32, OPHOST_DETAIL_J31, OPHOST_DETAIL_J30, OPHOST_DETAIL_J29, \
  OPHOST_DETAIL_J28, OPHOST_DETAIL_J27, OPHOST_DETAIL_J26, OPHOST_DETAIL_J25, \
  OPHOST_DETAIL_J24, OPHOST_DETAIL_J23, OPHOST_DETAIL_J22, OPHOST_DETAIL_J21, \
  OPHOST_DETAIL_J20, OPHOST_DETAIL_J19, OPHOST_DETAIL_J18, OPHOST_DETAIL_J17, \
  OPHOST_DETAIL_J16, OPHOST_DETAIL_J15, OPHOST_DETAIL_J14, OPHOST_DETAIL_J13, \
  OPHOST_DETAIL_J12, OPHOST_DETAIL_J11, OPHOST_DETAIL_J10, OPHOST_DETAIL_J9, OPHOST_DETAIL_J8, \
  OPHOST_DETAIL_J7, OPHOST_DETAIL_J6, OPHOST_DETAIL_J5, OPHOST_DETAIL_J4, OPHOST_DETAIL_J3, \
  OPHOST_DETAIL_J2, OPHOST_DETAIL_J1, ~)(__VA_ARGS__)
#define OPHOST_DETAIL_PICK( \
  a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, \
  a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, pick, ...) pick
#define OPHOST_DETAIL_J1(a) a
#define OPHOST_DETAIL_J2(a, ...) a "," OPHOST_DETAIL_J1(__VA_ARGS__)
#define OPHOST_DETAIL_J3(a, ...) a "," OPHOST_DETAIL_J2(__VA_ARGS__)
#define OPHOST_DETAIL_J4(a, ...) a "," OPHOST_DETAIL_J3(__VA_ARGS__)
#define OPHOST_DETAIL_J5(a, ...) a "," OPHOST_DETAIL_J4(__VA_ARGS__)
#define OPHOST_DETAIL_J6(a, ...) a "," OPHOST_DETAIL_J5(__VA_ARGS__)
#define OPHOST_DETAIL_J7(a, ...) a "," OPHOST_DETAIL_J6(__VA_ARGS__)
#define OPHOST_DETAIL_J8(a, ...) a "," OPHOST_DETAIL_J7(__VA_ARGS__)
#define OPHOST_DETAIL_J9(a, ...) a "," OPHOST_DETAIL_J8(__VA_ARGS__)
#define OPHOST_DETAIL_J10(a, ...) a "," OPHOST_DETAIL_J9(__VA_ARGS__)
#define OPHOST_DETAIL_J11(a, ...) a "," OPHOST_DETAIL_J10(__VA_ARGS__)
#define OPHOST_DETAIL_J12(a, ...) a "," OPHOST_DETAIL_J11(__VA_ARGS__)
#define OPHOST_DETAIL_J13(a, ...) a "," OPHOST_DETAIL_J12(__VA_ARGS__)
#define OPHOST_DETAIL_J14(a, ...) a "," OPHOST_DETAIL_J13(__VA_ARGS__)
#define OPHOST_DETAIL_J15(a, ...) a "," OPHOST_DETAIL_J14(__VA_ARGS__)
#define OPHOST_DETAIL_J16(a, ...) a "," OPHOST_DETAIL_J15(__VA_ARGS__)
#define OPHOST_DETAIL_J17(a, ...) a "," OPHOST_DETAIL_J16(__VA_ARGS__)
#define OPHOST_DETAIL_J18(a, ...) a "," OPHOST_DETAIL_J17(__VA_ARGS__)
#define OPHOST_DETAIL_J19(a, ...) a "," OPHOST_DETAIL_J18(__VA_ARGS__)
#define OPHOST_DETAIL_J20(a, ...) a "," OPHOST_DETAIL_J19(__VA_ARGS__)
#define OPHOST_DETAIL_J21(a, ...) a "," OPHOST_DETAIL_J20(__VA_ARGS__)
#define OPHOST_DETAIL_J22(a, ...) a "," OPHOST_DETAIL_J21(__VA_ARGS__)
#define OPHOST_DETAIL_J23(a, ...) a "," OPHOST_DETAIL_J22(__VA_ARGS__)
#define OPHOST_DETAIL_J24(a, ...) a "," OPHOST_DETAIL_J23(__VA_ARGS__)
#define OPHOST_DETAIL_J25(a, ...) a "," OPHOST_DETAIL_J24(__VA_ARGS__)
#define OPHOST_DETAIL_J26(a, ...) a "," OPHOST_DETAIL_J25(__VA_ARGS__)
#define OPHOST_DETAIL_J27(a, ...) a "," OPHOST_DETAIL_J26(__VA_ARGS__)
#define OPHOST_DETAIL_J28(a, ...) a "," OPHOST_DETAIL_J27(__VA_ARGS__)
#define OPHOST_DETAIL_J29(a, ...) a "," OPHOST_DETAIL_J28(__VA_ARGS__)
#define OPHOST_DETAIL_J30(a, ...) a "," OPHOST_DETAIL_J29(__VA_ARGS__)
#define OPHOST_DETAIL_J31(a, ...) a "," OPHOST_DETAIL_J30(__VA_ARGS__)
#define OPHOST_DETAIL_J32(a, ...) a "," OPHOST_DETAIL_J31(__VA_ARGS__)
// clang-format on
