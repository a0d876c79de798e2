// Owners, modes, and plugins.lock. See trust.hpp; SHA-256 is OpenSSL's.
#include "host/plugin/trust.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/base/files.hpp"
#include "host/base/json.hpp"

namespace ophost {

namespace {

constexpr int kLockFormat = 1;
constexpr std::size_t kSha256Digits = 64;

bool is_sha256(const std::string& s) {
  return s.size() == kSha256Digits && s.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Status check_owner_and_mode(const std::string& file) {
  struct stat st {};
  if (::stat(file.c_str(), &st) != 0)
    return Status::os(Code::kPlugin, "cannot stat the plugin '" + file + "'", errno);
  if (st.st_mode & (S_IWGRP | S_IWOTH))
    return Status::plugin("the plugin '" + file + "' can be changed by " +
                          (st.st_mode & S_IWOTH ? "everybody" : "its group") +
                          ", so it is not loaded. Take the right away with: chmod go-w '" + file +
                          "'; or load it all the same with --trust-plugins");
  if (st.st_uid != 0 && st.st_uid != ::geteuid())
    return Status::plugin("the plugin '" + file + "' belongs to another user (uid " + std::to_string(st.st_uid) +
                          ", not root and not you), so it is not loaded. Copy it to a file of your own, or load it all "
                          "the same with --trust-plugins");
  return {};
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

Result<PluginLock> PluginLock::parse(std::string_view json, const std::string& path) {
  const std::string mend = ". Write it anew with: ophost plugins lock --output '" + path + "'";
  auto doc = parse_json(json, "'" + path + "'");
  if (!doc.ok()) return Status::plugin(doc.status().message() + mend);
  const JsonValue* plugins = doc->IsObject() ? get_member(*doc, "plugins") : nullptr;
  if (!plugins || !plugins->IsArray())
    return Status::plugin("'" + path + "' is no plugins.lock: an object with the array 'plugins' is expected" + mend);
  if (std::int64_t format = get_int(*doc, "format"); format != kLockFormat)
    return Status::plugin("'" + path + "' has format " + std::to_string(format) + "; this ophost knows format " +
                          std::to_string(kLockFormat) + mend);
  PluginLock lock;
  lock.path_ = path;
  for (const auto& p : plugins->GetArray()) {
    PluginPin pin;
    if (p.IsObject()) pin = {get_string(p, "file"), get_string(p, "sha256"), get_string(p, "id"), get_string(p, "version")};
    if (pin.file.empty() || pin.file.find('/') != std::string::npos || !is_sha256(pin.sha256))
      return Status::plugin("'" + path + "': plugins[" + std::to_string(lock.pins_.size()) +
                            "] must have 'file', a name without folders, and 'sha256', 64 lower-case hexadecimal digits" + mend);
    if (!lock.pins_.emplace(pin.file, pin).second)
      return Status::plugin("'" + path + "' pins the file '" + pin.file + "' twice" + mend);
  }
  return lock;
}

Result<PluginLock> PluginLock::read(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes.ok()) return Status::plugin(bytes.status().message());
  return parse(*bytes, path);
}

std::string PluginLock::text(std::vector<PluginPin> pins) {
  std::sort(pins.begin(), pins.end(), [](const PluginPin& a, const PluginPin& b) { return a.file < b.file; });
  std::string list = "[";
  for (const PluginPin& p : pins)
    list += (list.size() > 1 ? "," : "") +
            JsonObject().add("file", p.file).add("id", p.id).add("version", p.version).add("sha256", p.sha256).text();
  const std::string json = JsonObject().add("format", kLockFormat).add_raw("plugins", list + "]").text();
  auto doc = parse_json(json, "a plugins.lock");
  return doc.ok() ? pretty_json(*doc) + "\n" : json;
}

Status PluginLock::check(const std::string& file, std::string_view bytes) const {
  auto pin = pins_.find(file_name(file));
  const std::string digest = sha256_hex(bytes);
  if (pin == pins_.end())
    return Status::plugin("the plugin '" + file + "' (SHA-256 " + digest + ") is not pinned in '" + path_ +
                          "', so it is not loaded. Pin it with `ophost plugins lock`, or take it from the plugin paths");
  if (digest != pin->second.sha256)
    return Status::plugin("the plugin '" + file + "' is not the one that '" + path_ + "' pins: its SHA-256 is " + digest +
                          ", pinned is " + pin->second.sha256 +
                          (pin->second.version.empty() ? "" : " (version " + pin->second.version + ")") +
                          ". Put the pinned file back, or, if the change is meant, pin it with `ophost plugins lock`");
  return {};
}

}  // namespace ophost
