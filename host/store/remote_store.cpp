// Both ends of a store in another process. See remote_store.hpp.
#include "host/store/remote_store.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "host/store/codec.hpp"
#include "host/store/frame_writer.hpp"

namespace ophost {
namespace {

using store_layout::Codec;

// ---- forms ----

JsonObject frame_json(const FrameInfo& f) {
  return JsonObject()
      .add("raw", f.raw_size)
      .add("stored", f.stored_size)
      .add("checksum", f.checksum)
      .add("label", std::uint64_t{f.label});
}

FrameInfo frame_from(const JsonValue& json) {
  return {get_uint(json, "raw"), get_uint(json, "stored"), get_uint(json, "checksum"), static_cast<std::uint32_t>(get_uint(json, "label"))};
}

template <class Use>
Status each(const JsonValue& object, const char* list, Use use) {
  const JsonValue* items = get_member(object, list);
  if (!items || !items->IsArray()) return Status::failed("a store's message without its list '" + std::string(list) + "'");
  for (const auto& item : items->GetArray()) OPH_TRY(use(item));
  return {};
}

Result<Fingerprint> fingerprint_of(const JsonValue& object) {
  auto f = Fingerprint::from_hex(get_string(object, "fingerprint"));
  if (!f) return Status::failed("a store's message without a fingerprint");
  return *f;
}

std::string info_json(const BlobInfo& info) {
  return JsonObject()
      .add("fingerprint", info.fingerprint.hex())
      .add("manifest", info.manifest)
      .add_raw("frames", json_array(info.frames, [](const FrameInfo& f) { return frame_json(f).text(); }))
      .add("raw_bytes", info.raw_bytes)
      .add("stored_bytes", info.stored_bytes)
      .add("created_ns", info.created_ns)
      .text();
}

Result<BlobInfo> info_from(const JsonValue& json) {
  BlobInfo info;
  OPH_ASSIGN(info.fingerprint, fingerprint_of(json));
  info.manifest = get_string(json, "manifest");
  OPH_TRY(each(json, "frames", [&](const JsonValue& f) -> Status {
    info.frames.push_back(frame_from(f));
    return {};
  }));
  info.raw_bytes = get_uint(json, "raw_bytes");
  info.stored_bytes = get_uint(json, "stored_bytes");
  info.created_ns = get_int(json, "created_ns");
  return info;
}

Result<Fd> memory_file() {
  Fd file(::memfd_create("ophost-frames", MFD_CLOEXEC));
  if (!file.valid()) return Status::os(Code::kFailed, "cannot create a file in memory", errno);
  return file;
}

// ---- the worker's end ----

class RemoteStore : public BlobStore {
 public:
  RemoteStore(StoreCall call, std::string folder, std::uint64_t memory_bytes)
      : call_(std::move(call)), folder_(std::move(folder)), memory_bytes_(memory_bytes) {}

  Result<std::unique_ptr<BlobWriter>> new_blob() override {
    return std::unique_ptr<BlobWriter>(new FrameWriter(folder_, memory_bytes_));
  }

  Status commit(std::vector<PendingBlob> blobs, const std::string& job) override {
    std::uint64_t total = 0;
    for (const PendingBlob& b : blobs) {
      if (!b.frames) continue;
      OPH_TRY(writer(b).finish());
      total += writer(b).stored_bytes();
    }
    std::lock_guard turn(committing_);
    // One file in memory serves all commits of this store: its pages are touched once.
    Fd large;
    if (total > memory_bytes_) {
      OPH_ASSIGN(large, unnamed_file(folder_));
    } else if (total > 0 && !memory_.valid()) {
      OPH_ASSIGN(memory_, memory_file());
    }
    Fd& file = large.valid() ? large : memory_;
    if (total > 0 && ::lseek(file.get(), 0, SEEK_SET) != 0) return Status::os(Code::kFailed, "cannot write a file for the store", errno);
    for (const PendingBlob& b : blobs)
      if (b.frames) OPH_TRY(writer(b).write_all_stored(file.get()));
    const std::string list = json_array(blobs, [](const PendingBlob& b) {
      JsonObject o;
      o.add("fingerprint", b.fingerprint.hex()).add("manifest", b.manifest);
      if (b.frames)
        o.add_raw("frames", json_array(writer(b).made(), [](const FrameWriter::Made& f) {
                    return frame_json(f.info).add("codec", static_cast<std::uint64_t>(f.codec)).text();
                  }));
      return o.text();
    });
    Parcel request{JsonObject().add("store", "commit").add("job", job).add_raw("blobs", list).text(), std::move(file)};
    blobs.clear();
    Status s = ask(request).status();
    file = std::move(request.bytes);
    return s;
  }

