/* ophost/ophost.hpp: everything a C++17 operator author includes. Header-only, needs the standard
 * library alone.
 *
 * An operator is a class with `static constexpr auto kInfo = ophost::filter("name")...`, a
 * constructor `X(const ophost::Params&, ophost::Host)` and the functions of its kind (filter.hpp,
 * mapper.hpp, dedup.hpp, global.hpp say which). A throw never leaves the plugin: ConfigError
 * refuses the parameters, RecordError costs one record, anything else fails the call with its text.
 * docs/write-an-operator.md is the guide. */
#pragma once

#include "ophost/abi.h"
#include "ophost/dedup.hpp"
#include "ophost/filter.hpp"
#include "ophost/global.hpp"
#include "ophost/mapper.hpp"
#include "ophost/version.h"

namespace ophost {
namespace detail {

template <class Op>
constexpr const void* vtable() {
  constexpr std::int32_t kind = Op::kInfo.kind;
  if constexpr (kind == OPH_KIND_FILTER)
    return &FilterThunks<Op>::kApi;
  else if constexpr (kind == OPH_KIND_DEDUP)
    return &DedupThunks<Op>::kApi;
  else if constexpr (kind == OPH_KIND_SELECT)
    return &SelectThunks<Op>::kApi;
  else if constexpr (kind == OPH_KIND_AGGREGATE)
    return &AggregateThunks<Op>::kApi;
  else if constexpr (kind == OPH_KIND_GROUP)
    return &GroupThunks<Op>::kApi;
  else if constexpr (kind == OPH_KIND_OBSERVER)
    return &ObserverThunks<Op>::kApi;
  else
    return &MapThunks<Op>::kApi;
}

template <class Op>
constexpr oph_op_desc describe() {
  const Info& i = Op::kInfo;
  return {sizeof(oph_op_desc),
          i.kind,
          i.name,
          i.semantics_value,
          i.encver_value,
          i.promise_bits,
          i.schema,
          i.read_paths.data(),
          i.write_paths.data(),
          i.derive_paths.data(),
          i.summary_text,
          &CommonThunks<Op>::kApi,
          vtable<Op>(),
          i.alias_names.data(),
          i.cost_text,
          i.example_text};
}

}  // namespace detail

/** The C descriptor of an operator class. */
template <class Op>
inline constexpr oph_op_desc kDescriptor = detail::describe<Op>();

namespace detail {

template <class... Ops>
inline constexpr const oph_op_desc* kOpTable[sizeof...(Ops)] = {&kDescriptor<Ops>...};

constexpr oph_plugin make_plugin(const char* id, const char* version, const oph_op_desc* const* ops,
                                 std::uint32_t count) {
  return {OPH_MAGIC, OPH_ABI_MAJOR, OPH_TARGET_MINOR, sizeof(oph_plugin), count, id, version, ops,
          nullptr,   nullptr,       nullptr};
}

}  // namespace detail
}  // namespace ophost

/** Defines the one exported symbol for operator classes that this file sees. At file scope, once
 * per plugin. */
#define OPHOST_PLUGIN(id, version, ...)                                  \
  constexpr oph_plugin oph_plugin_entry = ::ophost::detail::make_plugin( \
      id, version, ::ophost::detail::kOpTable<__VA_ARGS__>,              \
      sizeof(::ophost::detail::kOpTable<__VA_ARGS__>) / sizeof(const oph_op_desc*))

/** For operators in a .cpp of their own: in it OPHOST_OPERATOR(words_num_filter, WordsNumFilter)
 * ... */
#define OPHOST_OPERATOR(symbol, Op)                  \
  extern const oph_op_desc ophost_operator_##symbol; \
  constexpr oph_op_desc ophost_operator_##symbol = ::ophost::detail::describe<Op>()

/** ... and in the plugin's main file OPHOST_DECLARE_OPERATOR(words_num_filter) for each, then
 *  OPHOST_PLUGIN_OF(id, version, &ophost_operator_words_num_filter, ...). */
#define OPHOST_DECLARE_OPERATOR(symbol) extern const oph_op_desc ophost_operator_##symbol
#define OPHOST_PLUGIN_OF(id, version, ...)                                \
  static constexpr const oph_op_desc* ophost_operators[] = {__VA_ARGS__}; \
  constexpr oph_plugin oph_plugin_entry = ::ophost::detail::make_plugin(  \
      id, version, ophost_operators, sizeof(ophost_operators) / sizeof(ophost_operators[0]))
