// What a store does when nothing goes wrong: blobs, jobs, garbage, copies. What must not happen is
// in store_fear_test.cpp.
#include <algorithm>
#include <set>

#include "host/store/environment.hpp"
#include "host/store/layout.hpp"
#include "host/store/store_test_util.hpp"

namespace ophost {
namespace {

using namespace store_test;

TEST(Store, GivesBackWhatWasCommitted) {
  TempDir dir;
  {
    auto store = must_open(dir / "store");
    ASSERT_OK(put(*store, 1, 1000, 3));
    ASSERT_OK(put(*store, 2, 5u << 20));
  }
  auto store = must_open(dir / "store");
  EXPECT_TRUE(holds(*store, 1, 1000, 3));
  EXPECT_TRUE(holds(*store, 2, 5u << 20));
  auto info = *store->find(fingerprint(2));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->manifest, "{\"n\":2}");
  EXPECT_EQ(info->raw_bytes, 5u << 20);
  EXPECT_LT(info->stored_bytes, info->raw_bytes);
  ASSERT_EQ(info->frames.size(), 2u);
  EXPECT_EQ(info->frames[0].raw_size, kFrameBytes);
  EXPECT_FALSE(store->find(fingerprint(3))->has_value());
  EXPECT_FALSE(store->open_blob(fingerprint(3)).ok());
}

TEST(Store, FramesCarryTheLabelOfTheEndThatClosedThem) {
  TempDir dir;
  auto store = must_open(dir / "store");
  std::vector<PendingBlob> blobs(1);
  blobs[0].fingerprint = fingerprint(1);
  blobs[0].manifest = "{}";
  blobs[0].frames = std::move(*store->new_blob());
  BlobWriter& w = *blobs[0].frames;
  ASSERT_OK(w.append(content(1, kFrameBytes + 10)));
  ASSERT_OK(w.end_frame(7));
  ASSERT_OK(w.end_frame(8));  // nothing since: no frame
  ASSERT_OK(w.append(content(2, 10)));
  ASSERT_OK(w.end_frame(9));
  ASSERT_OK(store->commit(std::move(blobs), ""));
  auto frames = (*store->find(fingerprint(1)))->frames;
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].label, 7u);
  EXPECT_EQ(frames[1].label, 7u);
  EXPECT_EQ(frames[1].raw_size, 10u);
  EXPECT_EQ(frames[2].label, 9u);
}

TEST(Store, ABlobMayBeItsManifestAlone) {
  TempDir dir;
  auto store = must_open(dir / "store");
  std::vector<PendingBlob> blobs(1);
  blobs[0].fingerprint = fingerprint(1);
  blobs[0].manifest = "{\"decision\":[1,2]}";
  ASSERT_OK(store->commit(std::move(blobs), ""));
  EXPECT_EQ(*get(*store, 1), "");
  EXPECT_EQ((*store->find(fingerprint(1)))->manifest, "{\"decision\":[1,2]}");
  EXPECT_TRUE(store->verify(fingerprint(1)).ok());
}

TEST(Store, AManifestThatIsNoJsonObjectIsRefused) {
  TempDir dir;
  auto store = must_open(dir / "store");
  for (const char* manifest : {"", "[]", "{", "3"}) {
    std::vector<PendingBlob> blobs(1);
    blobs[0].fingerprint = fingerprint(1);
    blobs[0].manifest = manifest;
    EXPECT_FALSE(store->commit(std::move(blobs), "").ok()) << manifest;
  }
  EXPECT_FALSE(store->find(fingerprint(1))->has_value());
}

TEST(Store, ListsInFingerprintOrderAndTheVisitorMayUseTheStore) {
  TempDir dir;
  auto store = must_open(dir / "store");
  std::set<Fingerprint> expected;
  for (int i = 0; i < 150; ++i) {  // more than one batch of the listing
    ASSERT_OK(put(*store, i, 100));
    expected.insert(fingerprint(i));
  }
  std::vector<Fingerprint> seen;
  ASSERT_OK(store->for_each(false, [&](const BlobInfo& info) -> Status {
    seen.push_back(info.fingerprint);
    EXPECT_TRUE(info.frames.empty());
    return store->verify(info.fingerprint);
  }));
  EXPECT_EQ(seen, std::vector<Fingerprint>(expected.begin(), expected.end()));
}

TEST(Store, SameFingerprintTwiceIsLeftAlone) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 1000, 1, "a"));
  auto before = (*store->find(fingerprint(1)))->created_ns;
  ASSERT_OK(put(*store, 1, 1000, 1, "b"));
  EXPECT_EQ((*store->find(fingerprint(1)))->created_ns, before);
  EXPECT_EQ(store->references("b")->size(), 1u);
  EXPECT_EQ(store->stat()->blobs, 1u);
}

