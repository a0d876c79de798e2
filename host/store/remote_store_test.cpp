// Feared: a worker's checkpoint that arrives changed and is believed, and one that differs from what a store of the same
// process would have kept.
#include "host/store/remote_store.hpp"

#include <unistd.h>

#include "host/store/store_test_util.hpp"

namespace ophost {
namespace {

using namespace store_test;

// Both ends in this process; `spoil` may change a request on its way.
StoreCall here(Store& store, std::function<void(Parcel&)> spoil = {}) {
  return [&store, spoil](const Parcel& request) -> Result<Parcel> {
    Parcel copy{request.json, Fd(request.bytes.valid() ? ::dup(request.bytes.get()) : -1)};
    if (spoil) spoil(copy);
    OPH_ASSIGN(Json json, parse_json(copy.json, "a request"));
    return serve_store(store, json, std::move(copy.bytes));
  };
}

// As put() of store_test_util.hpp.
Status put_remote(BlobStore& store, int i, std::size_t size, int frames, bool noise = false) {
  std::vector<PendingBlob> blobs(2);
  blobs[0] = {fingerprint(i), "{\"n\":" + std::to_string(i) + "}", nullptr};
  OPH_ASSIGN(blobs[0].frames, store.new_blob());
  for (int f = 0; f < frames; ++f) {
    OPH_TRY(blobs[0].frames->append(content(i * 1000 + f, size, noise)));
    OPH_TRY(blobs[0].frames->end_frame(static_cast<std::uint32_t>(f)));
  }
  blobs[1] = {fingerprint(i + 100), R"({"alone":true})", nullptr};
  return store.commit(std::move(blobs), "job");
}

TEST(RemoteStore, KeepsAndGivesTheSameAsTheStoreItself) {
  TempDir dir(kInMemory);
  auto store = must_open(dir.path());
  auto remote = remote_store(here(*store), dir.path());
  ASSERT_OK(put_remote(*remote, 1, 50'000, 3));
  EXPECT_TRUE(holds(*store, 1, 50'000, 3));
  auto info = remote->find(fingerprint(1));
  ASSERT_OK(info.status());
  ASSERT_TRUE(info->has_value());
  auto own = store->find(fingerprint(1));
  ASSERT_OK(own.status());
  EXPECT_EQ((*info)->manifest, (*own)->manifest);
  EXPECT_EQ((*info)->created_ns, (*own)->created_ns);
  ASSERT_EQ((*info)->frames.size(), 3u);
  EXPECT_EQ((*info)->frames[2].label, 2u);
  auto reader = remote->open_blob(fingerprint(1));
  ASSERT_OK(reader.status());
  std::string frame;
  for (std::size_t f = 0; f < 3; ++f) {
    ASSERT_OK((*reader)->read_frame(f, frame));
    EXPECT_EQ(frame, content(1000 + static_cast<int>(f), 50'000));
  }
  auto references = store->references("job");
  ASSERT_OK(references.status());
  EXPECT_EQ(references->size(), 2u);
  ASSERT_OK(remote->erase({fingerprint(1)}));
  auto gone = remote->find(fingerprint(1));
  ASSERT_OK(gone.status());
  EXPECT_FALSE(gone->has_value());
  EXPECT_FALSE(remote->open_blob(fingerprint(1)).ok());
  EXPECT_FALSE((*reader)->read_frame(0, frame).ok());
}

TEST(RemoteStore, LargeBlobsGoThroughFiles) {
  TempDir dir(kInMemory);
  StoreOptions options;
  options.memory_bytes = 100'000;
  auto store = must_open(dir.path(), options);
  auto remote = remote_store(here(*store), dir.path(), options.memory_bytes);
  ASSERT_OK(put_remote(*remote, 2, 60'000, 20, true));
  EXPECT_TRUE(holds(*store, 2, 60'000, 20, true));
}

TEST(RemoteStore, WhatChangesOnTheWayIsNotKept) {
  TempDir dir(kInMemory);
  auto store = must_open(dir.path());
  auto flipped = remote_store(here(*store,
                                   [](Parcel& p) {
                                     if (p.bytes.valid()) ASSERT_EQ(::pwrite(p.bytes.get(), "\xdb", 1, 700), 1);
                                   }),
                              dir.path());
  EXPECT_FALSE(put_remote(*flipped, 1, 50'000, 3, true).ok());
  auto cut = remote_store(here(*store,
                               [](Parcel& p) {
                                 if (p.bytes.valid()) ASSERT_EQ(::ftruncate(p.bytes.get(), 100), 0);
                               }),
                          dir.path());
  EXPECT_FALSE(put_remote(*cut, 1, 50'000, 3, true).ok());
  auto lost = remote_store(here(*store, [](Parcel& p) { p.bytes.reset(); }), dir.path());
  EXPECT_FALSE(put_remote(*lost, 1, 50'000, 3, true).ok());
  auto stat = store->stat();
  ASSERT_OK(stat.status());
  EXPECT_EQ(stat->blobs, 0u);
  EXPECT_EQ(stat->frames, 0u);
}

TEST(RemoteStore, NonsenseGetsAFailureForAnAnswer) {
  TempDir dir(kInMemory);
  auto store = must_open(dir.path());
  for (const char* request :
       {"{}", R"({"store":"drop"})", R"({"store":"commit"})", R"({"store":"commit","blobs":[{}]})", R"({"store":"find"})",
        R"({"store":"find","fingerprint":"xyz"})", R"({"store":"erase","blobs":7})",
        R"({"store":"frame","fingerprint":"00000000000000000000000000000000"})",
        R"({"store":"frame","fingerprint":"00000000000000000000000000000000","index":9,"count":1,"expected":{}})",
        R"({"store":"commit","job":"j","blobs":[{"fingerprint":"00000000000000000000000000000000","manifest":"{}","frames":[{"raw":1,"stored":99}]}]})",
        R"({"store":"commit","job":"j","blobs":[{"fingerprint":"00000000000000000000000000000000","manifest":"[","frames":[]}]})"}) {
    auto json = parse_json(request, "a request");
    ASSERT_OK(json.status());
    Parcel reply = serve_store(*store, *json, {});
    auto answer = parse_json(reply.json, "an answer");
    ASSERT_OK(answer.status());
    EXPECT_FALSE(status_from(*get_member(*answer, "reply")).ok()) << request;
  }
}

}  // namespace
}  // namespace ophost
