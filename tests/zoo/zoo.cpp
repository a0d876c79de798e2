// The plugin around the misdeeds (zoo.hpp): the operator zoo_mapper, which passes every text through, keeps count of its bytes,
// and does what its parameter `fault` says at the texts that hold `marker`. Built twice: as it is (1.0.0), and mended
// (ZOO_MENDED, 1.0.1), where the marker means nothing: what `ophost replay` is for.
#include <cstring>
#include <new>
#include <string>

#include "ophost/params.hpp"
#include "zoo.hpp"

struct oph_op {
  const oph_host* host;
  std::string marker;
  const zoo::Misdeed* misdeed;
};

namespace {

#ifdef ZOO_MENDED
constexpr bool kMended = true;
constexpr char kVersion[] = "1.0.1";
#else
constexpr bool kMended = false;
constexpr char kVersion[] = "1.0.0";
#endif

bool bit(const std::uint8_t* bits, std::uint64_t i) { return !bits || ((bits[i >> 3] >> (i & 7)) & 1); }

oph_op* create(const oph_host* host, const oph_op_desc*, oph_str params, oph_error* error) {
  try {
    ophost::Params p({params.data, params.size});
    std::string fault = p.get_string("fault");
    const zoo::Misdeed* misdeed = zoo::find_misdeed(fault);
    if (misdeed) return new oph_op{host, p.get_string("marker"), misdeed};
    std::strncpy(error->message, ("the zoo has no '" + fault + "'").c_str(), error->capacity - 1);
  } catch (const std::exception& e) {
    std::strncpy(error->message, e.what(), error->capacity - 1);
  }
  error->code = OPH_E_CONFIG;
  return nullptr;
}

void destroy(oph_op* op) { delete op; }

// No try: what a misdeed throws is to cross the border.
oph_status process(oph_op* op, const oph_batch* in, const oph_out* out, oph_error* error) {
  const oph_column& text = in->columns[0];
  const char* values = static_cast<const char*>(text.values);
  auto* bytes = static_cast<std::int64_t*>(out->fixed(out->ctx, 1, 1));
  for (std::uint64_t r = 0; r < in->rows; ++r) {
    if (!bit(in->selection, r)) continue;
    std::string_view t(values + text.offsets[r], static_cast<std::size_t>(text.offsets[r + 1] - text.offsets[r]));
    if (bytes) bytes[r] = static_cast<std::int64_t>(t.size());
    zoo::Result result;
    const bool guilty = !kMended && !op->marker.empty() && t.find(op->marker) != std::string_view::npos;
    if (guilty) result = op->misdeed->commit({op->host, in, out, error, r, t});
    if (result.after == zoo::After::kReturn) return result.status;
    if (result.after == zoo::After::kKeep) out->keep_input(out->ctx, 0, r);
    const bool list_done = guilty && std::strncmp(op->misdeed->name, "json_", 5) == 0;
    if (!list_done && result.after != zoo::After::kError) out->append(out->ctx, 2, r, "[1]", 3);
  }
  return OPH_OK;
}

constexpr oph_common_api kCommon = {sizeof(oph_common_api), 0, create, destroy, nullptr};
constexpr oph_map_api kMap = {sizeof(oph_map_api), 0, process};
constexpr const char* kReads[] = {"$text_key", nullptr};
constexpr const char* kWrites[] = {"$text_key", "__dj__stats__.zoo_bytes:i64", "__dj__stats__.zoo_list:json", nullptr};

constexpr oph_op_desc kMapper = {
    sizeof(oph_op_desc), OPH_KIND_MAP, "zoo_mapper", 1, 1,
    OPH_P_DETERMINISTIC | OPH_P_ROW_LOCAL | OPH_P_ORDER_FREE | OPH_P_CONCURRENT,
    R"({"type":"object","properties":{
        "fault":{"type":"string","default":"none","description":"What it does wrong; misdeeds.cpp has the list."},
        "marker":{"type":"string","default":"POISON","description":"At the texts that hold this; empty = at none."}}})",
    kReads, kWrites, nullptr, "Does something wrong at the marked texts. For tests.", &kCommon, &kMap, nullptr, "cheap",
    "zoo_mapper:\n  fault: throw\n"};
constexpr const oph_op_desc* kOps[] = {&kMapper};

}  // namespace

extern "C" const oph_plugin oph_plugin_entry = {
    OPH_MAGIC, OPH_ABI_MAJOR, OPH_TARGET_MINOR, sizeof(oph_plugin), 1, "org.example.zoo", kVersion, kOps,
    nullptr, nullptr, nullptr};