TEST(Store, JobsKeepDocumentsAndReferences) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(store->put_job("j1", "{\"status\":\"running\"}"));
  ASSERT_OK(store->put_job("j1", "{\"status\":\"done\"}"));
  ASSERT_OK(put(*store, 1, 100, 1, "j1"));
  ASSERT_OK(put(*store, 2, 100, 1, "j2"));
  ASSERT_OK(put(*store, 3, 100, 1, "j2x"));
  ASSERT_OK(store->add_references("j1", {fingerprint(2)}));
  EXPECT_EQ(**store->get_job("j1"), "{\"status\":\"done\"}");
  EXPECT_FALSE(store->get_job("j2")->has_value());
  EXPECT_EQ(*store->jobs(), (std::vector<std::string>{"j1", "j2", "j2x"}));
  EXPECT_EQ(store->references("j1")->size(), 2u);
  EXPECT_EQ(store->references("j2")->size(), 1u);
  ASSERT_OK(store->remove_job("j1"));
  EXPECT_EQ(*store->jobs(), (std::vector<std::string>{"j2", "j2x"}));
  EXPECT_TRUE(store->references("j1")->empty());
  for (const std::string& bad : {std::string(), std::string(256, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(store->put_job(bad, "{}").code(), Code::kUsage);
    EXPECT_EQ(store->references(bad).status().code(), Code::kUsage);
  }
}

TEST(Store, GarbageIsWhatNoJobAndNoKeptBaseNeeds) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 1000, 2, ""));
  ASSERT_OK(put(*store, 2, 1000, 1, "", ",\"base\":\"" + fingerprint(1).hex() + "\""));
  ASSERT_OK(put(*store, 3, 1000, 1, "keep", ",\"base\":\"" + fingerprint(2).hex() + "\""));
  ASSERT_OK(put(*store, 4, 1000, 3, "gone"));
  ASSERT_OK(put(*store, 5, 1000, 3, "gone"));
  ASSERT_OK(store->add_references("keep", {fingerprint(5)}));
  EXPECT_TRUE(store->find_garbage()->empty());
  EXPECT_EQ(*store->find_garbage("gone"), std::vector<Fingerprint>{fingerprint(4)});
  ASSERT_OK(store->remove_job("gone"));
  EXPECT_EQ(*store->find_garbage(), std::vector<Fingerprint>{fingerprint(4)});
  EXPECT_EQ(*store->collect_garbage(), std::vector<Fingerprint>{fingerprint(4)});
  EXPECT_FALSE(store->find(fingerprint(4))->has_value());
  for (int i : {1, 2, 3, 5}) EXPECT_TRUE(store->verify(fingerprint(i)).ok()) << i;
  EXPECT_EQ(store->stat()->frames, 2u + 1 + 1 + 3);
  EXPECT_TRUE(store->collect_garbage()->empty());
}

TEST(Store, RepairErasesWhatIsBuiltOnAMissingBlob) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 1000));
  ASSERT_OK(put(*store, 2, 1000, 1, "job", ",\"base\":\"" + fingerprint(1).hex() + "\""));
  ASSERT_OK(put(*store, 3, 1000, 1, "job", ",\"base\":\"" + fingerprint(2).hex() + "\""));
  ASSERT_OK(put(*store, 4, 1000));
  EXPECT_TRUE(store->problems()->empty());
  ASSERT_OK(store->erase({fingerprint(1)}));
  EXPECT_EQ(store->problems()->size(), 1u);
  EXPECT_EQ(store->repair()->size(), 2u);
  EXPECT_TRUE(store->problems()->empty());
  EXPECT_EQ(store->stat()->blobs, 1u);
  EXPECT_EQ(store->stat()->frames, 1u);
}

TEST(Store, CollectingGarbageGivesTheSpaceBack) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 100000, 1, "keep"));
  for (int i = 2; i < 12; ++i) ASSERT_OK(put(*store, i, 1u << 20, 1, "", "", true));
  std::uint64_t before = store->stat()->file_bytes;
  EXPECT_EQ(store->collect_garbage()->size(), 10u);
  EXPECT_LT(store->stat()->file_bytes, before / 4);
  EXPECT_TRUE(holds(*store, 1, 100000));
  ASSERT_OK(put(*store, 20, 1000));  // the store that was replaced under us goes on
  EXPECT_TRUE(holds(*store, 20, 1000));
}

TEST(Store, ErasedBlobsLeaveNothing) {
  TempDir dir;
  auto store = must_open(dir / "store");
  ASSERT_OK(put(*store, 1, 1000, 3));
  ASSERT_OK(put(*store, 2, 1000, 3));
  ASSERT_OK(store->erase({fingerprint(1), fingerprint(9)}));
  EXPECT_EQ(store->stat()->blobs, 1u);
  EXPECT_EQ(store->stat()->frames, 3u);
  EXPECT_TRUE(holds(*store, 2, 1000, 3));
}

