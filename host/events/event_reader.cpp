#include "host/events/event_reader.hpp"

#include <algorithm>
#include <filesystem>

namespace ophost {
namespace {

constexpr std::size_t kBlock = 1u << 18;
constexpr std::uint64_t kTail = 4u << 20;  // how far back last_event() looks
constexpr std::string_view kHead = R"({"event_type":")";

}  // namespace

std::vector<std::string> event_files(const JobRecord& job) {
  std::string folder = get_string(job.summary, "event_log_dir");
  // A folder that was moved has its log beside it.
  if (folder.empty() || !is_directory(folder)) folder = job.folder;
  std::vector<std::string> out;
  std::error_code ec;
  for (std::filesystem::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    std::string name = it->path().filename().string();
    if (name.starts_with("events_") && name.ends_with(".jsonl")) out.push_back(it->path().string());
  }
  // events_20260102_030405.jsonl, events_20260102_030405_1.jsonl, …_2.jsonl
  auto key = [](const std::string& path) {
    std::string name = path.substr(0, path.size() - 6);
    return std::pair(name.size(), name);
  };
  std::sort(out.begin(), out.end(), [&](const std::string& a, const std::string& b) {
    std::string_view x(a), y(b);
    std::size_t stem = folder.size() + 1 + sizeof "events_YYYYmmdd_HHMMSS" - 1;
    if (int c = x.substr(0, stem).compare(y.substr(0, stem)); c != 0) return c < 0;
    return key(a) < key(b);
  });
  return out;
}

std::string_view type_of_line(std::string_view line) {
  if (!line.starts_with(kHead)) return {};
  std::size_t end = line.find('"', kHead.size());
  return end == std::string_view::npos ? std::string_view() : line.substr(kHead.size(), end - kHead.size());
}

Status EventFile::read(const std::function<bool(std::string_view)>& use) {
  if (!fd_.valid()) {
    OPH_ASSIGN(fd_, open_read(path_));
  }
  std::string pending(kBlock, '\0');
  std::size_t held = 0;  // bytes of a line not ended yet, at the front
  for (;;) {
    if (pending.size() - held < kBlock) pending.resize(pending.size() * 2);
    OPH_ASSIGN(std::size_t n, read_at(fd_.get(), pending.data() + held, kBlock, offset_ + held, path_));
    if (n == 0) return {};
    std::string_view text(pending.data(), held + n);
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
      offset_ += end + 1 - begin;
      if (!use(text.substr(begin, end - begin))) return {};
    }
    held = text.size() - begin;
    std::copy_n(pending.begin() + static_cast<std::ptrdiff_t>(begin), held, pending.begin());
  }
}

std::optional<Json> last_event(const std::string& path, std::string_view type) {
  auto size = file_size(path);
  auto fd = open_read(path);
  if (!size.ok() || !fd.ok()) return std::nullopt;
  const std::string head = std::string(kHead) + std::string(type) + "\"";
  for (std::uint64_t stretch = kBlock;; stretch *= 4) {
    stretch = std::min({stretch, *size, kTail});
    std::string text(stretch, '\0');
    auto n = read_at(fd->get(), text.data(), text.size(), *size - stretch, path);
    if (!n.ok()) return std::nullopt;
    text.resize(*n);
    for (std::size_t at = text.rfind(head); at != std::string::npos; at = at ? text.rfind(head, at - 1) : std::string::npos) {
      std::size_t end = text.find('\n', at);
      if (end == std::string::npos || (at > 0 && text[at - 1] != '\n')) continue;
      auto doc = parse_json(std::string_view(text).substr(at, end - at), "an event");
      if (doc.ok()) return std::move(*doc);
    }
    if (stretch == *size || stretch == kTail) return std::nullopt;
  }
}

bool EventFilter::matches(const JsonValue& event) const {
  if (!types.empty() && std::find(types.begin(), types.end(), get_string(event, "event_type")) == types.end()) return false;
  if (partition && get_int(event, "partition_id", -1) != *partition) return false;
  if (!op.empty() && get_string(event, "operation_name") != op &&
      (!get_member(event, "operation_idx") || std::to_string(get_int(event, "operation_idx")) != op))
    return false;
  const double at = get_double(event, "timestamp");
  return (since == 0 || at >= since) && (until == 0 || at <= until);
}

}  // namespace ophost
