// Blobs: commits, reads, verification. See lmdb_store.hpp.
#include "host/store/lmdb_store.hpp"

#include <algorithm>
#include <cstring>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/store/codec.hpp"

namespace ophost {

namespace layout = store_layout;

namespace {

constexpr std::size_t kListBatch = 64;  // blobs of for_each() per read transaction

Status damaged(const Fingerprint& fingerprint, const std::string& part, const std::string& reason) {
  return Status::store("checkpoint " + fingerprint.hex() + ", " + part + ": " + reason +
                       "; it is damaged and treated as missing");
}

std::string frame_name(std::size_t i, std::size_t of) {
  return "frame " + std::to_string(i) + " of " + std::to_string(of);
}

class LmdbBlobReader : public BlobReader {
 public:
  LmdbBlobReader(LmdbStore* store, BlobInfo info) : store_(store), info_(std::move(info)) {}
  const BlobInfo& info() const override { return info_; }
  Status read_frame(std::size_t i, std::string& out) override {
    return store_->read_frame(info_, i, &out);
  }

 private:
  LmdbStore* store_;
  BlobInfo info_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, StoreOptions options) {
  OPH_ASSIGN(auto environment, Environment::open(directory, options.read_only, options.map_bytes));
  return std::unique_ptr<Store>(new LmdbStore(std::move(environment), options));
}

Result<std::unique_ptr<BlobWriter>> LmdbStore::new_blob() {
  if (env_->read_only())
    return Status::store("the store '" + env_->directory() + "' was opened for reading only");
  return std::unique_ptr<BlobWriter>(new FrameWriter(env_->directory(), options_.memory_bytes));
}

// --- commit
// -------------------------------------------------------------------------------------------------

Status LmdbStore::commit(std::vector<PendingBlob> blobs, const std::string& job) {
  if (!job.empty()) OPH_TRY(layout::check_job_id(job));
  std::vector<Ready> ready;
  ready.reserve(blobs.size());
  std::uint64_t in_transaction = 0;
  for (PendingBlob& pending : blobs) {
    OPH_ASSIGN(Json manifest,
               parse_json(pending.manifest, "manifest of " + pending.fingerprint.hex()));
    if (!manifest.IsObject())
      return Status::store("manifest of " + pending.fingerprint.hex() + ": expected a JSON object");
    Ready blob;
    blob.info.fingerprint = pending.fingerprint;
    blob.info.manifest = std::move(pending.manifest);
    blob.info.created_ns = now_ns();
    if (pending.frames != nullptr) {
      auto* frames = static_cast<FrameWriter*>(pending.frames.get());  // new_blob() made it
      OPH_TRY(frames->finish());
      blob.frames = frames;
      blob.info.frames = frames->frames();
      blob.info.raw_bytes = frames->raw_bytes();
      blob.info.stored_bytes = frames->stored_bytes();
    }
    // What stands there already is kept only when it is whole: a damaged checkpoint is replaced by
    // the one that was computed in its stead. Checked here, before the write lock is taken.
    auto existing = find(pending.fingerprint);
    bool present = existing.ok() && existing->has_value();
    blob.damaged = !existing.ok() || (present && !verify(pending.fingerprint, false).ok());
    // A transaction keeps what it writes in memory until it commits: what is too large for one goes
    // ahead in several. Frames without their manifest do not exist for anybody.
    if (!present || blob.damaged) {
      if (in_transaction + blob.info.stored_bytes > options_.memory_bytes)
        OPH_TRY(stage(blob));
      else
        in_transaction += blob.info.stored_bytes;
    }
    ready.push_back(std::move(blob));
  }
  return env_->write([&](Transaction& txn) -> Status {
    for (const Ready& blob : ready) {
      OPH_TRY(write_blob(txn, blob));
      if (job.empty()) continue;
      std::string key = layout::reference_key(job, blob.info.fingerprint);
      OPH_TRY(txn.put(Db::kRefs, key, layout::reference_value(key)));
    }
    return {};
  });
}

Status LmdbStore::stage(Ready& blob) {
  std::size_t count = blob.info.frames.size();
  while (blob.staged < count) {
    std::size_t end = blob.staged;
    std::uint64_t bytes = 0;
    do {
      bytes += blob.info.frames[end++].stored_size;
    } while (end < count && bytes + blob.info.frames[end].stored_size <= options_.memory_bytes);
    OPH_TRY(env_->write([&](Transaction& txn) -> Status {
      for (std::size_t i = blob.staged; i < end; ++i) OPH_TRY(write_frame(txn, blob, i));
      return {};
    }));
    blob.staged = end;
  }
  return {};
}

Status LmdbStore::write_frame(Transaction& txn, const Ready& blob, std::size_t i) {
  layout::FrameKey key = layout::frame_key(blob.info.fingerprint, static_cast<std::uint32_t>(i));
  layout::FrameHeaderBytes header = layout::encode_frame_header(key, blob.frames->header(i));
  std::size_t size = header.size() + blob.info.frames[i].stored_size;
  OPH_ASSIGN(char* room, txn.reserve(Db::kFrames, {key.data(), key.size()}, size));
  std::memcpy(room, header.data(), header.size());
  return blob.frames->copy_stored(i, room + header.size());
}

Status LmdbStore::write_blob(Transaction& txn, const Ready& blob) {
  std::string_view fingerprint = blob.info.fingerprint.view();
  OPH_ASSIGN(auto existing, txn.get(Db::kManifests, fingerprint));
  if (existing && !blob.damaged) return {};  // same fingerprint, same content
  std::size_t count = blob.info.frames.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i < blob.staged) {
      // Still as staged? Another job may have collected it as garbage, or written its own,
      // meanwhile.
      layout::FrameKey key =
          layout::frame_key(blob.info.fingerprint, static_cast<std::uint32_t>(i));
      OPH_ASSIGN(auto frame, txn.get(Db::kFrames, {key.data(), key.size()}));
      if (frame && layout::decode_frame(key, *frame, blob.info.frames[i], false).ok()) continue;
    }
    OPH_TRY(write_frame(txn, blob, i));
  }
  // Frames beyond ours: of a damaged or interrupted blob of this fingerprint.
  layout::FrameKey end =
      layout::frame_key(blob.info.fingerprint, static_cast<std::uint32_t>(count));
  std::vector<std::string> extra;
  OPH_TRY(txn.scan(Db::kFrames, {end.data(), end.size()},
                   [&](std::string_view key, std::string_view) -> Result<bool> {
                     if (key.substr(0, fingerprint.size()) != fingerprint) return false;
                     extra.emplace_back(key);
                     return true;
                   }));
  for (const std::string& key : extra) OPH_TRY(txn.erase(Db::kFrames, key).status());
  return txn.put(Db::kManifests, fingerprint, layout::encode_manifest(blob.info));
}

