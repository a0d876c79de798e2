// Finding input files and cutting them.
#include "host/io/source.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "host/io/test_files.hpp"

namespace ophost {
namespace {

using namespace testing_files;

std::vector<std::string> names(const Result<std::vector<InputFile>>& files, const TestFolder& folder) {
  std::vector<std::string> out;
  if (!files.ok()) return {files.status().message()};
  for (const InputFile& f : *files) out.push_back(f.path.substr(folder.path().size() + 1));
  return out;
}

TEST(Resolve, FilesFoldersAndGlobs) {
  TestFolder f;
  for (const char* name : {"b.jsonl", "a.jsonl.gz", "c.json", "notes.txt", "sub/d.jsonl.zst", "sub/deep/e.JSONL",
                           ".hidden.jsonl", "sub/.git/x.jsonl", "b2.jsonl"})
    f.put(name, "{\"text\":\"x\"}\n");
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(resolve_sources({{f.path()}}), f),
            (Names{"a.jsonl.gz", "b.jsonl", "b2.jsonl", "c.json", "sub/d.jsonl.zst", "sub/deep/e.JSONL"}));
  EXPECT_EQ(names(resolve_sources({{f / ""}}), f).size(), 6u);
  EXPECT_EQ(names(resolve_sources({{f / "b*.jsonl"}}), f), (Names{"b.jsonl", "b2.jsonl"}));
  EXPECT_EQ(names(resolve_sources({{f / "b?.jsonl"}}), f), (Names{"b2.jsonl"}));
  EXPECT_EQ(names(resolve_sources({{f / "[ac].json*"}}), f), (Names{"a.jsonl.gz", "c.json"}));
  EXPECT_EQ(names(resolve_sources({{f / "**/*.zst"}}), f), (Names{"sub/d.jsonl.zst"}));
  EXPECT_EQ(names(resolve_sources({{f / "**"}}), f).size(), 6u);
  EXPECT_EQ(names(resolve_sources({{f / "s*/**/e.*"}}), f), (Names{"sub/deep/e.JSONL"}));
  EXPECT_EQ(names(resolve_sources({{f / "notes.txt"}, {f / "b.jsonl", 0.5, 7, {}}}), f), (Names{"notes.txt", "b.jsonl"}));
  EXPECT_EQ(names(resolve_sources({{f.path(), 1.0, 0, {"zst", ".jsonl.gz"}}}), f), (Names{"a.jsonl.gz", "sub/d.jsonl.zst"}));
  auto files = resolve_sources({{f / "b.jsonl", 0.5, 7, {}}, {f / "a.jsonl.gz"}, {f / "sub"}});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ((*files)[0].weight, 0.5);
  EXPECT_EQ((*files)[0].max_records, 7u);
  EXPECT_EQ((*files)[1].compression, Compression::kGzip);
  EXPECT_EQ((*files)[2].compression, Compression::kZstd);
}

TEST(Resolve, SniffsWhatTheNameDoesNotSay) {
  TestFolder f;
  f.put("gz.data", gzip("{}\n"));
  f.put("zst.data", zstd("{}\n"));
  auto files = resolve_sources({{f / "gz.data"}, {f / "zst.data"}});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ((*files)[0].compression, Compression::kGzip);
  EXPECT_EQ((*files)[1].compression, Compression::kZstd);
}

TEST(Resolve, ErrorsSayWhatToDo) {
  TestFolder f;
  f.put("wikipedia.jsonl", "{}\n");
  f.put("array.json", " \n[{\"text\":\"x\"}]\n");
  f.put("other/notes.txt", "x");
  auto error = [](std::vector<SourceSpec> specs) {
    auto r = resolve_sources(specs);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.status().exit_code(), 4);
    return r.status().message();
  };
  auto has = [&](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  has(error({{f / "wikipedai.jsonl"}}), "Did you mean 'wikipedia.jsonl'?");
  has(error({{f / "otter/x.jsonl"}}), "'otter' does not exist");
  has(error({{f / "otter/x.jsonl"}}), "Did you mean 'other'?");
  has(error({{f / "array.json"}}), "jq -c");
  has(error({{f / "other"}}), "found 1 other file");
  has(error({{f / "*.parquet"}}), "no file matches");
  has(error({{f / "other/*"}}), "none is a data file");
  has(error({}), "dataset_path");
  has(error({{f / "wikipedia.jsonl", -1.0, 0, {}}}), "weight");
  has(error({{"/dev/null"}}), "not a regular file");
}

// Partitions lie side by side, cover the file, and are where their numbers say.
std::vector<InputPartition> checked_cut(const InputFile& file, const CutOptions& options) {
  auto cut = cut_input({file}, options, {});
  EXPECT_TRUE(cut.ok()) << cut.status().message();
  std::string bytes = *read_file(file.path);
  std::uint64_t at = 0, line = 1;
  for (const InputPartition& p : *cut) {
    EXPECT_EQ(p.begin, at);
    EXPECT_LT(p.begin, p.end);
    EXPECT_EQ(p.first_line, line);
    std::string_view part = std::string_view(bytes).substr(p.begin, p.end - p.begin);
    EXPECT_EQ(p.content, hash128(part));
    EXPECT_TRUE(p.end == bytes.size() || part.back() == '\n');
    at = p.end;
    line += p.lines;
  }
  EXPECT_EQ(at, bytes.size());
  return *cut;
}

TEST(Cut, BordersLieOnTheGridAndStayWhenTheFileGrows) {
  TestFolder f;
  std::string bytes = many_lines(2000);
  std::string path = f.put("x.jsonl", bytes);
  CutOptions options;
  options.target_bytes = 5000;
  auto before = checked_cut(input(path), options);
  ASSERT_GT(before.size(), 10u);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_GE(before[i].end - before[i].begin, 2400u);
    EXPECT_LE(before[i].end - before[i].begin, 7600u);
  }
  f.put("x.jsonl", bytes + many_lines(500, 2000));
  auto after = checked_cut(input(path), options);
  ASSERT_GT(after.size(), before.size());
  for (std::size_t i = 0; i + 1 < before.size(); ++i) {
    EXPECT_EQ(before[i].end, after[i].end);
    EXPECT_EQ(before[i].content, after[i].content);
  }
}

