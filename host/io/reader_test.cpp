// PartitionReader: every kind of file people have, and every way they break.
#include <gtest/gtest.h>

#include <cmath>

#include "host/io/test_files.hpp"

namespace ophost {
namespace {

using namespace testing_files;
using Lines = std::vector<std::string>;

TEST(Reader, BomCrlfBlankLinesAndNoFinalNewline) {
  TestFolder f;
  auto rows = read_file_rows(input(f.put("x.jsonl", "\xEF\xBB\xBF{\"a\":1}\r\n\r\n \t\n{\"b\":2}\n\n{\"c\":3}")));
  ASSERT_TRUE(rows.end.ok()) << rows.end.message();
  EXPECT_EQ(rows.lines, (Lines{"{\"a\":1}\r", "{\"b\":2}", "{\"c\":3}"}));
  EXPECT_EQ(rows.numbers, (std::vector<std::uint64_t>{1, 4, 6}));
  EXPECT_EQ(rows.offsets, (std::vector<std::uint64_t>{3, 17, 26}));
  EXPECT_EQ(rows.ids, (std::vector<std::uint64_t>{0, 1, 2}));
  for (const char* nothing : {"\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n\n", " ", "\r\n\r\n"}) {
    rows = read_file_rows(input(f.put("y.jsonl", nothing)));
    EXPECT_TRUE(rows.end.ok());
    EXPECT_TRUE(rows.lines.empty());
  }
  rows = read_file_rows(input(f.put("z.jsonl", "\xEF\xBB")));
  EXPECT_EQ(rows.lines, (Lines{"\xEF\xBB"}));
}

TEST(Reader, LinesDoNotDependOnPartitionsOrCompression) {
  TestFolder f;
  std::string text = many_lines(30000);
  auto whole = read_file_rows(input(f.put("x.jsonl", text)));
  ASSERT_TRUE(whole.end.ok());
  ASSERT_EQ(whole.lines.size(), 30000u);
  EXPECT_GT(whole.batches, 25u);
  for (std::uint64_t target : {1000, 70000, 300000}) {
    CutOptions options;
    options.target_bytes = target;
    auto parts = read_file_rows(input(f / "x.jsonl"), options);
    ASSERT_TRUE(parts.end.ok());
    EXPECT_EQ(parts.lines, whole.lines);
    EXPECT_EQ(parts.numbers, whole.numbers);
    EXPECT_EQ(parts.offsets, whole.offsets);
  }
  for (auto kind : {Compression::kGzip, Compression::kZstd}) {
    auto pack = [&](std::string_view s) { return kind == Compression::kGzip ? gzip(s) : zstd(s); };
    for (std::size_t split : {std::size_t{0}, std::size_t{1}, text.size() / 3}) {  // members and frames, one perhaps empty
      auto rows = read_file_rows(input(f.put("x.packed", pack(text.substr(0, split)) + pack(text.substr(split))), kind));
      ASSERT_TRUE(rows.end.ok()) << rows.end.message();
      EXPECT_EQ(rows.lines, whole.lines);
      EXPECT_EQ(rows.numbers, whole.numbers);
      EXPECT_EQ(rows.offsets, whole.offsets);
    }
  }
}

TEST(Reader, BatchesEndWhereTheFormatSays) {
  TestFolder f;
  std::string text;
  for (std::size_t i = 0; i < 2 * kBatchRecords + 1; ++i) text += "1\n";
  text += std::string(kBatchBytes, 'x') + "\n2\n";
  InputFile file = input(f.put("x.jsonl", text));
  auto cut = cut_input({file}, {}, {});
  ASSERT_TRUE(cut.ok());
  auto reader = open_partition(file, (*cut)[0], 0);
  ASSERT_TRUE(reader.ok());
  std::vector<std::size_t> sizes;
  Batch batch;
  while (*(*reader)->next(batch)) sizes.push_back(batch.rows());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{kBatchRecords, kBatchRecords, 2, 1}));
  EXPECT_EQ((*reader)->bytes_read(), text.size());
}