TEST(Store, LargeBlobsSpillAndCommitInSeveralTransactions) {
  TempDir dir;
  StoreOptions options;
  options.memory_bytes = 3u << 20;
  auto store = must_open(dir / "store", options);
  const std::size_t size = 21u << 20;  // seven times what may stay in memory
  ASSERT_OK(put(*store, 1, size, 1, "job", "", true));
  EXPECT_TRUE(holds(*store, 1, size, 1, true));
  ASSERT_OK(put(*store, 1, size, 1, "job", "", true));
  EXPECT_EQ(store->stat()->blobs, 1u);
  EXPECT_EQ(store->stat()->frames, 6u);
  auto files = list_files(dir / "store");
  ASSERT_TRUE(files.ok());
  for (const std::string& file : *files) EXPECT_EQ(file.find("spill"), std::string::npos) << file;
}

TEST(Store, TheMapGrowsWhenItIsFull) {
  TempDir dir;
  StoreOptions options;
  options.map_bytes = 1u << 20;
  auto store = must_open(dir / "store", options);
  for (int i = 0; i < 10; ++i) ASSERT_OK(put(*store, i, 1u << 20, 1, "job", "", true));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(holds(*store, i, 1u << 20, 1, true));
}

TEST(Store, BackupsCanBeOpenedAndAreCompact) {
  TempDir dir;
  auto store = must_open(dir / "store");
  for (int i = 0; i < 5; ++i) ASSERT_OK(put(*store, i, 1u << 20, 1, "job", "", true));
  ASSERT_OK(store->erase({fingerprint(0), fingerprint(1)}));
  ASSERT_OK(store->backup(dir / "backup"));
  EXPECT_FALSE(store->backup(dir / "backup").ok());  // does not overwrite
  StoreOptions read_only;
  read_only.read_only = true;
  auto copy = must_open(dir / "backup", read_only);
  for (int i = 2; i < 5; ++i) EXPECT_TRUE(holds(*copy, i, 1u << 20, 1, true));
  EXPECT_EQ(copy->references("job")->size(), 5u);
  EXPECT_LT(copy->stat()->file_bytes, store->stat()->file_bytes);
  EXPECT_FALSE(copy->new_blob().ok());
  EXPECT_FALSE(copy->put_job("x", "{}").ok());
}

TEST(Store, AReadOnlyOpenNeverCreates) {
  TempDir dir;
  StoreOptions read_only;
  read_only.read_only = true;
  auto absent = Store::open(dir / "store", read_only);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.status().code(), Code::kStore);
  EXPECT_FALSE(exists(dir / "store"));
  must_open(dir / "store");
  EXPECT_TRUE(Store::open(dir / "store", read_only).ok());
}

TEST(Layout, IsAsDocumented) {
  namespace layout = store_layout;
  Fingerprint f = *Fingerprint::from_hex("000102030405060708090a0b0c0d0e0f");
  layout::FrameKey key = layout::frame_key(f, 0x01020304);
  EXPECT_EQ(std::string(key.data() + 16, 4), std::string("\1\2\3\4", 4));
  auto header = layout::encode_frame_header(key, {layout::Codec::kZstd, 5, 3, 0x1122334455667788});
  std::string expected(
      "OPHF\1\1\0\0"
      "\0\0\0\0\0\0\0\5"
      "\0\0\0\0\0\0\0\3"
      "\x11\x22\x33\x44\x55\x66\x77\x88",
      32);
  EXPECT_EQ(std::string(header.data(), 32), expected);
  BlobInfo info;
  info.fingerprint = f;
  info.manifest = "{}";
  info.created_ns = 2;
  info.raw_bytes = 5;
  info.stored_bytes = 3;
  info.frames = {{5, 3, 9, 4}};
  std::string record = layout::encode_manifest(info);
  EXPECT_EQ(record.substr(0, 24), std::string("OPHM\0\1\0\0", 8) + std::string(f.view()));
  EXPECT_EQ(record.size(), 56u + 32 + 2 + 8);
  EXPECT_EQ(record.substr(88, 2), "{}");
  auto back = layout::decode_manifest(f.view(), record, true);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->frames[0].label, 4u);
  for (std::size_t i = 0; i < record.size(); ++i) {
    std::string flipped = record;
    flipped[i] ^= 0x10;
    EXPECT_FALSE(layout::decode_manifest(f.view(), flipped, true).ok()) << i;
    EXPECT_FALSE(layout::decode_manifest(f.view(), record.substr(0, i), true).ok()) << i;
  }
  EXPECT_FALSE(layout::decode_manifest(fingerprint(1).view(), record, true).ok());
}

TEST(NetworkFileSystems, AreKnownByTypeAndName) {
  for (long type :
       {0x6969L, 0xFF534D42L, 0xFE534D42L, 0x517BL, 0x00C36400L, 0x0BD00BD0L, 0x01161970L})
    EXPECT_NE(network_file_system(type), "") << type;
  for (long type : {0xEF53L /* ext4 */, 0x58465342L /* xfs */, 0x01021994L /* tmpfs */,
                    0x9123683EL /* btrfs */})
    EXPECT_EQ(network_file_system(type), "") << type;
  EXPECT_TRUE(is_network_fuse("fuse.sshfs"));
  EXPECT_FALSE(is_network_fuse("fuseblk"));
}

}  // namespace
}  // namespace ophost
