// Keeping a store in order: garbage, problems and their repair, statistics, backups. See
// lmdb_store.hpp.
#include <sys/statvfs.h>

#include <limits>

#include "host/base/json.hpp"
#include "host/store/lmdb_store.hpp"

namespace ophost {

namespace layout = store_layout;

namespace {

// The first key of each fingerprint that has frames.
Status scan_frame_owners(Transaction& txn, const std::function<void(const Fingerprint&)>& visit) {
  std::string from;
  for (bool more = true; more;) {
    more = false;
    OPH_TRY(
        txn.scan(Db::kFrames, from, [&](std::string_view key, std::string_view) -> Result<bool> {
          if (key.size() != layout::kFrameKeyBytes)
            return true;  // damage, which find_problems() names
          Fingerprint owner = layout::fingerprint_from(key);
          visit(owner);
          layout::FrameKey last =
              layout::frame_key(owner, std::numeric_limits<std::uint32_t>::max());
          from.assign(last.data(), last.size());
          from += '\0';
          more = true;
          return false;
        }));
  }
  return {};
}

}  // namespace

std::optional<Fingerprint> base_of(const BlobInfo& info) {
  auto manifest = parse_json(info.manifest, "manifest of " + info.fingerprint.hex());
  if (!manifest.ok() || !manifest->IsObject()) return std::nullopt;  // commit() lets none such in
  return Fingerprint::from_hex(get_string(*manifest, "base"));
}

Result<std::set<Fingerprint>> garbage(Transaction& txn, const std::string& without_job) {
  std::set<Fingerprint> kept;
  std::vector<Fingerprint> to_follow;
  auto keep = [&](const Fingerprint& f) {
    if (kept.insert(f).second) to_follow.push_back(f);
  };
  OPH_TRY(
      txn.scan(Db::kRefs, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
        if (auto reference = layout::decode_reference(key, value);
            reference && (without_job.empty() || reference->job != without_job))
          keep(reference->fingerprint);
        return true;
      }));
  while (!to_follow.empty()) {
    Fingerprint f = to_follow.back();
    to_follow.pop_back();
    OPH_ASSIGN(auto record, txn.get(Db::kManifests, f.view()));
    if (!record) continue;
    auto info = layout::decode_manifest(f.view(), *record, false);
    if (!info.ok()) continue;  // unreadable to anybody: its base is of no use through it
    if (auto base = base_of(*info)) keep(*base);
  }
  std::set<Fingerprint> out, present;
  OPH_TRY(txn.scan(Db::kManifests, {}, [&](std::string_view key, std::string_view) -> Result<bool> {
    if (key.size() != layout::kFingerprintBytes) return true;
    Fingerprint f = layout::fingerprint_from(key);
    present.insert(f);
    if (!kept.contains(f)) out.insert(f);
    return true;
  }));
  OPH_TRY(scan_frame_owners(txn, [&](const Fingerprint& f) {
    if (!present.contains(f)) out.insert(f);
  }));
  return out;
}

Result<std::vector<Fingerprint>> LmdbStore::find_garbage(const std::string& without_job) {
  std::vector<Fingerprint> out;
  OPH_TRY(env_->read([&](Transaction& txn) -> Status {
    OPH_ASSIGN(auto found, garbage(txn, without_job));
    out.assign(found.begin(), found.end());
    return {};
  }));
  return out;
}

Result<std::vector<Fingerprint>> LmdbStore::collect_garbage() {
  std::vector<Fingerprint> out;
  // One transaction, so that no commit of another job comes between looking and erasing.
  OPH_TRY(env_->write([&](Transaction& txn) -> Status {
    OPH_ASSIGN(auto found, garbage(txn, ""));
    for (const Fingerprint& f : found) OPH_TRY(erase_blob(txn, f).status());
    out.assign(found.begin(), found.end());
    return {};
  }));
  OPH_ASSIGN(StoreStat now, stat());
  std::uint64_t free_bytes = now.free_pages * now.page_size;
  if (free_bytes <= now.file_bytes / 2) return out;
  struct statvfs fs {};
  std::uint64_t live = now.file_bytes - std::min(free_bytes, now.file_bytes);
  bool room =
      ::statvfs(env_->directory().c_str(), &fs) == 0 && fs.f_bavail * fs.f_frsize > live + live / 8;
  if (room) OPH_TRY(env_->compact().status());
  return out;
}

// --- problems
// -----------------------------------------------------------------------------------------------