TEST(Reader, ARecordLargerThanEveryBufferPasses) {
  TestFolder f;
  std::string big = "{\"text\":\"" + std::string(20u << 20, 'x') + "\"}";
  for (bool newline : {true, false}) {
    auto rows = read_file_rows(input(f.put("x.jsonl", "1\n" + big + "\n2\n" + big + (newline ? "\n" : ""))));
    ASSERT_TRUE(rows.end.ok());
    EXPECT_EQ(rows.lines, (Lines{"1", big, "2", big}));
  }
}

TEST(Reader, BlankLinesTakeNoMemory) {
  TestFolder f;
  auto file = input(f.put("x.jsonl", "1\n" + std::string(8u << 20, '\n') + "2\n"));
  auto cut = cut_input({file}, {}, {});
  auto reader = open_partition(file, (*cut)[0], 0);
  Batch batch;
  ASSERT_TRUE(*(*reader)->next(batch));
  EXPECT_EQ(batch.rows(), 2u);
  EXPECT_EQ(batch.line(1), "2");
  EXPECT_EQ(batch.byte_offset[1], 2 + (8u << 20));
  EXPECT_LT(batch.bytes.size(), 1u << 20);
}

TEST(Reader, SamplesByWeightWhateverThePartitions) {
  TestFolder f;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + "\n" + (i % 3 ? "" : "\n");
  InputFile file = input(f.put("x.jsonl", text));
  for (double weight : {0.0, 0.1, 0.5, 0.999, 1.5, 3.0, 0.001}) {
    for (std::uint64_t most : {0u, 40u, 5000u}) {
      file.weight = weight;
      file.max_records = most;
      Lines expected;
      for (int i = 0; i < 1000; ++i) {
        auto copies = static_cast<int>(std::floor((i + 1) * weight) - std::floor(i * weight));
        for (int k = 0; k < copies; ++k)
          if (most == 0 || expected.size() < most) expected.push_back(std::to_string(i));
      }
      for (std::uint64_t target : {1u, 100u, 1u << 20}) {
        CutOptions options;
        options.target_bytes = target;
        auto rows = read_file_rows(file, options);
        ASSERT_TRUE(rows.end.ok()) << rows.end.message();
        EXPECT_EQ(rows.lines, expected) << weight << " " << most << " " << target;
      }
    }
  }
}

TEST(Reader, CopiesOfARecordMayFillManyBatches) {
  TestFolder f;
  InputFile file = input(f.put("x.jsonl", "a\nb\n"));
  file.weight = 3000;
  auto rows = read_file_rows(file);
  ASSERT_EQ(rows.lines.size(), 6000u);
  EXPECT_EQ(rows.lines[2999], "a");
  EXPECT_EQ(rows.lines[3000], "b");
  EXPECT_EQ(rows.numbers[2999], 1u);
  EXPECT_EQ(rows.numbers[3000], 2u);
  EXPECT_EQ(rows.offsets[5999], 2u);
  EXPECT_EQ(rows.batches, 6u);
  EXPECT_EQ(rows.ids[5999], 5999u);
}

TEST(Reader, NoticesThatTheFileChanged) {
  TestFolder f;
  std::string text = many_lines(100);
  InputFile file = input(f.put("x.jsonl", text));
  auto cut = cut_input({file}, {}, {});
  ASSERT_TRUE(cut.ok());
  text[200] ^= 1;
  f.put("x.jsonl", text);
  auto rows = read_rows(file, (*cut)[0]);
  EXPECT_NE(rows.end.message().find("changed while the job ran"), std::string::npos);
  f.put("x.jsonl", text.substr(0, 500));
  rows = read_rows(file, (*cut)[0]);
  EXPECT_NE(rows.end.message().find("became shorter"), std::string::npos) << rows.end.message();
  EXPECT_FALSE(rows.lines.empty());
}

