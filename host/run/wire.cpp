#include "host/run/wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <numeric>

#include "host/run/context.hpp"

namespace ophost {
namespace {

constexpr std::uint32_t kHasFile = 1u << 31;  // in a frame's length

template <class Use>
void each(const JsonValue* list, Use use) {
  if (!list || !list->IsArray()) return;
  for (const auto& item : list->GetArray()) use(item);
}

std::string columns_json(const std::vector<ColumnSpec>& columns) {
  return json_array(columns, [](const ColumnSpec& c) {
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
    out.push_back({get_bool(l, "decision"), hash_from(l, "blob"), static_cast<std::uint32_t>(get_uint(l, "label")), get_bool(l, "rows")});
  });
  return out;
}

}  // namespace

bool Channel::send(std::string_view json, int file) {
  std::lock_guard lock(sending_);
  const std::uint32_t size = static_cast<std::uint32_t>(json.size()) | (file >= 0 ? kHasFile : 0);
  std::string frame(reinterpret_cast<const char*>(&size), sizeof size);
  frame += json;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
  for (std::size_t at = 0; at < frame.size();) {
    iovec rest{frame.data() + at, frame.size() - at};
    msghdr message{};
    message.msg_iov = &rest;
    message.msg_iovlen = 1;
    if (at == 0 && file >= 0) {  // goes with the first byte
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&message);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof file);
      std::memcpy(CMSG_DATA(c), &file, sizeof file);
    }
    ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
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
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec room{buffer, sizeof buffer};
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int file = -1;
    std::memcpy(&file, CMSG_DATA(c), sizeof file);
    files_.emplace_back(file);
  }
  in_.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<Parcel> Channel::next() {
  std::uint32_t size = 0;
  if (in_.size() - at_ < sizeof size) return std::nullopt;
  std::memcpy(&size, in_.data() + at_, sizeof size);
  const bool has_file = size & kHasFile;
  size &= ~kHasFile;
  if (in_.size() - at_ - sizeof size < size) return std::nullopt;
  Parcel out{in_.substr(at_ + sizeof size, size), {}};
  at_ += sizeof size + size;
  if (has_file && !files_.empty()) {  // none: this process has no descriptor left for it
    out.bytes = std::move(files_.front());
    files_.pop_front();
  }
  return out;
}

std::string to_json(const OpFacts& f) {
  return JsonObject()
      .add_raw("reads", columns_json(f.reads))
      .add_raw("writes", columns_json(f.writes))
      .add_raw("resources", json_array(f.resources,
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
  return json_array(files, [](const InputFile& f) {
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
                   get_uint(f, "max_records")});
  });
  return out;
}

std::string to_json(const std::vector<PartitionPlan>& partitions) {
  return json_array(partitions, [](const PartitionPlan& p) {
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
    i.file = get_uint(p, "file");
    i.begin = get_uint(p, "begin");
    i.end = get_uint(p, "end");
    i.first_line = get_uint(p, "first_line");
    i.first_record = get_uint(p, "first_record");
    i.lines = get_uint(p, "lines");
    i.content = hash_from(p, "content");
    out.push_back(i);
  });
  return out;
}

std::string starts_json(const Plan& plan, std::size_t pass) {
  std::vector<std::size_t> all(plan.partitions.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return json_array(all, [&](std::size_t p) { return start_json(plan, pass, p); });
}

void take_starts(const JsonValue* json, Plan& plan, std::size_t pass) {
  std::size_t p = 0;
  each(json, [&](const JsonValue& start) {
    if (p < plan.partitions.size()) take_start(start, plan, pass, p++);
  });
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
    s.start = get_uint(*m, "start");
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
      .add_raw("suspects", json_array(orders.suspects,
                                     [](const TaskOrders::Suspect& s) {
                                       return JsonObject()
                                           .add("op", static_cast<std::uint64_t>(s.op))
                                           .add("partition", s.partition)
                                           .add("first_row", s.first_row)
                                           .add("rows", s.rows)
                                           .text();
                                     }))
      .add_raw("guilty", json_array(orders.guilty,
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
    out.suspects.push_back({get_uint(s, "op"), get_uint(s, "partition"), get_uint(s, "first_row"), get_uint(s, "rows")});
  });
  each(get_member(*json, "guilty"), [&](const JsonValue& g) {
    out.guilty.push_back({get_uint(g, "op"), get_uint(g, "partition"), get_uint(g, "row"), get_string(g, "reason")});
  });
  return out;
}

}  // namespace ophost
