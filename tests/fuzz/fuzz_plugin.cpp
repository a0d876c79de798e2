// Adoption of plugins: entry tables and descriptors of every shape that can be read at all are taken or refused with a
// sentence. What is taken can be asked for, and its columns resolved.
#include <deque>
#include <vector>

#include "host/plugin/instance.hpp"
#include "host/plugin/registry.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

namespace {

// Texts and lists that live as long as one input.
struct Arena {
  std::deque<std::string> texts;
  std::deque<std::vector<const char*>> lists;

  const char* text(fuzz::Bytes& in) {
    switch (in.byte() % 4) {
      case 0: return nullptr;
      case 1: return "";
      default: return texts.emplace_back(in.line()).c_str();
    }
  }
  const char* const* list(fuzz::Bytes& in) {
    std::uint8_t n = in.byte() % 6;
    if (n == 0) return nullptr;
    auto& l = lists.emplace_back();
    for (; n > 1; --n) l.push_back(texts.emplace_back(in.line()).c_str());
    l.push_back(nullptr);
    return l.data();
  }
};

oph_op* create(const oph_host*, const oph_op_desc*, oph_str, oph_error*) { return nullptr; }
void destroy(oph_op*) {}
oph_status process(oph_op*, const oph_batch*, const oph_out*, oph_error*) { return OPH_E_INTERNAL; }
oph_status keep(oph_op*, const oph_batch*, std::uint8_t*, oph_error*) { return OPH_E_INTERNAL; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  Arena arena;
  std::deque<oph_common_api> commons;
  std::deque<oph_map_api> maps;
  std::deque<oph_filter_api> filters;
  std::deque<oph_op_desc> descs;
  std::vector<const oph_op_desc*> ops;
  oph_plugin entry{};
  entry.magic = in.byte() ? OPH_MAGIC : in.u32();
  entry.abi_major = in.byte() ? OPH_ABI_MAJOR : in.byte();
  entry.abi_minor = in.byte() ? OPH_ABI_MINOR : in.byte();
  entry.struct_size = in.byte() % 8 ? sizeof entry : in.byte();
  entry.id = arena.text(in);
  entry.version = arena.text(in);
  entry.op_count = in.byte() % 5;
  for (std::uint32_t i = 0; i < entry.op_count; ++i) {
    if (in.byte() % 16 == 0) {
      ops.push_back(nullptr);
      continue;
    }
    oph_op_desc& d = descs.emplace_back();
    d.struct_size = in.byte() % 4 ? sizeof d : in.byte() % (sizeof d + 1);
    d.kind = in.byte() % 12 - 1;
    d.name = arena.text(in);
    d.promises = in.byte();
    d.params_schema = in.byte() % 4 ? R"({"type":"object","properties":{"p":{"type":"string","default":"x"}}})" : arena.text(in);
    d.reads = arena.list(in);
    d.writes = arena.list(in);
    d.derives = arena.list(in);
    d.aliases = arena.list(in);
    d.summary = arena.text(in);
    d.cost = arena.text(in);
    d.example = arena.text(in);
    const std::uint8_t shape = in.byte();
    if (shape & 1) {
      oph_common_api& c = commons.emplace_back();
      c.struct_size = shape & 2 ? sizeof c : 8;
      c.create = shape & 4 ? create : nullptr;
      c.destroy = shape & 8 ? destroy : nullptr;
      d.common = &c;
    }
    if (shape & 16) {  // every table begins with its size, and is as long as it says
      if (d.kind == OPH_KIND_FILTER) {
        oph_filter_api& f = filters.emplace_back();
        f.struct_size = shape & 32 ? sizeof f : 8;
        f.keep = shape & 64 ? keep : nullptr;
        d.vtable = &f;
      } else {
        oph_map_api& m = maps.emplace_back();
        m.struct_size = shape & 32 ? sizeof m : 8;
        m.process = shape & 64 ? process : nullptr;
        d.vtable = &m;
      }
    }
    ops.push_back(&d);
  }
  entry.ops = in.byte() % 8 ? ops.data() : nullptr;
  Registry registry;
  Status status = registry.adopt_entry(&entry, "/plugins/fuzz.so", "");
  if (!status.ok()) {
    fuzz::must(status.code() == Code::kPlugin && status.message().find("/plugins/fuzz.so") != std::string::npos,
               "a refusal names the plugin");
    return 0;
  }
  for (const std::string& name : registry.names()) {
    const Operator* op = registry.find(name);
    fuzz::must(op && op->name == name && op->desc.common && op->desc.vtable, "what is taken is whole");
    for (const auto* columns : {&op->reads, &op->writes, &op->derives})
      for (const std::string& c : *columns) (void)resolve_column(c, R"({"p":"x"})", "text");
  }
  return 0;
}
