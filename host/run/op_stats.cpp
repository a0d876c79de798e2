#include "host/run/op_stats.hpp"

namespace ophost {

void OpStats::add(const OpStats& o) {
  in += o.in;
  out += o.out;
  dropped += o.dropped;
  duplicates += o.duplicates;
  grouped += o.grouped;
  added += o.added;
  edited += o.edited;
  quarantined += o.quarantined;
  discarded += o.discarded;
  bytes += o.bytes;
  busy_ns += o.busy_ns;
}

std::string OpStats::json() const {
  return JsonObject()
      .add("in", in)
      .add("out", out)
      .add("dropped", dropped)
      .add("duplicates", duplicates)
      .add("grouped", grouped)
      .add("added", added)
      .add("edited", edited)
      .add("quarantined", quarantined)
      .add("discarded", discarded)
      .add("bytes", bytes)
      .add("busy_ns", busy_ns)
      .text();
}

OpStats OpStats::from_json(const JsonValue& v) {
  auto n = [&](const char* key) { return static_cast<std::uint64_t>(get_int(v, key)); };
  OpStats s;
  s.in = n("in");
  s.out = n("out");
  s.dropped = n("dropped");
  s.duplicates = n("duplicates");
  s.grouped = n("grouped");
  s.added = n("added");
  s.edited = n("edited");
  s.quarantined = n("quarantined");
  s.discarded = n("discarded");
  s.bytes = n("bytes");
  s.busy_ns = get_int(v, "busy_ns");
  return s;
}

std::string json_of(const std::vector<OpStats>& stats) {
  std::string out = "[";
  for (std::size_t i = 0; i < stats.size(); ++i) {
    if (i) out += ',';
    out += stats[i].json();
  }
  return out + "]";
}

std::vector<OpStats> stats_from_json(const JsonValue* array) {
  std::vector<OpStats> out;
  if (array && array->IsArray())
    for (const auto& v : array->GetArray()) out.push_back(OpStats::from_json(v));
  return out;
}

}  // namespace ophost