Status LmdbStore::find_problems(Transaction& txn, const Problem& visit) {
  OPH_TRY(txn.scan(Db::kManifests, {},
                   [&](std::string_view key, std::string_view record) -> Result<bool> {
                     auto info = layout::decode_manifest(key, record, true);
                     std::string name =
                         key.size() == layout::kFingerprintBytes
                             ? "checkpoint " + layout::fingerprint_from(key).hex()
                             : "a manifest under a key of " + std::to_string(key.size()) + " bytes";
                     if (!info.ok()) {
                       visit(name + ", its manifest: " + info.status().message(), Db::kManifests,
                             std::string(key));
                       return true;
                     }
                     for (std::size_t i = 0; i < info->frames.size(); ++i) {
                       layout::FrameKey frame =
                           layout::frame_key(info->fingerprint, static_cast<std::uint32_t>(i));
                       OPH_ASSIGN(auto found, txn.get(Db::kFrames, {frame.data(), frame.size()}));
                       if (found) continue;
                       visit(name + ", frame " + std::to_string(i) + " of " +
                                 std::to_string(info->frames.size()) + ": it is not there",
                             Db::kManifests, std::string(key));
                       return true;
                     }
                     if (auto base = base_of(*info)) {
                       OPH_ASSIGN(auto found, txn.get(Db::kManifests, base->view()));
                       if (!found)
                         visit(name + ": its base " + base->hex() + " is not there", Db::kManifests,
                               std::string(key));
                     }
                     return true;
                   }));
  OPH_TRY(txn.scan(Db::kFrames, {}, [&](std::string_view key, std::string_view) -> Result<bool> {
    if (key.size() != layout::kFrameKeyBytes)
      visit("a frame under a key of " + std::to_string(key.size()) + " bytes", Db::kFrames,
            std::string(key));
    return true;
  }));
  OPH_TRY(
      txn.scan(Db::kJobs, {}, [&](std::string_view key, std::string_view record) -> Result<bool> {
        auto json = layout::decode_job(key, record);
        if (!json.ok())
          visit("job '" + std::string(key) + "': " + json.status().message(), Db::kJobs,
                std::string(key));
        return true;
      }));
  return txn.scan(Db::kRefs, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (!layout::decode_reference(key, value))
      visit("a reference of job '" + std::string(key.substr(0, key.find('\0'))) +
                "': its checksum does not match",
            Db::kRefs, std::string(key));
    return true;
  });
}

Result<std::vector<std::string>> LmdbStore::problems() {
  std::vector<std::string> out;
  OPH_TRY(env_->read([&](Transaction& txn) {
    return find_problems(
        txn, [&](std::string sentence, Db, std::string) { out.push_back(std::move(sentence)); });
  }));
  return out;
}

Result<std::vector<std::string>> LmdbStore::repair() {
  std::vector<std::string> done;
  std::vector<Fingerprint> bad;
  OPH_TRY(for_each(false, [&](const BlobInfo& info) -> Status {
    Status status = verify(info.fingerprint, true);
    if (status.ok()) return {};
    bad.push_back(info.fingerprint);
    done.push_back("erased: " + status.message());
    return {};
  }));
  OPH_TRY(erase(bad));
  // Again and again: what was built on an erased blob goes with it.
  for (bool found = true; found;) {
    std::vector<std::string> round;
    OPH_TRY(env_->write([&](Transaction& txn) -> Status {
      round.clear();
      std::vector<std::pair<Db, std::string>> keys;
      OPH_TRY(find_problems(txn, [&](std::string sentence, Db db, std::string key) {
        round.push_back("erased: " + sentence);
        keys.emplace_back(db, std::move(key));
      }));
      for (const auto& [db, key] : keys) OPH_TRY(txn.erase(db, key).status());
      return {};
    }));
    found = !round.empty();
    done.insert(done.end(), round.begin(), round.end());
  }
  // Frames whose manifest is gone.
  OPH_TRY(env_->write([&](Transaction& txn) -> Status {
    std::vector<Fingerprint> orphans;
    OPH_TRY(scan_frame_owners(txn, [&](const Fingerprint& f) { orphans.push_back(f); }));
    for (const Fingerprint& f : orphans) {
      OPH_ASSIGN(auto manifest, txn.get(Db::kManifests, f.view()));
      if (!manifest) OPH_TRY(erase_blob(txn, f).status());
    }
    return {};
  }));
  return done;
}

// --- numbers and copies
// ------------------------------------------------------------------------------------

Result<StoreStat> LmdbStore::stat() {
  StoreStat out;
  out.format = kStoreFormat;
  out.page_size = env_->page_size();
  OPH_TRY(env_->read([&](Transaction& txn) -> Status {
    OPH_ASSIGN(out.blobs, txn.entries(Db::kManifests));
    OPH_ASSIGN(out.frames, txn.entries(Db::kFrames));
    OPH_ASSIGN(out.free_pages, txn.free_pages());
    out.raw_bytes = out.stored_bytes = 0;
    return txn.scan(Db::kManifests, {},
                    [&](std::string_view key, std::string_view record) -> Result<bool> {
                      auto info = layout::decode_manifest(key, record, false);
                      if (info.ok()) {
                        out.raw_bytes += info->raw_bytes;
                        out.stored_bytes += info->stored_bytes;
                      }
                      return true;
                    });
  }));
  OPH_ASSIGN(auto names, jobs());
  out.jobs = names.size();
  out.file_bytes = env_->file_bytes();
  return out;
}

Status LmdbStore::backup(const std::string& directory) {
  std::string target = directory + "/data.mdb", part = target + ".part";
  if (exists(target))
    return Status::store("'" + target +
                         "' exists: a backup does not overwrite. Name another folder");
  if (Status made = make_directories(directory); !made.ok()) return Status::store(made.message());
  OPH_TRY(remove_file(part));  // of a backup that was killed
  OPH_TRY(env_->copy_to(part));
  Status published = publish(part, target);
  return published.ok() ? published : Status::store(published.message());
}

}  // namespace ophost
