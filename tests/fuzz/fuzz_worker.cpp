// What a worker process asks of the store. Its operators may have spoilt its memory, so any request is answered, and what
// is accepted is whole. The first line is the request, the rest the file that goes with it.
#include <sys/mman.h>
#include <unistd.h>

#include "host/base/files.hpp"
#include "host/store/remote_store.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

namespace {

// One for all inputs, emptied now and then.
Store& store() {
  static std::unique_ptr<Store> opened = [] {
    std::string folder = ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm/ophost-fuzz.XXXXXX" : "/tmp/ophost-fuzz.XXXXXX";
    fuzz::must(::mkdtemp(folder.data()) != nullptr, "there is a place for a store");
    static std::string place = folder;
    std::atexit([] { (void)remove_tree(place); });
    StoreOptions options;
    options.memory_bytes = 1 << 16;
    auto store = Store::open(folder, options);
    fuzz::must(store.ok(), "a store opens");
    return std::move(*store);
  }();
  return *opened;
}

Fd file_of(std::string_view bytes) {
  Fd fd(::memfd_create("ophost-fuzz", MFD_CLOEXEC));
  fuzz::must(write_all(fd.get(), bytes, "a file in memory").ok(), "a file in memory is written");
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  auto request = parse_json(in.line(), "a request");
  if (!request.ok()) return 0;
  Parcel reply = serve_store(store(), *request, in.empty() ? Fd() : file_of(in.rest()));
  auto answer = parse_json(reply.json, "an answer");
  fuzz::must(answer.ok() && get_member(*answer, "reply") && get_member(*answer, "with"), "an answer is in form");
  std::vector<Fingerprint> all;
  const Status listed = store().for_each(true, [&](const BlobInfo& info) -> Status {
    all.push_back(info.fingerprint);
    return store().verify(info.fingerprint, false);
  });
  fuzz::must(listed.ok(), "what was accepted is whole");
  if (all.size() > 8) fuzz::must(store().erase(all).ok(), "all is erased");
  return 0;
}