TEST(Cut, AShortRemainderJoinsThePartitionBefore) {
  TestFolder f;
  const std::string line(99, 'x');  // 100 bytes with its newline
  std::string text;
  for (int i = 0; i < 24; ++i) text += line + "\n";
  CutOptions options;
  options.target_bytes = 1000;
  EXPECT_EQ(checked_cut(input(f.put("a.jsonl", text)), options).size(), 2u);
  text += line + "\n";  // the remainder is half the target now
  EXPECT_EQ(checked_cut(input(f.put("b.jsonl", text)), options).size(), 3u);
}

TEST(Cut, LongLinesAndOddFiles) {
  TestFolder f;
  CutOptions options;
  options.target_bytes = 100;
  std::string longer(1000, 'y');
  EXPECT_EQ(checked_cut(input(f.put("one.jsonl", longer)), options).size(), 1u);
  auto cut = checked_cut(input(f.put("few.jsonl", "a\n" + longer + "\nb\n" + longer)), options);
  EXPECT_EQ(cut.size(), 2u);
  EXPECT_EQ(cut[1].first_line, 3u);
  EXPECT_EQ(cut[1].lines, 2u);
  auto files = std::vector<InputFile>{input(f.put("empty.jsonl", "")), input(f / "one.jsonl"), input(f / "few.jsonl")};
  auto all = cut_input(files, options, {});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 3u) << "an empty file has no partition";
  EXPECT_EQ((*all)[0].file, 1u);
  EXPECT_EQ((*all)[2].file, 2u);
  EXPECT_FALSE(cut_input({input(f / "absent.jsonl")}, options, {}).ok());
}