  Result<std::optional<BlobInfo>> find(const Fingerprint& fingerprint) override {
    OPH_ASSIGN(Answer answer, ask({JsonObject().add("store", "find").add("fingerprint", fingerprint.hex()).text(), {}}));
    const JsonValue* info = get_member(answer.with(), "info");
    if (!info) return std::optional<BlobInfo>();
    OPH_ASSIGN(BlobInfo found, info_from(*info));
    return std::optional(std::move(found));
  }

  Result<std::unique_ptr<BlobReader>> open_blob(const Fingerprint& fingerprint) override {
    OPH_ASSIGN(auto info, find(fingerprint));
    if (!info) return Status::store("checkpoint " + fingerprint.hex() + " is not in the store '" + folder_ + "'");
    return std::unique_ptr<BlobReader>(new Reader(*this, std::move(*info)));
  }

  Status erase(const std::vector<Fingerprint>& fingerprints) override {
    auto list = json_array(fingerprints, [](const Fingerprint& f) { return JsonObject().add("fingerprint", f.hex()).text(); });
    return ask({JsonObject().add("store", "erase").add_raw("blobs", list).text(), {}}).status();
  }

 private:
  struct Answer {
    Json json;
    Fd bytes;
    const JsonValue& with() const { return *get_member(json, "with"); }
  };

  class Reader : public BlobReader {
   public:
    Reader(RemoteStore& store, BlobInfo info) : store_(store), info_(std::move(info)) {}
    const BlobInfo& info() const override { return info_; }
    Status read_frame(std::size_t i, std::string& out) override {
      if (i >= info_.frames.size())
        return Status::store("checkpoint " + info_.fingerprint.hex() + " has no frame " + std::to_string(i));
      const FrameInfo& frame = info_.frames[i];
      OPH_ASSIGN(Answer answer, store_.ask({JsonObject()
                                                .add("store", "frame")
                                                .add("fingerprint", info_.fingerprint.hex())
                                                .add("index", static_cast<std::uint64_t>(i))
                                                .add("count", static_cast<std::uint64_t>(info_.frames.size()))
                                                .add_raw("expected", frame_json(frame).text())
                                                .text(),
                                            {}}));
      std::string stored(frame.stored_size, '\0');
      OPH_ASSIGN(std::size_t n, read_at(answer.bytes.get(), stored.data(), stored.size(), 0, "a frame of the store"));
      if (n != stored.size() || hash64(stored) != frame.checksum)
        return Status::failed("frame " + std::to_string(i) + " of checkpoint " + info_.fingerprint.hex() + " did not arrive whole");
      Status s = store_codec::decompress(static_cast<Codec>(get_uint(answer.with(), "codec")), stored, frame.raw_size, out);
      return s.ok() ? s : Status::store("checkpoint " + info_.fingerprint.hex() + ", frame " + std::to_string(i) + ": " + s.message());
    }

   private:
    RemoteStore& store_;
    BlobInfo info_;
  };

  static FrameWriter& writer(const PendingBlob& b) { return static_cast<FrameWriter&>(*b.frames); }  // new_blob() made it

  Result<Answer> ask(const Parcel& request) {
    OPH_ASSIGN(Parcel reply, call_(request));
    OPH_ASSIGN(Json json, parse_json(reply.json, "the store's answer"));
    const JsonValue* status = get_member(json, "reply");
    if (!status || !get_member(json, "with")) return Status::failed("an answer of the store that says nothing");
    OPH_TRY(status_from(*status));
    return Answer{std::move(json), std::move(reply.bytes)};
  }

