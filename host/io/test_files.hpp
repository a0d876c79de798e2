// A folder of its own for each test, files in it, and everything a reader gives. For the tests of this room.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <string>
#include <vector>

#include "host/base/files.hpp"
#include "host/io/source.hpp"

namespace ophost::testing_files {

class TestFolder {
 public:
  TestFolder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = ::testing::TempDir() + "ophost_io_" + std::to_string(::getpid()) + "_" + info->test_suite_name() + "_" +
            info->name();
    EXPECT_TRUE(remove_tree(path_).ok());
    EXPECT_TRUE(make_directories(path_).ok());
  }
  ~TestFolder() { EXPECT_TRUE(remove_tree(path_).ok()); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::string put(const std::string& name, std::string_view bytes) const {
    std::string path = *this / name;
    EXPECT_TRUE(make_directories(parent_path(path)).ok());
    std::ofstream file(path, std::ios::binary);  // unsynced: these tests write hundreds of files
    EXPECT_TRUE(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush().good());
    return path;
  }

 private:
  std::string path_;
};

inline std::string gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

inline std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

inline std::string gunzip(std::string_view bytes) {
  std::string out;
  char buffer[1 << 16];
  while (!bytes.empty()) {
    z_stream z{};
    EXPECT_EQ(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    int code = Z_OK;
    while (code == Z_OK) {
      z.next_out = reinterpret_cast<Bytef*>(buffer);
      z.avail_out = sizeof buffer;
      code = inflate(&z, Z_NO_FLUSH);
      out.append(buffer, sizeof buffer - z.avail_out);
    }
    EXPECT_EQ(code, Z_STREAM_END);
    bytes.remove_prefix(bytes.size() - z.avail_in);
    inflateEnd(&z);
    if (code != Z_STREAM_END) break;
  }
  return out;
}

// All rows of a reader, and how it ended.
struct Rows {
  std::vector<std::string> lines;
  std::vector<std::uint64_t> numbers, offsets, ids;
  std::size_t batches = 0;
  Status end;
};

inline Rows read_rows(const InputFile& file, const InputPartition& partition, std::uint64_t index = 0) {
  Rows rows;
  auto reader = open_partition(file, partition, index);
  if (!reader.ok()) {
    rows.end = reader.status();
    return rows;
  }
  Batch batch;
  while (true) {
    auto more = (*reader)->next(batch);
    if (!more.ok()) {
      rows.end = more.status();
      return rows;
    }
    if (!*more) return rows;
    ++rows.batches;
    EXPECT_GT(batch.rows(), 0u);
    EXPECT_EQ(batch.first_row, rows.lines.size());
    EXPECT_EQ(batch.partition, index);
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      rows.lines.emplace_back(batch.line(r));
      rows.numbers.push_back(batch.line_number[r]);
      rows.offsets.push_back(batch.byte_offset[r]);
      rows.ids.push_back(batch.row_ids[r]);
    }
  }
}

// Cuts one file and reads it all.
inline Rows read_file_rows(const InputFile& file, const CutOptions& options = {}) {
  auto cut = cut_input({file}, options, {});
  Rows all;
  if (!cut.ok()) {
    all.end = cut.status();
    return all;
  }
  for (std::size_t p = 0; p < cut->size(); ++p) {
    Rows rows = read_rows(file, (*cut)[p], p);
    auto add = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(all.lines, rows.lines);
    add(all.numbers, rows.numbers);
    add(all.offsets, rows.offsets);
    add(all.ids, rows.ids);
    all.batches += rows.batches;
    if (!rows.end.ok()) all.end = rows.end;
  }
  return all;
}

inline InputFile input(const std::string& path, Compression compression = Compression::kNone) {
  InputFile file;
  file.path = path;
  file.compression = compression;
  return file;
}

// `n` lines of varying length.
inline std::string many_lines(std::size_t n, std::size_t first = 0) {
  std::string out;
  for (std::size_t i = first; i < first + n; ++i)
    out += "{\"id\":" + std::to_string(i) + ",\"text\":\"" + std::string(i * 7919 % 97, 'x') + "\"}\n";
  return out;
}

}  // namespace ophost::testing_files
