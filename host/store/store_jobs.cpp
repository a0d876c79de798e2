// Jobs: their documents, and the blobs they refer to. See lmdb_store.hpp.
#include <algorithm>

#include "host/store/lmdb_store.hpp"

namespace ophost {

namespace layout = store_layout;

Status LmdbStore::put_job(const std::string& job, const std::string& json) {
  OPH_TRY(layout::check_job_id(job));
  return env_->write(
      [&](Transaction& txn) { return txn.put(Db::kJobs, job, layout::encode_job(job, json)); });
}

Result<std::optional<std::string>> LmdbStore::get_job(const std::string& job) {
  OPH_TRY(layout::check_job_id(job));
  std::optional<std::string> out;
  OPH_TRY(env_->read([&](Transaction& txn) -> Status {
    OPH_ASSIGN(auto record, txn.get(Db::kJobs, job));
    if (!record) return {};
    auto json = layout::decode_job(job, *record);
    if (!json.ok())
      return Status::store("job '" + job + "' in the store '" + env_->directory() + "': " +
                           json.status().message() + "; it is damaged and treated as missing");
    out = std::move(*json);
    return {};
  }));
  return out;
}

Result<std::vector<std::string>> LmdbStore::jobs() {
  std::vector<std::string> out;
  OPH_TRY(env_->read([&](Transaction& txn) -> Status {
    OPH_TRY(txn.scan(Db::kJobs, {}, [&](std::string_view key, std::string_view) -> Result<bool> {
      out.emplace_back(key);
      return true;
    }));
    // One step per job, however many references it has: a job's references lie between "job\0" and
    // "job\1".
    std::string from;
    for (bool more = true; more;) {
      more = false;
      OPH_TRY(
          txn.scan(Db::kRefs, from, [&](std::string_view key, std::string_view) -> Result<bool> {
            std::string job(key.substr(0, key.find('\0')));
            more = job.size() < key.size();
            if (more) out.push_back(job);
            from = job + '\1';
            return false;
          }));
    }
    return {};
  }));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Status LmdbStore::add_references(const std::string& job, const std::vector<Fingerprint>& blobs) {
  OPH_TRY(layout::check_job_id(job));
  return env_->write([&](Transaction& txn) -> Status {
    for (const Fingerprint& f : blobs) {
      std::string key = layout::reference_key(job, f);
      OPH_TRY(txn.put(Db::kRefs, key, layout::reference_value(key)));
    }
    return {};
  });
}

namespace {
// Visits the references of one job.
Status scan_references(
    Transaction& txn, const std::string& job,
    const std::function<void(std::string_view, const layout::Reference&)>& visit) {
  std::string prefix = job + '\0';
  return txn.scan(Db::kRefs, prefix,
                  [&](std::string_view key, std::string_view value) -> Result<bool> {
                    if (key.substr(0, prefix.size()) != prefix) return false;
                    if (auto reference = layout::decode_reference(key, value);
                        reference && reference->job == job)
                      visit(key, *reference);
                    return true;
                  });
}
}  // namespace

Result<std::vector<Fingerprint>> LmdbStore::references(const std::string& job) {
  OPH_TRY(layout::check_job_id(job));
  std::vector<Fingerprint> out;
  OPH_TRY(env_->read([&](Transaction& txn) {
    return scan_references(txn, job, [&](std::string_view, const layout::Reference& r) {
      out.push_back(r.fingerprint);
    });
  }));
  return out;
}

Status LmdbStore::remove_job(const std::string& job) {
  OPH_TRY(layout::check_job_id(job));
  return env_->write([&](Transaction& txn) -> Status {
    OPH_TRY(txn.erase(Db::kJobs, job).status());
    std::vector<std::string> keys;
    OPH_TRY(scan_references(
        txn, job, [&](std::string_view key, const layout::Reference&) { keys.emplace_back(key); }));
    for (const std::string& key : keys) OPH_TRY(txn.erase(Db::kRefs, key).status());
    return {};
  });
}

}  // namespace ophost
