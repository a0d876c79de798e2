// The store's records: frames, manifests, jobs, references, format, as they are and with their checksums made right, which
// damage does not do but a hostile store may.
#include "host/base/json.hpp"
#include "host/store/codec.hpp"
#include "host/store/layout.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;
namespace layout = ophost::store_layout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  const std::uint8_t what = in.byte();
  const std::string_view rest = in.rest();
  const Fingerprint fingerprint = layout::fingerprint_from(std::string("0123456789abcdef"));
  if (what % 4 == 0) {  // manifests, jobs, references, format of any bytes
    (void)layout::decode_manifest(fingerprint.view(), rest, true);
    (void)layout::decode_job("job", rest);
    (void)layout::decode_format(rest);
    (void)layout::decode_reference(rest, layout::reference_value(rest));
    (void)layout::decode_reference(rest, rest);
    return 0;
  }
  if (what % 4 == 1) {  // sealed manifests: sizes and JSON of any kind
    BlobInfo info;
    info.fingerprint = fingerprint;
    info.raw_bytes = in.u32();
    info.stored_bytes = in.u32();
    for (int n = in.byte() % 8; n > 0; --n) info.frames.push_back({in.u32(), in.u32(), in.u32(), in.u32()});
    info.manifest = in.rest();
    std::string record = layout::encode_manifest(info);
    auto back = layout::decode_manifest(fingerprint.view(), record, true);
    fuzz::must(back.ok() && back->manifest == info.manifest && back->frames.size() == info.frames.size(),
               "what was written is read");
    auto json = parse_json(back->manifest, "a manifest");
    if (json.ok()) {
      std::string canonical = canonical_json(*json);
      auto again = parse_json(canonical, "canonical");
      fuzz::must(again.ok() && canonical_json(*again) == canonical, "canonical JSON is canonical");
      (void)pretty_json(*json);
      if (json->IsObject()) (void)get_string(*json, "base");
    }
    for (std::size_t i = 0; i < record.size(); i += 7) {  // any byte changed is noticed
      std::string bad = record;
      bad[i] = static_cast<char>(bad[i] ^ (1 + what / 4));
      fuzz::must(!layout::decode_manifest(fingerprint.view(), bad, true).ok(), "a damaged manifest is noticed");
    }
    return 0;
  }
  // frames: a proper header around any stored bytes, then decompression
  const layout::FrameKey key = layout::frame_key(fingerprint, 3);
  layout::FrameHeader header;
  header.codec = what % 4 == 2 ? layout::Codec::kZstd : layout::Codec::kRaw;
  header.raw_size = in.u32();
  if (in.flag()) header.raw_size <<= 20;
  const std::string_view stored = in.rest();
  header.stored_size = stored.size();
  header.checksum = hash64(stored);
  const auto head = layout::encode_frame_header(key, header);
  std::string record(head.data(), head.size());
  record += stored;
  const FrameInfo expected{header.raw_size, header.stored_size, header.checksum, 0};
  auto frame = layout::decode_frame(key, record, expected, true);
  fuzz::must(frame.ok(), "a proper frame is read");
  std::string out;
  if (store_codec::decompress(frame->header.codec, frame->stored, frame->header.raw_size, out).ok())
    fuzz::must(out.size() == header.raw_size, "a frame has the size it says");
  (void)layout::decode_frame(key, rest, expected, true);
  std::string compressed;
  if (stored.size() <= kFrameBytes) {
    auto codec = store_codec::compress(stored, compressed);
    fuzz::must(codec.ok() && store_codec::decompress(*codec, compressed, stored.size(), out).ok() && out == stored,
               "what was compressed is decompressed");
  }
  return 0;
}
