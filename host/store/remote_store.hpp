// A store in another process. A worker, which runs operators, must not have the store's files open: an operator that
// writes where it should not would reach LMDB's pages in progress, its map of lock.mdb (which writers of other processes
// believe) and its descriptors. So the worker asks (RemoteStore), and the supervisor, which runs no operator, answers
// (serve_store). What is compressed stays so on the way; both ends check the checksums.
//
// How messages travel is the caller's; an answer's JSON begins with {"reply":. Both ends are of one build: nothing here is
// a format to keep.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/store/store.hpp"

namespace ophost {

// A JSON object, and, where it speaks of frames, a file with their stored bytes, one after the other.
struct Parcel {
  std::string json;
  Fd bytes;
};

// Sends a request and waits for its answer; from many threads. A failure: the other end is gone.
using StoreCall = std::function<Result<Parcel>(const Parcel& request)>;

// `folder` is where compressed bytes beyond `memory_bytes` of one writer go (unlinked files). Any thread, as every store.
std::unique_ptr<BlobStore> remote_store(StoreCall call, std::string folder, std::uint64_t memory_bytes = StoreOptions().memory_bytes);

// The answer to a request. One that makes no sense gets a failure for an answer, never more than that.
Parcel serve_store(Store& store, const JsonValue& request, Fd bytes);

}  // namespace ophost