TEST(Cut, ByRecordsCountsRecordsAndNotBlankLines) {
  TestFolder f;
  std::string text = "\xEF\xBB\xBF\n  \n1\n\r\n2\n3\n\n4\n5\n6\n7";
  CutOptions options;
  options.records = 3;
  auto cut = checked_cut(input(f.put("x.jsonl", text)), options);
  ASSERT_EQ(cut.size(), 3u);
  EXPECT_EQ(cut[1].first_record, 3u);
  EXPECT_EQ(cut[2].first_record, 6u);
  EXPECT_EQ(read_rows(input(f / "x.jsonl"), cut[0]).lines, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(read_rows(input(f / "x.jsonl"), cut[2]).lines, (std::vector<std::string>{"7"}));
}

TEST(Cut, ByCountSharesOutBySize) {
  TestFolder f;
  std::vector<InputFile> files = {input(f.put("a.jsonl", many_lines(3000))), input(f.put("b.jsonl", many_lines(1000))),
                                  input(f.put("c.jsonl.gz", gzip(many_lines(10))), Compression::kGzip),
                                  input(f.put("d.jsonl", "{}\n"))};
  for (std::uint64_t count : {1, 4, 7, 16}) {
    CutOptions options;
    options.count = count;
    auto cut = cut_input(files, options, {});
    ASSERT_TRUE(cut.ok());
    EXPECT_EQ(cut->size(), std::max<std::uint64_t>(count, 4));
    std::map<std::size_t, int> per_file;
    for (auto& p : *cut) ++per_file[p.file];
    EXPECT_EQ(per_file[2], 1);
    if (count == 16) {
      EXPECT_NEAR(per_file[0], 3 * per_file[1], 2);
    }
  }
}

TEST(Cut, ReportsProgressOverAllFiles) {
  TestFolder f;
  std::vector<InputFile> files = {input(f.put("a.jsonl", many_lines(100))), input(f.put("b.jsonl", many_lines(50)))};
  std::uint64_t last = 0, total = 0;
  ASSERT_TRUE(cut_input(files, {}, [&](std::uint64_t done, std::uint64_t all) {
                EXPECT_GE(done, last);
                last = done;
                total = all;
              }).ok());
  EXPECT_EQ(last, *file_size(f / "a.jsonl") + *file_size(f / "b.jsonl"));
  EXPECT_EQ(total, last);
}

TEST(Cut, SamplingBelongsToTheContent) {
  TestFolder f;
  InputFile file = input(f.put("a.jsonl", many_lines(100)));
  auto whole = cut_input({file}, {}, {});
  file.weight = 0.5;
  auto half = cut_input({file}, {}, {});
  ASSERT_TRUE(whole.ok() && half.ok());
  EXPECT_NE((*whole)[0].content, (*half)[0].content);
}

TEST(Cut, ATrustedFileIsNotReadAgain) {
  TestFolder f;
  std::string path = f.put("a.jsonl", many_lines(500));
  auto set_time = [&](time_t t) {
    timespec times[2] = {{t, 0}, {t, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  set_time(1'000'000'000);
  std::map<std::string, std::string> kept;
  int remembered = 0;
  CutOptions options;
  options.target_bytes = 3000;
  options.trust_mtime = true;
  options.recall = [&](const std::string& key) -> std::optional<std::string> {
    auto it = kept.find(key);
    return it == kept.end() ? std::nullopt : std::optional(it->second);
  };
  options.remember = [&](const std::string& key, const std::string& cut) {
    kept[key] = cut;
    ++remembered;
  };
  auto first = cut_input({input(path)}, options, {});
  auto second = cut_input({input(path)}, options, {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(remembered, 1);
  ASSERT_EQ(first->size(), second->size());
  for (std::size_t i = 0; i < first->size(); ++i) {
    EXPECT_EQ((*first)[i].content, (*second)[i].content);
    EXPECT_EQ((*first)[i].begin, (*second)[i].begin);
    EXPECT_EQ((*first)[i].first_line, (*second)[i].first_line);
  }
  set_time(1'000'000'001);
  ASSERT_TRUE(cut_input({input(path)}, options, {}).ok());
  EXPECT_EQ(remembered, 2) << "another time: read again";
  options.target_bytes = 4000;
  ASSERT_TRUE(cut_input({input(path)}, options, {}).ok());
  EXPECT_EQ(remembered, 3) << "another cut: read again";
  for (auto& [key, text] : kept) text = text.substr(0, text.size() / 2);
  ASSERT_TRUE(cut_input({input(path)}, options, {}).ok());
  EXPECT_EQ(remembered, 4) << "what was kept is damaged: read again";
}

}  // namespace
}  // namespace ophost