// --- reads
// --------------------------------------------------------------------------------------------------

Result<std::optional<BlobInfo>> LmdbStore::find(const Fingerprint& fingerprint) {
  std::optional<BlobInfo> out;
  OPH_TRY(env_->read([&](Transaction& txn) -> Status {
    OPH_ASSIGN(auto record, txn.get(Db::kManifests, fingerprint.view()));
    if (!record) return {};
    auto info = layout::decode_manifest(fingerprint.view(), *record, true);
    if (!info.ok()) return damaged(fingerprint, "its manifest", info.status().message());
    out = std::move(*info);
    return {};
  }));
  return out;
}

Result<std::unique_ptr<BlobReader>> LmdbStore::open_blob(const Fingerprint& fingerprint) {
  OPH_ASSIGN(auto info, find(fingerprint));
  if (!info)
    return Status::store("checkpoint " + fingerprint.hex() + " is not in the store '" +
                         env_->directory() + "'");
  return std::unique_ptr<BlobReader>(new LmdbBlobReader(this, std::move(*info)));
}

Status LmdbStore::with_frame(const Fingerprint& fingerprint, std::size_t i, std::size_t count,
                             const FrameInfo& expected,
                             const std::function<Status(const layout::FrameView&)>& use) {
  const std::string name = frame_name(i, count);
  layout::FrameKey key = layout::frame_key(fingerprint, static_cast<std::uint32_t>(i));
  return env_->read([&](Transaction& txn) -> Status {
    OPH_ASSIGN(auto record, txn.get(Db::kFrames, {key.data(), key.size()}));
    if (!record) return damaged(fingerprint, name, "it is not there");
    auto frame = layout::decode_frame(key, *record, expected, true);
    if (!frame.ok()) return damaged(fingerprint, name, frame.status().message());
    Status status = use(*frame);
    return status.ok() ? status : damaged(fingerprint, name, status.message());
  });
}

