// The checkpoint store: immutable blobs addressed by fingerprint, in one LMDB environment per work directory.
// Knows nothing of operators; a manifest is JSON text that the plan writes and reads. No LMDB type crosses
// this header, so that another index can stand behind it. Layout: docs/store-format.md.
//
// A process that runs operators has a BlobStore only (remote_store.hpp): none of the store's memory, locks and files are
// in reach of what an operator may do there.
//
// Threads: a Store may be used from many threads; a BlobWriter and a BlobReader belong to one each.
// Processes: one Store per environment and process (LMDB's rule; open() refuses a second); other processes may read
// while one writes, and two jobs may write (write transactions take turns, only for the commit itself).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/status.hpp"

namespace ophost {

using Fingerprint = Hash128;

constexpr std::size_t kFrameBytes = 4u << 20;  // raw bytes per frame
constexpr int kStoreFormat = 1;

struct FrameInfo {
  std::uint64_t raw_size = 0, stored_size = 0;
  std::uint64_t checksum = 0;  // XXH3-64 of the stored (compressed) bytes
  std::uint32_t label = 0;     // caller's: e.g. the bucket of a key list
};

// A frame's bytes as they lie in the store.
struct StoredFrame {
  std::uint8_t codec = 0;
  std::string bytes;
};

// What find() and list() give. `manifest` is the caller's JSON object, untouched.
struct BlobInfo {
  Fingerprint fingerprint;
  std::string manifest;
  std::vector<FrameInfo> frames;
  std::uint64_t raw_bytes = 0, stored_bytes = 0;
  std::int64_t created_ns = 0;
};

// Collects raw bytes into frames of kFrameBytes, compresses each (zstd level 1) outside any transaction, keeps the
// compressed frames in memory up to 32 MiB and beyond that in an unlinked temporary file beside the store.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Status append(std::string_view bytes) = 0;  // continues the current frame
  // Closes it even when small (no-op when empty). `label` goes to every frame closed since the last end_frame().
  virtual Status end_frame(std::uint32_t label) = 0;
  virtual std::uint64_t raw_bytes() const = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual const BlobInfo& info() const = 0;
  // Decompresses frame `i` into `out` (replaced). Verifies the checksum; a damaged frame is a store error naming
  // fingerprint and frame. Short read transactions: nothing is kept open between calls.
  virtual Status read_frame(std::size_t i, std::string& out) = 0;
};

// One blob of a commit.
struct PendingBlob {
  Fingerprint fingerprint;
  std::string manifest;  // JSON object
  std::unique_ptr<BlobWriter> frames;
};

struct StoreStat {
  std::uint64_t blobs = 0, frames = 0, raw_bytes = 0, stored_bytes = 0;
  std::uint64_t file_bytes = 0, free_pages = 0, page_size = 0, jobs = 0;
  int format = 0;
};

struct StoreOptions {
  bool read_only = false;  // fails when there is no store; never creates
  // The first size of the map, in bytes; 0: as large as the process can have (1 TiB, sparse).
  std::uint64_t map_bytes = 0;
  // Compressed bytes of one BlobWriter kept in memory, and of one transaction of a commit.
  std::uint64_t memory_bytes = 32u << 20;
};

// What a task needs of a store.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Result<std::unique_ptr<BlobWriter>> new_blob() = 0;
  // All blobs with their manifests in one durable transaction: each exists entirely or not at all.
  // A fingerprint that is there already is left alone (same fingerprint, same content), unless it is damaged: then it
  // is written anew. `job` (may be empty) gets a reference to each, for retention. A top-level "base" in a manifest
  // (the fingerprint of another blob, in hex) keeps that blob as long as this one.
  virtual Status commit(std::vector<PendingBlob> blobs, const std::string& job) = 0;
  virtual Result<std::optional<BlobInfo>> find(const Fingerprint& fingerprint) = 0;
  virtual Result<std::unique_ptr<BlobReader>> open_blob(const Fingerprint& fingerprint) = 0;
  virtual Status erase(const std::vector<Fingerprint>& fingerprints) = 0;
};

class Store : public BlobStore {
 public:
  // Opens (creates) `<directory>/data.mdb`. Refuses a newer format, a network file system and a damaged
  // environment, each with a sentence. The map is large and sparse and grows when it is full.
  static Result<std::unique_ptr<Store>> open(const std::string& directory, StoreOptions options = {});

  // Frame `i` of `count` as it is stored, checked against `expected` (of a manifest) and its checksum, not decompressed.
  virtual Result<StoredFrame> read_stored(const Fingerprint& fingerprint, std::size_t i, std::size_t count,
                                          const FrameInfo& expected) = 0;
  // Every blob in fingerprint order; frames may be left empty when `with_frames` is false. `visit` may use the store.
  // Damaged manifests are left out (problems() names them).
  virtual Status for_each(bool with_frames, const std::function<Status(const BlobInfo&)>& visit) = 0;
  // Reads every frame of a blob and compares checksums and sizes; without `decompress` only the stored bytes.
  virtual Status verify(const Fingerprint& fingerprint, bool decompress = true) = 0;
  // What is wrong with the store as a whole, one sentence each: damaged manifests, jobs and references, missing
  // frames and bases. Does not read frames. (Frames without a manifest are no problem: a large commit was interrupted
  // or is in progress; collect_garbage() erases them.)
  virtual Result<std::vector<std::string>> problems() = 0;
  // Erases what problems() and verify() find, so that it is computed anew. Returns what it did, one sentence each.
  virtual Result<std::vector<std::string>> repair() = 0;

  // Jobs: small JSON documents by id, and which blobs they refer to.
  virtual Status put_job(const std::string& job, const std::string& json) = 0;
  virtual Result<std::optional<std::string>> get_job(const std::string& job) = 0;
  virtual Result<std::vector<std::string>> jobs() = 0;  // with a document or a reference, sorted
  virtual Status add_references(const std::string& job, const std::vector<Fingerprint>& blobs) = 0;
  virtual Result<std::vector<Fingerprint>> references(const std::string& job) = 0;
  virtual Status remove_job(const std::string& job) = 0;  // its document and references, not the blobs
  // Erases every blob that no job refers to; compacts when more than half of the file is free pages
  // (only when no other process has the store open and the disk has room for the copy). Returns what was erased.
  virtual Result<std::vector<Fingerprint>> collect_garbage() = 0;
  // What collect_garbage() would erase, and would if `without_job` were removed first.
  virtual Result<std::vector<Fingerprint>> find_garbage(const std::string& without_job = "") = 0;
  virtual Result<bool> compact() = 0;  // false when another process has the store open
  virtual Result<StoreStat> stat() = 0;
  virtual Status backup(const std::string& directory) = 0;  // compacting copy, while others write
};

}  // namespace ophost
