// The bytes of the store: keys and records, as docs/store-format.md describes them. Pure functions
// over bytes; any thread. All integers are big-endian, so that keys sort as numbers do and files
// can move between machines.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/store/store.hpp"

namespace ophost::store_layout {

constexpr std::size_t kFingerprintBytes = 16;
constexpr std::size_t kFrameKeyBytes = kFingerprintBytes + 4;
constexpr std::size_t kFrameHeaderBytes = 40;
constexpr std::size_t kManifestHeaderBytes = 56;
constexpr std::size_t kFrameEntryBytes = 32;
constexpr std::size_t kMaxJobBytes = 255;

enum class Codec : std::uint8_t { kRaw = 0, kZstd = 1 };

void put_u16(std::string& out, std::uint16_t v);
void put_u32(std::string& out, std::uint32_t v);
void put_u64(std::string& out, std::uint64_t v);
std::uint16_t get_u16(const char* p);
std::uint32_t get_u32(const char* p);
std::uint64_t get_u64(const char* p);

using FrameKey = std::array<char, kFrameKeyBytes>;
FrameKey frame_key(const Fingerprint& fingerprint, std::uint32_t index);

// --- frames: header of kFrameHeaderBytes, then the stored bytes
// -----------------------------------------------
struct FrameHeader {
  Codec codec = Codec::kZstd;
  std::uint64_t raw_size = 0, stored_size = 0, checksum = 0;
};
using FrameHeaderBytes = std::array<char, kFrameHeaderBytes>;
FrameHeaderBytes encode_frame_header(const FrameKey& key, const FrameHeader& header);
// The frame's stored bytes, once header, key, sizes and (when `check_bytes`) the checksum over the
// bytes hold and agree with what the manifest says about the frame; otherwise the error says what
// is wrong ("its checksum does not match").
struct FrameView {
  FrameHeader header;
  std::string_view stored;
};
Result<FrameView> decode_frame(const FrameKey& key, std::string_view record,
                               const FrameInfo& expected, bool check_bytes);

// --- manifests
// ----------------------------------------------------------------------------------------------
std::string encode_manifest(const BlobInfo& info);
// Fails with what is wrong when a byte of the record or its key is not as written.
Result<BlobInfo> decode_manifest(std::string_view key, std::string_view record, bool with_frames);

// --- jobs and references
// -----------------------------------------------------------------------------------
Status check_job_id(const std::string& job);  // 1..255 bytes, no NUL
std::string encode_job(const std::string& job, std::string_view json);
Result<std::string> decode_job(std::string_view job, std::string_view record);
std::string reference_key(const std::string& job, const Fingerprint& fingerprint);
std::string reference_value(std::string_view key);  // XXH3-64 of the key
// Splits a reference's key; nothing when it is not one or its value is not its checksum.
struct Reference {
  std::string_view job;
  Fingerprint fingerprint;
};
std::optional<Reference> decode_reference(std::string_view key, std::string_view value);

// --- meta
// ---------------------------------------------------------------------------------------------------
std::string encode_format(int format);
Result<int> decode_format(std::string_view record);

Fingerprint fingerprint_from(std::string_view bytes16);

}  // namespace ophost::store_layout
