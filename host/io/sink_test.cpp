// Parts and exports: whole or not at all, and the same bytes whatever they were made of.
#include "host/io/sink.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/io/test_files.hpp"

namespace ophost {
namespace {

using namespace testing_files;

ExportedFile part(const std::string& path, const std::string& bytes) {
  auto writer = open_part(path);
  EXPECT_TRUE(writer.ok());
  for (std::size_t at = 0; at < bytes.size(); at += 1000)
    EXPECT_TRUE((*writer)->append(std::string_view(bytes).substr(at, 1000), 1).ok());
  auto file = (*writer)->finish();
  EXPECT_TRUE(file.ok());
  return *file;
}

// Exports `bytes` cut at line borders into about `pieces` parts.
Result<std::vector<ExportedFile>> exported(const TestFolder& f, const ExportSpec& spec, const std::string& bytes,
                                           std::size_t pieces) {
  auto writer = open_export(spec, "job");
  if (!writer.ok()) return writer.status();
  for (std::size_t at = 0, i = 0; at < bytes.size(); ++i) {
    std::size_t stop = bytes.find('\n', std::min(bytes.size() - 1, at + bytes.size() / pieces));
    std::string piece = bytes.substr(at, stop + 1 - at);
    auto lines = static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    if (i % 2) {
      OPH_TRY((*writer)->append(piece, lines));
    } else {
      ExportedFile file = part(f / ("parts/" + std::to_string(i)), piece);
      OPH_TRY((*writer)->append_part(file.path, lines, file.content));
    }
    at = stop + 1;
  }
  return (*writer)->finish();
}

TEST(Part, IsHashedAndAppearsWhole) {
  TestFolder f;
  std::string bytes = many_lines(30000);
  ExportedFile file = part(f / "sub/p.jsonl", bytes);
  EXPECT_EQ(*read_file(f / "sub/p.jsonl"), bytes);
  EXPECT_EQ(file.content, hash128(bytes));
  EXPECT_EQ(file.bytes, bytes.size());
  {
    auto dropped = open_part(f / "sub/q.jsonl");
    ASSERT_TRUE((*dropped)->append(bytes, 1).ok());
    EXPECT_FALSE(exists(f / "sub/q.jsonl")) << "not before it is whole";
  }
  EXPECT_EQ(list_files(f / "sub")->size(), 1u) << "an unfinished part leaves nothing";
  EXPECT_FALSE(open_part(f / "sub/p.jsonl/x").ok());
}

TEST(Export, BytesDoNotDependOnTheParts) {
  TestFolder f;
  std::string bytes = many_lines(150000);
  ASSERT_GT(bytes.size(), 8u << 20) << "more than two cells of the grid";
  for (const char* name : {"out.jsonl", "out.jsonl.gz", "out.json.zst"}) {
    std::string first;
    for (std::size_t pieces : {1, 7}) {
      auto files = exported(f, {f / name, 0}, bytes, pieces);
      ASSERT_TRUE(files.ok()) << files.status().message();
      ASSERT_EQ(files->size(), 1u);
      std::string written = *read_file(f / name);
      EXPECT_EQ((*files)[0].content, hash128(written));
      EXPECT_EQ((*files)[0].bytes, written.size());
      EXPECT_EQ((*files)[0].records, 150000u);
      if (first.empty()) first = written;
      EXPECT_EQ(written, first) << name << " in " << pieces;
    }
    auto sources = resolve_sources({{f / name}});
    ASSERT_TRUE(sources.ok());
    auto rows = read_file_rows((*sources)[0]);
    ASSERT_TRUE(rows.end.ok()) << rows.end.message();
    EXPECT_EQ(rows.lines.size(), 150000u);
    if (std::string(name).ends_with("gz")) {
      EXPECT_EQ(gunzip(first), bytes);
    }
  }
}

TEST(Export, ShardsNeverExceedTheirSize) {
  TestFolder f;
  std::string bytes = many_lines(60);
  for (std::uint64_t size : {1u, 150u, 1'000u, 1u << 30}) {
    for (std::size_t pieces : {1, 7}) {
      auto files = exported(f, {f / "s/res.v1.jsonl", size}, bytes, pieces);
      ASSERT_TRUE(files.ok());
      std::string together;
      std::uint64_t records = 0;
      const std::string count = std::to_string(files->size());
      for (std::size_t i = 0; i < files->size(); ++i) {
        const ExportedFile& file = (*files)[i];
        std::string index = std::to_string(i);
        index.insert(0, count.size() + 1 - index.size(), '0');
        EXPECT_EQ(file.path, f / ("s/res.v1-" + index + "-of-0" + count + ".jsonl"));
        std::string shard = *read_file(file.path);
        EXPECT_TRUE(shard.size() <= size || std::count(shard.begin(), shard.end(), '\n') == 1);
        EXPECT_EQ(file.records, static_cast<std::uint64_t>(std::count(shard.begin(), shard.end(), '\n')));
        EXPECT_EQ(file.content, hash128(shard));
        // Full: the first line of the next shard would not fit.
        if (i > 0) {
          EXPECT_GT(files->at(i - 1).bytes + shard.find('\n') + 1, size);
        }
        together += shard;
        records += file.records;
      }
      EXPECT_EQ(together, bytes);
      EXPECT_EQ(records, 60u);
      EXPECT_EQ(list_files(f / "s")->size(), files->size()) << "no temporary file stays";
      ASSERT_TRUE(remove_tree(f / "s").ok());
    }
  }
}

TEST(Export, CompressedShardsCountUncompressedBytes) {
  TestFolder f;
  std::string bytes = many_lines(3000);
  auto files = exported(f, {f / "res.jsonl.gz", 50'000}, bytes, 7);
  ASSERT_TRUE(files.ok());
  std::string together;
  for (const ExportedFile& file : *files) {
    EXPECT_TRUE(file.path.ends_with(".jsonl.gz"));
    std::string shard = gunzip(*read_file(file.path));
    EXPECT_LE(shard.size(), 50'000u);
    together += shard;
  }
  EXPECT_EQ(together, bytes);
}

TEST(Export, NothingIsAnEmptyButValidFile) {
  TestFolder f;
  for (const char* name : {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"}) {
    auto files = exported(f, {f / name, 0}, "", 1);
    ASSERT_TRUE(files.ok());
    auto sources = resolve_sources({{f / name}});
    auto rows = read_file_rows((*sources)[0]);
    EXPECT_TRUE(rows.end.ok()) << rows.end.message();
    EXPECT_TRUE(rows.lines.empty());
  }
  EXPECT_EQ(*file_size(f / "a.jsonl"), 0u);
  EXPECT_EQ(gunzip(*read_file(f / "a.jsonl.gz")), "");
  auto shards = exported(f, {f / "b.jsonl", 100}, "", 1);
  ASSERT_TRUE(shards.ok());
  EXPECT_EQ((*shards)[0].path, f / "b-00-of-01.jsonl");
}

TEST(Export, ADamagedPartStopsItAndLeavesNothing) {
  TestFolder f;
  f.put("out/res.jsonl", "the result of an earlier run\n");
  ExportedFile file = part(f / "parts/0", many_lines(100));
  std::string bytes = *read_file(file.path);
  bytes[17] ^= 1;
  f.put("parts/0", bytes);
  {
    auto writer = open_export({f / "out/res.jsonl", 0}, "job");
    ASSERT_TRUE(writer.ok());
    Status status = (*writer)->append_part(file.path, 100, file.content);
    EXPECT_NE(status.message().find("was damaged"), std::string::npos);
  }
  EXPECT_EQ(list_files(f / "out")->size(), 1u);
  EXPECT_EQ(*read_file(f / "out/res.jsonl"), "the result of an earlier run\n");
}

TEST(Export, RefusesPathsItCannotWrite) {
  TestFolder f;
  EXPECT_NE(open_export({f.path(), 0}, "job").status().message().find("is a folder"), std::string::npos);
  EXPECT_NE(open_export({f / "x/", 0}, "job").status().message().find("result.jsonl"), std::string::npos);
  EXPECT_EQ(open_export({f / "x.parquet", 0}, "job").status().exit_code(), 2);
  EXPECT_EQ(open_export({f / "x", 0}, "job").status().exit_code(), 2);
}

TEST(Export, StatsStandBesideTheResult) {
  EXPECT_EQ(stats_path("out/res.jsonl"), "out/res_stats.jsonl");
  EXPECT_EQ(stats_path("res.v2.jsonl.gz"), "res.v2_stats.jsonl");
  EXPECT_EQ(stats_path("/a.b/res.json.zst"), "/a.b/res_stats.jsonl");
}

}  // namespace
}  // namespace ophost