// Every cut through a compressed file: all whole lines before it, then an error; never silence.
TEST(Reader, ATruncatedFileIsAnErrorAfterItsWholeLines) {
  TestFolder f;
  std::string text = many_lines(400);
  Lines whole = read_file_rows(input(f.put("x.jsonl", text))).lines;
  for (auto kind : {Compression::kGzip, Compression::kZstd}) {
    std::string packed = kind == Compression::kGzip ? gzip(text) : zstd(text);
    for (std::size_t size = 1; size < packed.size(); size += 1 + packed.size() / 150) {
      auto rows = read_file_rows(input(f.put("x.packed", packed.substr(0, size)), kind));
      ASSERT_FALSE(rows.end.ok()) << size;
      EXPECT_EQ(rows.end.exit_code(), 4);
      EXPECT_NE(rows.end.message().find("x.packed"), std::string::npos);
      ASSERT_LE(rows.lines.size(), whole.size());
      for (std::size_t i = 0; i < rows.lines.size(); ++i) ASSERT_EQ(rows.lines[i], whole[i]);
    }
    auto rows = read_file_rows(input(f.put("x.packed", packed + packed.substr(0, packed.size() - 1)), kind));
    EXPECT_NE(rows.end.message().find("cut off"), std::string::npos) << rows.end.message();
    EXPECT_GE(rows.lines.size(), whole.size());
  }
}

TEST(Reader, DamageAndForeignBytesAreErrors) {
  TestFolder f;
  std::string text = many_lines(2000);
  for (auto kind : {Compression::kGzip, Compression::kZstd}) {
    std::string packed = kind == Compression::kGzip ? gzip(text) : zstd(text);
    auto error = [&](const std::string& bytes) {
      auto rows = read_file_rows(input(f.put("x.packed", bytes), kind));
      EXPECT_FALSE(rows.end.ok());
      return rows.end.message();
    };
    EXPECT_NE(error(text).find("is named as"), std::string::npos);
    EXPECT_NE(error(packed + "garbage behind it").find("damaged"), std::string::npos);
    if (kind == Compression::kGzip) {
      std::string bad = packed;
      bad[bad.size() - 6] ^= 1;  // the checksum
      EXPECT_NE(error(bad).find("incorrect data check"), std::string::npos);
      auto padded = read_file_rows(input(f.put("x.packed", packed + std::string(512, '\0')), kind));
      EXPECT_TRUE(padded.end.ok()) << "zero padding, as tapes and tar leave it";
      EXPECT_EQ(padded.lines.size(), 2000u);
      EXPECT_NE(error(packed + std::string(5, '\0') + "x").find("no gzip member"), std::string::npos);
    }
  }
}

TEST(Reader, ABombIsReadInBatches) {
  TestFolder f;
  std::string many;
  for (int i = 0; i < 200000; ++i) many += "{\"text\":\"the same line again and again and again\"}\n";
  auto file = input(f.put("x.zst", zstd(many)), Compression::kZstd);
  EXPECT_LT(*file_size(file.path), many.size() / 1000);
  auto cut = cut_input({file}, {}, {});
  auto reader = open_partition(file, (*cut)[0], 0);
  Batch batch;
  std::size_t rows = 0, capacity = 0;
  while (*(*reader)->next(batch)) {
    rows += batch.rows();
    capacity = std::max(capacity, batch.bytes.capacity());
  }
  EXPECT_EQ(rows, 200000u);
  EXPECT_LT(capacity, 4u << 20);
}

TEST(Reader, ReadsLongDistanceZstd) {
  TestFolder f;
  std::string text = many_lines(5000), packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* c = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 28);  // above what decoders take unless told
  ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  while (ZSTD_compressStream2(c, &out, &in, ZSTD_e_continue) != 0 && in.pos < in.size) {
  }
  ASSERT_EQ(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(c);
  auto rows = read_file_rows(input(f.put("x.zst", packed.substr(0, out.pos)), Compression::kZstd));
  ASSERT_TRUE(rows.end.ok()) << rows.end.message();
  EXPECT_EQ(rows.lines.size(), 5000u);
}

}  // namespace
}  // namespace ophost