  const StoreCall call_;
  const std::string folder_;
  const std::uint64_t memory_bytes_;
  std::mutex committing_;
  Fd memory_;
};

// ---- the supervisor's end ----

Status take_commit(Store& store, const JsonValue& request, Fd bytes) {
  struct stat st {};
  if (bytes.valid() && ::fstat(bytes.get(), &st) != 0) return Status::os(Code::kFailed, "cannot look at a worker's file", errno);
  const auto size = static_cast<std::uint64_t>(st.st_size);
  auto file = std::make_shared<Fd>(std::move(bytes));
  std::uint64_t offset = 0;
  std::vector<PendingBlob> blobs;
  OPH_TRY(each(request, "blobs", [&](const JsonValue& b) -> Status {
    OPH_ASSIGN(Fingerprint fingerprint, fingerprint_of(b));
    PendingBlob blob{fingerprint, get_string(b, "manifest"), nullptr};
    if (get_member(b, "frames")) {
      std::vector<FrameWriter::Made> frames;
      const std::uint64_t begin = offset;
      OPH_TRY(each(b, "frames", [&](const JsonValue& f) -> Status {
        const FrameInfo info = frame_from(f);
        const std::uint64_t codec = get_uint(f, "codec");
        if (info.stored_size > size - offset || info.raw_size > kFrameBytes || codec > static_cast<std::uint64_t>(Codec::kZstd))
          return Status::failed("a worker's frame of impossible size or codec");
        frames.push_back({info, static_cast<Codec>(codec)});
        offset += info.stored_size;
        return {};
      }));
      blob.frames = FrameWriter::adopt(file, begin, frames);
    }
    blobs.push_back(std::move(blob));
    return {};
  }));
  return store.commit(std::move(blobs), get_string(request, "job"));
}

Status take_erase(Store& store, const JsonValue& request) {
  std::vector<Fingerprint> list;
  OPH_TRY(each(request, "blobs", [&](const JsonValue& b) -> Status {
    OPH_ASSIGN(Fingerprint f, fingerprint_of(b));
    list.push_back(f);
    return {};
  }));
  return store.erase(list);
}

Status give_info(Store& store, const JsonValue& request, JsonObject& answer) {
  OPH_ASSIGN(Fingerprint fingerprint, fingerprint_of(request));
  OPH_ASSIGN(auto info, store.find(fingerprint));
  if (info) answer.add_raw("info", info_json(*info));
  return {};
}

Status give_frame(Store& store, const JsonValue& request, JsonObject& answer, Fd& bytes) {
  OPH_ASSIGN(Fingerprint fingerprint, fingerprint_of(request));
  const JsonValue* expected = get_member(request, "expected");
  if (!expected) return Status::failed("a request for a frame that does not say which");
  OPH_ASSIGN(StoredFrame frame,
             store.read_stored(fingerprint, get_uint(request, "index"), get_uint(request, "count"), frame_from(*expected)));
  OPH_ASSIGN(bytes, memory_file());
  OPH_TRY(write_all(bytes.get(), frame.bytes, "a frame of the store"));
  answer.add("codec", std::uint64_t{frame.codec});
  return {};
}

}  // namespace

std::unique_ptr<BlobStore> remote_store(StoreCall call, std::string folder, std::uint64_t memory_bytes) {
  return std::make_unique<RemoteStore>(std::move(call), std::move(folder), memory_bytes);
}

Parcel serve_store(Store& store, const JsonValue& request, Fd bytes) {
  const std::string what = get_string(request, "store");
  Parcel reply;
  JsonObject answer;
  Status s = what == "commit"  ? take_commit(store, request, std::move(bytes))
             : what == "erase" ? take_erase(store, request)
             : what == "find"  ? give_info(store, request, answer)
             : what == "frame" ? give_frame(store, request, answer, reply.bytes)
                               : Status::failed("a worker asked the store for '" + what + "', which it does not know");
  reply.json = JsonObject().add_raw("reply", to_json(s)).add_raw("with", answer.text()).text();
  return reply;
}

}  // namespace ophost
