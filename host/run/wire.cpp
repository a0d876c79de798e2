#include "host/run/wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/run/context.hpp"

namespace ophost {
namespace {

template <class List, class Write>
std::string list_json(const List& list, Write write) {
  std::string out = "[";
  for (const auto& item : list) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out + "]";
}

template <class Use>
void each(const JsonValue* list, Use use) {
  if (!list || !list->IsArray()) return;
  for (const auto& item : list->GetArray()) use(item);
}

std::uint64_t number(const JsonValue& object, const char* key) {
  const JsonValue* m = get_member(object, key);
  return m && m->IsUint64() ? m->GetUint64() : 0;
}

std::string columns_json(const std::vector<ColumnSpec>& columns) {
  return list_json(columns, [](const ColumnSpec& c) {
    return JsonObject().add("path", c.path).add("type", std::int64_t{static_cast<std::int32_t>(c.type)}).text();
  });
}

std::vector<ColumnSpec> columns_from(const JsonValue* list) {
  std::vector<ColumnSpec> out;
  each(list, [&](const JsonValue& c) {
    out.push_back({get_string(c, "path"), static_cast<ColumnType>(get_int(c, "type"))});
  });
  return out;
}

Hash128 hash_from(const JsonValue& object, const char* key) {
  return Hash128::from_hex(get_string(object, key)).value_or(Hash128());
}

std::vector<Layer> layers_from(const JsonValue* list) {
  std::vector<Layer> out;
  each(list, [&](const JsonValue& l) {
    out.push_back({get_bool(l, "decision"), hash_from(l, "blob"), static_cast<std::uint32_t>(number(l, "label")), get_bool(l, "rows")});
  });
  return out;
}

}  // namespace

bool Channel::send(std::string_view json) {
  std::lock_guard lock(sending_);
  const auto size = static_cast<std::uint32_t>(json.size());
  std::string frame(reinterpret_cast<const char*>(&size), sizeof size);
  frame += json;
  for (std::size_t at = 0; at < frame.size();) {
    ssize_t n = ::send(socket_.get(), frame.data() + at, frame.size() - at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

bool Channel::receive(int timeout_ms) {
  pollfd p{socket_.get(), POLLIN, 0};
  int ready = ::poll(&p, 1, timeout_ms);
  if (ready <= 0) return ready == 0 || errno == EINTR;
  if (at_ > 0) {
    in_.erase(0, at_);
    at_ = 0;
  }
  char buffer[64 << 10];
  ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  in_.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> Channel::next() {
  std::uint32_t size = 0;
  if (in_.size() - at_ < sizeof size) return std::nullopt;
  std::memcpy(&size, in_.data() + at_, sizeof size);
  if (in_.size() - at_ - sizeof size < size) return std::nullopt;
  std::string out = in_.substr(at_ + sizeof size, size);
  at_ += sizeof size + size;
  return out;
}

std::string to_json(const OpFacts& f) {
  return JsonObject()
      .add_raw("reads", columns_json(f.reads))
      .add_raw("writes", columns_json(f.writes))
      .add_raw("resources", list_json(f.resources,
                                      [](const ResourceUse& r) {
                                        return JsonObject().add("name", r.name).add("path", r.path).add("digest", r.digest.hex()).text();
                                      }))
      .text();
}

OpFacts facts_from(const JsonValue& json) {
  OpFacts out{columns_from(get_member(json, "reads")), columns_from(get_member(json, "writes")), {}};
  each(get_member(json, "resources"), [&](const JsonValue& r) {
    out.resources.push_back({get_string(r, "name"), get_string(r, "path"), hash_from(r, "digest")});
  });
  return out;
}

std::string to_json(const std::vector<InputFile>& files) {
  return list_json(files, [](const InputFile& f) {
    return JsonObject()
        .add("path", f.path)
        .add("compression", std::int64_t{static_cast<int>(f.compression)})
        .add("weight", f.weight)
        .add("max_records", f.max_records)
        .text();
  });
}

std::vector<InputFile> files_from(const JsonValue* json) {
  std::vector<InputFile> out;
  each(json, [&](const JsonValue& f) {
    out.push_back({get_string(f, "path"), static_cast<Compression>(get_int(f, "compression")), get_double(f, "weight", 1.0),
                   number(f, "max_records")});
  });
  return out;
}

std::string to_json(const std::vector<PartitionPlan>& partitions) {
  return list_json(partitions, [](const PartitionPlan& p) {
    const InputPartition& i = p.input;
    return JsonObject()
        .add("file", static_cast<std::uint64_t>(i.file))
        .add("begin", i.begin)
        .add("end", i.end)
        .add("first_line", i.first_line)
        .add("first_record", i.first_record)
        .add("lines", i.lines)
        .add("content", i.content.hex())
        .text();
  });
}

std::vector<InputPartition> partitions_from(const JsonValue* json) {
  std::vector<InputPartition> out;
  each(json, [&](const JsonValue& p) {
    InputPartition i;
    i.file = number(p, "file");
    i.begin = number(p, "begin");
    i.end = number(p, "end");
    i.first_line = number(p, "first_line");
    i.first_record = number(p, "first_record");
    i.lines = number(p, "lines");
    i.content = hash_from(p, "content");
    out.push_back(i);
  });
  return out;
}

std::string start_json(const Plan& plan, std::size_t pass, std::size_t partition) {
  const auto& passes = plan.partitions[partition].passes;
  auto state = [](const PassState& s) {
    JsonObject o;
    o.add("start", static_cast<std::uint64_t>(s.start))
        .add("end_ready", s.end_ready)
        .add_raw("layers", json_of(s.layers))
        .add_raw("end_layers", json_of(s.end_layers));
    if (s.keys) o.add("keys", s.keys->hex());
    if (s.rows) o.add("rows", s.rows->hex());
    return o.text();
  };
  JsonObject o;
  o.add_raw("state", state(passes[pass]));
  if (pass > 0) {
    o.add_raw("before", state(passes[pass - 1]));
    if (const auto& d = plan.decided[pass - 1]) o.add("decided", d->hex());
  }
  return o.text();
}

void take_start(const JsonValue& json, Plan& plan, std::size_t pass, std::size_t partition) {
  auto& passes = plan.partitions[partition].passes;
  auto take = [&](const char* key, PassState& s) {
    const JsonValue* m = get_member(json, key);
    if (!m) return;
    s = {};
    s.start = number(*m, "start");
    s.end_ready = get_bool(*m, "end_ready");
    s.layers = layers_from(get_member(*m, "layers"));
    s.end_layers = layers_from(get_member(*m, "end_layers"));
    s.keys = Hash128::from_hex(get_string(*m, "keys"));
    s.rows = Hash128::from_hex(get_string(*m, "rows"));
  };
  take("state", passes[pass]);
  if (pass == 0) return;
  take("before", passes[pass - 1]);
  plan.decided[pass - 1] = Hash128::from_hex(get_string(json, "decided"));
}

std::string to_json(const TaskOrders& orders) {
  return JsonObject()
      .add_raw("suspects", list_json(orders.suspects,
                                     [](const TaskOrders::Suspect& s) {
                                       return JsonObject()
                                           .add("op", static_cast<std::uint64_t>(s.op))
                                           .add("partition", s.partition)
                                           .add("first_row", s.first_row)
                                           .add("rows", s.rows)
                                           .text();
                                     }))
      .add_raw("guilty", list_json(orders.guilty,
                                   [](const TaskOrders::Guilty& g) {
                                     return JsonObject()
                                         .add("op", static_cast<std::uint64_t>(g.op))
                                         .add("partition", g.partition)
                                         .add("row", g.row)
                                         .add("reason", g.reason)
                                         .text();
                                   }))
      .text();
}

TaskOrders orders_from(const JsonValue* json) {
  TaskOrders out;
  if (!json) return out;
  each(get_member(*json, "suspects"), [&](const JsonValue& s) {
    out.suspects.push_back({number(s, "op"), number(s, "partition"), number(s, "first_row"), number(s, "rows")});
  });
  each(get_member(*json, "guilty"), [&](const JsonValue& g) {
    out.guilty.push_back({number(g, "op"), number(g, "partition"), number(g, "row"), get_string(g, "reason")});
  });
  return out;
}

std::string to_json(const Status& status) {
  return JsonObject().add("code", std::int64_t{static_cast<int>(status.code())}).add("message", status.message()).text();
}

Status status_from(const JsonValue& json) {
  const auto code = static_cast<Code>(get_int(json, "code"));
  return code == Code::kOk ? Status() : Status(code, get_string(json, "message"));
}

}  // namespace ophost
