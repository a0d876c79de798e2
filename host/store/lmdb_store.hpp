// The Store on LMDB. What each function promises stands in store.hpp; what the bytes are in
// layout.hpp. Blobs are in lmdb_store.cpp, jobs in store_jobs.cpp, and what keeps a store in order
// in store_upkeep.cpp.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/store/environment.hpp"
#include "host/store/frame_writer.hpp"
#include "host/store/layout.hpp"
#include "host/store/store.hpp"

namespace ophost {

class LmdbStore : public Store {
 public:
  LmdbStore(std::unique_ptr<Environment> environment, StoreOptions options)
      : env_(std::move(environment)), options_(options) {}

  Result<std::unique_ptr<BlobWriter>> new_blob() override;
  Status commit(std::vector<PendingBlob> blobs, const std::string& job) override;
  Result<std::optional<BlobInfo>> find(const Fingerprint& fingerprint) override;
  Result<std::unique_ptr<BlobReader>> open_blob(const Fingerprint& fingerprint) override;
  Status for_each(bool with_frames, const std::function<Status(const BlobInfo&)>& visit) override;
  Status erase(const std::vector<Fingerprint>& fingerprints) override;
  Status verify(const Fingerprint& fingerprint, bool decompress) override;
  Result<std::vector<std::string>> problems() override;
  Result<std::vector<std::string>> repair() override;

  Status put_job(const std::string& job, const std::string& json) override;
  Result<std::optional<std::string>> get_job(const std::string& job) override;
  Result<std::vector<std::string>> jobs() override;
  Status add_references(const std::string& job, const std::vector<Fingerprint>& blobs) override;
  Result<std::vector<Fingerprint>> references(const std::string& job) override;
  Status remove_job(const std::string& job) override;

  Result<std::vector<Fingerprint>> collect_garbage() override;
  Result<std::vector<Fingerprint>> find_garbage(const std::string& without_job) override;
  Result<bool> compact() override { return env_->compact(); }
  Result<StoreStat> stat() override;
  Status backup(const std::string& directory) override;

  Result<StoredFrame> read_stored(const Fingerprint& fingerprint, std::size_t i, std::size_t count,
                                  const FrameInfo& expected) override;
  // Reads frame `i` of `info` and checks it; `out` NULL: checks the stored bytes only.
  Status read_frame(const BlobInfo& info, std::size_t i, std::string* out);

 private:
  // One blob of a commit, ready to be written.
  struct Ready {
    BlobInfo info;
    const FrameWriter* frames = nullptr;  // NULL: a manifest alone
    bool damaged = false;                 // stands in the store, but not whole
    std::size_t staged = 0;               // frames written by earlier transactions
  };
  // Calls `use` with the frame, inside a read transaction.
  Status with_frame(const Fingerprint& fingerprint, std::size_t i, std::size_t count, const FrameInfo& expected,
                    const std::function<Status(const store_layout::FrameView&)>& use);
  Status stage(Ready& blob);
  Status write_blob(Transaction& txn, const Ready& blob);
  Status write_frame(Transaction& txn, const Ready& blob, std::size_t i);
  // What a whole store would not have; `visit` gets the sentence and the database and key to erase
  // to mend it.
  using Problem = std::function<void(std::string sentence, Db db, std::string key)>;
  Status find_problems(Transaction& txn, const Problem& visit);

  std::unique_ptr<Environment> env_;
  StoreOptions options_;
};

// The blob that `info`'s manifest builds on: its top-level "base".
std::optional<Fingerprint> base_of(const BlobInfo& info);
// Erases manifest and frames; false when neither was there.
Result<bool> erase_blob(Transaction& txn, const Fingerprint& fingerprint);
// The blobs with a manifest that nothing but `without_job` refers to, and the fingerprints of
// frames without a manifest.
Result<std::set<Fingerprint>> garbage(Transaction& txn, const std::string& without_job);

}  // namespace ophost
