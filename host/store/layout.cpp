// The bytes of the store, written and read. See layout.hpp and docs/store-format.md.
#include "host/store/layout.hpp"

#include <cstring>

namespace ophost::store_layout {

namespace {

constexpr std::string_view kFrameMagic = "OPHF", kManifestMagic = "OPHM", kJobMagic = "OPHJ",
                           kStoreMagic = "OPHS";
constexpr std::uint16_t kRecordVersion = 1;
constexpr std::size_t kSealBytes = 8;

// Manifests and jobs end with a seal: XXH3-64 over key and record, so that a record under a wrong
// key is found too.
std::uint64_t seal_of(std::string_view key, std::string_view body) {
  std::string sealed(key);
  sealed += body;
  return hash64(sealed);
}

void seal(std::string_view key, std::string& record) {
  put_u64(record, seal_of(key, record));
}

Status check_record(std::string_view key, std::string_view record, std::string_view magic,
                    std::size_t header) {
  if (record.size() < header + kSealBytes) return Status::store("its record is cut short");
  std::string_view body = record.substr(0, record.size() - kSealBytes);
  if (body.substr(0, magic.size()) != magic)
    return Status::store("its record does not begin with '" + std::string(magic) + "'");
  if (get_u64(record.data() + body.size()) != seal_of(key, body))
    return Status::store("its record's checksum does not match");
  std::uint16_t version = get_u16(record.data() + 4);
  if (version != kRecordVersion)
    return Status::store("its record has version " + std::to_string(version) +
                         "; this ophost knows version " + std::to_string(kRecordVersion));
  return {};
}

}  // namespace

void put_u16(std::string& out, std::uint16_t v) {
  out += static_cast<char>(v >> 8);
  out += static_cast<char>(v);
}

void put_u32(std::string& out, std::uint32_t v) {
  put_u16(out, static_cast<std::uint16_t>(v >> 16));
  put_u16(out, static_cast<std::uint16_t>(v));
}

void put_u64(std::string& out, std::uint64_t v) {
  put_u32(out, static_cast<std::uint32_t>(v >> 32));
  put_u32(out, static_cast<std::uint32_t>(v));
}

std::uint16_t get_u16(const char* p) {
  auto* u = reinterpret_cast<const unsigned char*>(p);
  return static_cast<std::uint16_t>(u[0] << 8 | u[1]);
}

std::uint32_t get_u32(const char* p) {
  return static_cast<std::uint32_t>(get_u16(p)) << 16 | get_u16(p + 2);
}

std::uint64_t get_u64(const char* p) {
  return static_cast<std::uint64_t>(get_u32(p)) << 32 | get_u32(p + 4);
}

Fingerprint fingerprint_from(std::string_view bytes16) {
  Fingerprint f;
  std::memcpy(f.bytes.data(), bytes16.data(), kFingerprintBytes);
  return f;
}

FrameKey frame_key(const Fingerprint& fingerprint, std::uint32_t index) {
  std::string bytes(fingerprint.view());
  put_u32(bytes, index);
  FrameKey key;
  std::memcpy(key.data(), bytes.data(), key.size());
  return key;
}

namespace {
// Over the key too: a frame that stands under another's key is damage.
std::uint64_t header_checksum(const FrameKey& key, std::string_view head) {
  return seal_of({key.data(), key.size()}, head);
}
}  // namespace

FrameHeaderBytes encode_frame_header(const FrameKey& key, const FrameHeader& header) {
  std::string bytes(kFrameMagic);
  bytes += static_cast<char>(kRecordVersion);
  bytes += static_cast<char>(header.codec);
  put_u16(bytes, 0);
  put_u64(bytes, header.raw_size);
  put_u64(bytes, header.stored_size);
  put_u64(bytes, header.checksum);
  put_u64(bytes, header_checksum(key, bytes));
  FrameHeaderBytes out;
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

Result<FrameView> decode_frame(const FrameKey& key, std::string_view record,
                               const FrameInfo& expected, bool check_bytes) {
  if (record.size() < kFrameHeaderBytes) return Status::store("it is cut short");
  std::string_view head = record.substr(0, kFrameHeaderBytes - 8);
  if (head.substr(0, 4) != kFrameMagic)
    return Status::store("it does not begin with '" + std::string(kFrameMagic) + "'");
  if (get_u64(record.data() + head.size()) != header_checksum(key, head))
    return Status::store("its header's checksum does not match");
  if (head[4] != kRecordVersion)
    return Status::store("it has version " + std::to_string(head[4]) +
                         "; this ophost knows version " + std::to_string(kRecordVersion));
  FrameView frame;
  frame.header.codec = static_cast<Codec>(head[5]);
  frame.header.raw_size = get_u64(head.data() + 8);
  frame.header.stored_size = get_u64(head.data() + 16);
  frame.header.checksum = get_u64(head.data() + 24);
  frame.stored = record.substr(kFrameHeaderBytes);
  if (frame.header.codec != Codec::kRaw && frame.header.codec != Codec::kZstd)
    return Status::store("its codec " + std::to_string(head[5]) + " is not known");
  if (frame.stored.size() != frame.header.stored_size)
    return Status::store("it holds " + std::to_string(frame.stored.size()) + " bytes instead of " +
                         std::to_string(frame.header.stored_size));
  if (frame.header.raw_size != expected.raw_size ||
      frame.header.stored_size != expected.stored_size ||
      frame.header.checksum != expected.checksum)
    return Status::store("it is not the frame its manifest describes");
  if (check_bytes && hash64(frame.stored) != frame.header.checksum)
    return Status::store("its checksum does not match");
  return frame;
}

std::string encode_manifest(const BlobInfo& info) {
  std::string record(kManifestMagic);
  record.reserve(kManifestHeaderBytes + info.frames.size() * kFrameEntryBytes +
                 info.manifest.size() + kSealBytes);
  put_u16(record, kRecordVersion);
  put_u16(record, 0);
  record += info.fingerprint.view();
  put_u64(record, static_cast<std::uint64_t>(info.created_ns));
  put_u64(record, info.raw_bytes);
  put_u64(record, info.stored_bytes);
  put_u32(record, static_cast<std::uint32_t>(info.frames.size()));
  put_u32(record, static_cast<std::uint32_t>(info.manifest.size()));
  for (const FrameInfo& f : info.frames) {
    put_u64(record, f.raw_size);
    put_u64(record, f.stored_size);
    put_u64(record, f.checksum);
    put_u32(record, f.label);
    put_u32(record, 0);
  }
  record += info.manifest;
  seal(info.fingerprint.view(), record);
  return record;
}

Result<BlobInfo> decode_manifest(std::string_view key, std::string_view record, bool with_frames) {
  if (key.size() != kFingerprintBytes) return Status::store("its key is not a fingerprint");
  OPH_TRY(check_record(key, record, kManifestMagic, kManifestHeaderBytes));
  const char* p = record.data();
  BlobInfo info;
  info.fingerprint = fingerprint_from(key);
  if (record.substr(8, kFingerprintBytes) != key)
    return Status::store("its record belongs to another blob");
  info.created_ns = static_cast<std::int64_t>(get_u64(p + 24));
  info.raw_bytes = get_u64(p + 32);
  info.stored_bytes = get_u64(p + 40);
  std::uint64_t frames = get_u32(p + 48), json = get_u32(p + 52);
  if (kManifestHeaderBytes + frames * kFrameEntryBytes + json + kSealBytes != record.size())
    return Status::store("its record's sizes do not add up");
  p += kManifestHeaderBytes;
  if (with_frames) {
    info.frames.reserve(frames);
    for (std::uint64_t i = 0; i < frames; ++i) {
      const char* e = p + i * kFrameEntryBytes;
      info.frames.push_back({get_u64(e), get_u64(e + 8), get_u64(e + 16), get_u32(e + 24)});
    }
  }
  info.manifest.assign(p + frames * kFrameEntryBytes, json);
  return info;
}

Status check_job_id(const std::string& job) {
  if (job.empty() || job.size() > kMaxJobBytes || job.find('\0') != std::string::npos)
    return Status::usage("the job id '" + job.substr(0, 64) + "' must have 1 to " +
                         std::to_string(kMaxJobBytes) + " bytes and no NUL; give another --job_id");
  return {};
}

std::string encode_job(const std::string& job, std::string_view json) {
  std::string record(kJobMagic);
  put_u16(record, kRecordVersion);
  put_u16(record, 0);
  record += json;
  seal(job, record);
  return record;
}

Result<std::string> decode_job(std::string_view job, std::string_view record) {
  OPH_TRY(check_record(job, record, kJobMagic, 8));
  return std::string(record.substr(8, record.size() - 8 - kSealBytes));
}

std::string reference_key(const std::string& job, const Fingerprint& fingerprint) {
  std::string key = job;
  key += '\0';
  key += fingerprint.view();
  return key;
}

std::string reference_value(std::string_view key) {
  std::string value;
  put_u64(value, hash64(key));
  return value;
}

std::optional<Reference> decode_reference(std::string_view key, std::string_view value) {
  if (key.size() < kFingerprintBytes + 2 || value != reference_value(key)) return std::nullopt;
  std::size_t at = key.size() - kFingerprintBytes;
  if (key[at - 1] != '\0') return std::nullopt;
  return Reference{key.substr(0, at - 1), fingerprint_from(key.substr(at))};
}

std::string encode_format(int format) {
  std::string record(kStoreMagic);
  put_u32(record, static_cast<std::uint32_t>(format));
  put_u64(record, hash64(record));
  return record;
}

Result<int> decode_format(std::string_view record) {
  if (record.size() != 16 || record.substr(0, 4) != kStoreMagic ||
      get_u64(record.data() + 8) != hash64(record.substr(0, 8)))
    return Status::store("its format mark is damaged");
  return static_cast<int>(get_u32(record.data() + 4));
}

}  // namespace ophost::store_layout