Status LmdbStore::read_frame(const BlobInfo& info, std::size_t i, std::string* out) {
  if (i >= info.frames.size())
    return Status::store("checkpoint " + info.fingerprint.hex() + " has no frame " +
                         std::to_string(i));
  return with_frame(info.fingerprint, i, info.frames.size(), info.frames[i],
                    [&](const layout::FrameView& frame) -> Status {
                      if (out == nullptr) return {};
                      return store_codec::decompress(frame.header.codec, frame.stored,
                                                     frame.header.raw_size, *out);
                    });
}

Result<StoredFrame> LmdbStore::read_stored(const Fingerprint& fingerprint, std::size_t i, std::size_t count,
                                           const FrameInfo& expected) {
  StoredFrame out;
  OPH_TRY(with_frame(fingerprint, i, count, expected,
                     [&](const layout::FrameView& frame) -> Status {
                       out.codec = static_cast<std::uint8_t>(frame.header.codec);
                       out.bytes = frame.stored;
                       return {};
                     }));
  return out;
}

Status LmdbStore::for_each(bool with_frames, const std::function<Status(const BlobInfo&)>& visit) {
  std::string from;
  for (;;) {
    std::vector<BlobInfo> batch;
    std::size_t seen = 0;
    OPH_TRY(env_->read([&](Transaction& txn) -> Status {
      return txn.scan(Db::kManifests, from,
                      [&](std::string_view key, std::string_view record) -> Result<bool> {
                        auto info = layout::decode_manifest(key, record, with_frames);
                        if (info.ok()) batch.push_back(std::move(*info));
                        if (++seen < kListBatch) return true;
                        from.assign(key);
                        from += '\0';  // the first key after this one
                        return false;
                      });
    }));
    for (const BlobInfo& info : batch) OPH_TRY(visit(info));
    if (seen < kListBatch) return {};
  }
}

Status LmdbStore::verify(const Fingerprint& fingerprint, bool decompress) {
  OPH_ASSIGN(auto info, find(fingerprint));
  if (!info)
    return Status::store("checkpoint " + fingerprint.hex() + " is not in the store '" +
                         env_->directory() + "'");
  std::uint64_t raw = 0, stored = 0;
  std::string bytes;
  for (std::size_t i = 0; i < info->frames.size(); ++i) {
    OPH_TRY(read_frame(*info, i, decompress ? &bytes : nullptr));
    raw += info->frames[i].raw_size;
    stored += info->frames[i].stored_size;
  }
  if (raw != info->raw_bytes || stored != info->stored_bytes)
    return damaged(fingerprint, "its manifest", "the sizes of its frames do not add up");
  return {};
}

Result<bool> erase_blob(Transaction& txn, const Fingerprint& fingerprint) {
  OPH_ASSIGN(bool found, txn.erase(Db::kManifests, fingerprint.view()));
  std::vector<std::string> keys;
  OPH_TRY(txn.scan(Db::kFrames, fingerprint.view(),
                   [&](std::string_view key, std::string_view) -> Result<bool> {
                     if (key.substr(0, layout::kFingerprintBytes) != fingerprint.view())
                       return false;
                     keys.emplace_back(key);
                     return true;
                   }));
  for (const std::string& key : keys) OPH_TRY(txn.erase(Db::kFrames, key).status());
  return found || !keys.empty();
}

Status LmdbStore::erase(const std::vector<Fingerprint>& fingerprints) {
  return env_->write([&](Transaction& txn) -> Status {
    for (const Fingerprint& f : fingerprints) OPH_TRY(erase_blob(txn, f).status());
    return {};
  });
}

}  // namespace ophost
