/* ophost/info.hpp: what an operator says about itself, as constant-initialised data.
 *
 *   static constexpr auto kInfo =
 * ophost::filter("words_num_filter").summary("...").reads("$text_key")...;
 *
 * Nothing here runs when the library is loaded: every method is constexpr and kInfo is a constant.
 */
#pragma once

#include <cstdint>
#include <string_view>

#include "ophost/abi.h"
#include "ophost/schema.hpp"

namespace ophost {

/** Promises, to be joined with |. See OPH_P_* in abi.h; testing.hpp tries to break them. */
inline constexpr std::uint64_t kDeterministic = OPH_P_DETERMINISTIC;
inline constexpr std::uint64_t kRowLocal = OPH_P_ROW_LOCAL;
inline constexpr std::uint64_t kOrderFree = OPH_P_ORDER_FREE;
inline constexpr std::uint64_t kConcurrent = OPH_P_CONCURRENT;
inline constexpr std::uint64_t kIdempotent = OPH_P_IDEMPOTENT;
inline constexpr std::uint64_t kReadsFiles = OPH_P_READS_FILES;
inline constexpr std::uint64_t kNetwork = OPH_P_NETWORK;
/** A function of one record and nothing else: what most filters and mappers are. */
inline constexpr std::uint64_t kPure = kDeterministic | kRowLocal | kOrderFree;

/** The type in "path:type" (OPH_T_*); OPH_T_STR when there is none. */
constexpr std::int32_t path_type(std::string_view path) {
  const std::size_t colon = path.rfind(':');
  if (colon == std::string_view::npos) return OPH_T_STR;
  const std::string_view type = path.substr(colon + 1);
  if (type == "bytes") return OPH_T_BYTES;
  if (type == "i64") return OPH_T_I64;
  if (type == "f64") return OPH_T_F64;
  if (type == "bool") return OPH_T_BOOL8;
  if (type == "u64x") return OPH_T_U64X;
  if (type == "json") return OPH_T_JSON;
  return OPH_T_STR;
}
/** "path:type" without its type. */
constexpr std::string_view path_name(std::string_view path) {
  return path.substr(0, path.rfind(':'));
}
constexpr bool is_variable(std::int32_t type) {
  return type == OPH_T_STR || type == OPH_T_BYTES || type == OPH_T_JSON;
}

/** A NULL-terminated list of column paths or names. */
struct PathList {
  static constexpr std::size_t kMax = 32;
  const char* items[kMax + 1] = {};
  std::size_t count = 0;

  constexpr const char* const* data() const { return count == 0 ? nullptr : items; }
  constexpr std::string_view operator[](std::size_t i) const { return items[i]; }
};

class Info {
 private:
  // Before their users: clang wants the bodies parsed by then.
  template <class M, class V>
  constexpr Info with(M Info::*member, const V& v) const {
    Info copy = *this;
    copy.*member = v;
    return copy;
  }
  template <class... P>
  static constexpr PathList list(P... p) {
    static_assert(sizeof...(P) <= PathList::kMax, "at most 32 paths");
    return PathList{{p...}, sizeof...(P)};
  }

 public:
  constexpr Info(std::int32_t kind_, const char* name_) : kind(kind_), name(name_) {}

  /** Raise it when the output for the same input changes (default 1). */
  constexpr Info semantics(std::uint32_t v) const { return with(&Info::semantics_value, v); }
  /** Raise it when the bytes of a saved state change shape (default 1). */
  constexpr Info encver(std::uint32_t v) const { return with(&Info::encver_value, v); }
  constexpr Info promises(std::uint64_t v) const { return with(&Info::promise_bits, v); }
  /** JSON Schema of the parameters: OPHOST_PARAMS(...) or OPHOST_FILTER_PARAMS(...). */
  constexpr Info params(const char* v) const { return with(&Info::schema, v); }
  /** One sentence. */
  constexpr Info summary(const char* v) const { return with(&Info::summary_text, v); }
  /** "cheap", "medium" or "expensive". */
  constexpr Info cost(const char* v) const { return with(&Info::cost_text, v); }
  /** YAML of a `process` entry. */
  constexpr Info example(const char* v) const { return with(&Info::example_text, v); }

  template <class... P>
  constexpr Info reads(P... p) const {
    return with(&Info::read_paths, list(p...));
  }
  template <class... P>
  constexpr Info writes(P... p) const {
    return with(&Info::write_paths, list(p...));
  }
  template <class... P>
  constexpr Info derives(P... p) const {
    return with(&Info::derive_paths, list(p...));
  }
  template <class... P>
  constexpr Info aliases(P... p) const {
    return with(&Info::alias_names, list(p...));
  }

  constexpr bool promised(std::uint64_t bit) const { return (promise_bits & bit) != 0; }
  constexpr std::int32_t write_type(std::size_t i) const { return path_type(write_paths[i]); }
  /** The column of `reads` with the path of written column i, or -1: keep_input needs one. */
  constexpr int input_of(std::size_t i) const {
    for (std::size_t k = 0; k < read_paths.count; ++k) {
      if (path_name(read_paths[k]) == path_name(write_paths[i])) return static_cast<int>(k);
    }
    return -1;
  }

  std::int32_t kind;
  const char* name;
  std::uint32_t semantics_value = 1;
  std::uint32_t encver_value = 1;
  std::uint64_t promise_bits = 0;
  const char* schema = "{\"type\":\"object\",\"properties\":{}}";
  const char* summary_text = "";
  const char* cost_text = "cheap";
  const char* example_text = nullptr;
  PathList read_paths, write_paths, derive_paths, alias_names;
};

constexpr Info mapper(const char* name) {
  return {OPH_KIND_MAP, name};
}
constexpr Info flat_mapper(const char* name) {
  return {OPH_KIND_FLATMAP, name};
}
constexpr Info filter(const char* name) {
  return {OPH_KIND_FILTER, name};
}
constexpr Info derived_column(const char* name) {
  return {OPH_KIND_DERIVE, name};
}
constexpr Info deduplicator(const char* name) {
  return {OPH_KIND_DEDUP, name};
}
constexpr Info selector(const char* name) {
  return {OPH_KIND_SELECT, name};
}
constexpr Info aggregator(const char* name) {
  return {OPH_KIND_AGGREGATE, name};
}
constexpr Info grouper(const char* name) {
  return {OPH_KIND_GROUP, name};
}
constexpr Info observer(const char* name) {
  return {OPH_KIND_OBSERVER, name};
}

}  // namespace ophost
