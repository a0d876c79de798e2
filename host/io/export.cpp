// ExportWriter: parts in, final files out, whole or not at all.
#include <algorithm>
#include <cstring>

#include "host/base/files.hpp"
#include "host/io/compressor.hpp"
#include "host/io/output_file.hpp"
#include "host/io/sink.hpp"

namespace ophost {
namespace {

constexpr std::size_t kGrid = 4u << 20;   // of compressed output, in bytes of records
constexpr std::size_t kBlock = 1u << 20;  // of reading a part

// "dir/name.jsonl.gz" is dir/ + "name" + ".jsonl" + ".gz".
struct ExportName {
  std::string folder;  // with its slash, or empty
  std::string stem, suffix, compression;
  Compression kind = Compression::kNone;
};

ExportName take_apart(const std::string& path) {
  ExportName n;
  const std::size_t slash = path.rfind('/');
  n.folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  n.stem = path.substr(n.folder.size());
  if (n.stem.ends_with(".gz")) n.compression = ".gz", n.kind = Compression::kGzip;
  if (n.stem.ends_with(".zst")) n.compression = ".zst", n.kind = Compression::kZstd;
  n.stem.resize(n.stem.size() - n.compression.size());
  const std::size_t dot = n.stem.rfind('.');
  if (dot != std::string::npos && dot > 0) {
    n.suffix = n.stem.substr(dot);
    n.stem.resize(dot);
  }
  return n;
}

std::uint64_t count_lines(std::string_view bytes) {
  return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

// One final file: lines in, compressed on the grid when the name asks for it.
class Shard {
 public:
  static Result<std::unique_ptr<Shard>> create(std::string temporary, Compression kind) {
    auto shard = std::make_unique<Shard>();
    if (kind != Compression::kNone) shard->compressor_ = std::make_unique<BlockPipeline>(kind);
    OPH_ASSIGN(shard->file_, OutputFile::create(std::move(temporary)));
    return shard;
  }

  Status write(std::string_view bytes) {
    raw_bytes_ += bytes.size();
    if (!compressor_) return file_->write(bytes);
    while (!bytes.empty()) {
      std::string_view piece = bytes.substr(0, kGrid - block_.size());
      bytes.remove_prefix(piece.size());
      block_ += piece;
      if (block_.size() < kGrid) break;
      if (compressor_->full()) OPH_TRY(write_oldest());
      compressor_->push(std::move(block_));
      block_ = std::string();
    }
    return {};
  }

  Status close() {
    if (compressor_) {
      if (!block_.empty() || raw_bytes_ == 0) compressor_->push(std::move(block_));
      block_ = std::string();
      while (!compressor_->empty()) OPH_TRY(write_oldest());
    }
    return file_->sync();
  }

  Result<ExportedFile> publish(const std::string& path) {
    OPH_TRY(file_->rename_to(path));
    return ExportedFile{path, file_->bytes(), records, file_->content()};
  }

  std::uint64_t raw_bytes() const { return raw_bytes_; }

  std::uint64_t records = 0;

 private:
  Status write_oldest() {
    OPH_ASSIGN(std::string compressed, compressor_->take());
    return file_->write(compressed);
  }

  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<BlockPipeline> compressor_;
  std::string block_;
  std::uint64_t raw_bytes_ = 0;
};

class FileExport : public ExportWriter {
 public:
  FileExport(const ExportSpec& spec, const std::string& suffix)
      : spec_(spec), name_(take_apart(spec.path)), suffix_(suffix) {}

  Status open_shard() {
    OPH_ASSIGN(auto shard, Shard::create(spec_.path + ".tmp." + suffix_ + "." + std::to_string(shards_.size()),
                                         name_.kind));
    shards_.push_back(std::move(shard));
    return {};
  }

  Status append(std::string_view lines, std::uint64_t records) override {
    if (spec_.shard_size == 0) {
      shards_.back()->records += records;
      return shards_.back()->write(lines);
    }
    return append_sharded(lines);
  }

  Status append_part(const std::string& part, std::uint64_t records, const Hash128& expected) override {
    OPH_ASSIGN(Fd fd, open_read(part));
    Hasher hasher;
    block_.resize(kBlock);
    for (std::uint64_t at = 0;;) {
      OPH_ASSIGN(std::size_t n, read_at(fd.get(), block_.data(), block_.size(), at, part));
      std::string_view bytes(block_.data(), n);
      hasher.update(bytes);
      at += n;
      if (spec_.shard_size == 0) OPH_TRY(shards_.back()->write(bytes));
      else OPH_TRY(append_sharded(bytes));
      if (n < block_.size()) break;
    }
    if (hasher.digest() != expected)
      return Status::failed("'" + part + "' was damaged since it was written; remove it and run again: only its "
                            "partition is computed anew.");
    if (!pending_.empty()) return Status::failed("'" + part + "' does not end with a newline; expected whole lines.");
    if (spec_.shard_size == 0) shards_.back()->records += records;
    return {};
  }

  Result<std::vector<ExportedFile>> finish() override {
    OPH_TRY(shards_.back()->close());
    std::vector<ExportedFile> out;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      OPH_ASSIGN(ExportedFile file, shards_[i]->publish(final_name(i)));
      out.push_back(std::move(file));
    }
    OPH_TRY(fsync_directory_of(spec_.path));
    return out;
  }

 private:
  // Any bytes of the stream of lines: what is left over waits in pending_ until its newline comes.
  Status append_sharded(std::string_view bytes);
  Status write_whole_lines(std::string_view lines);
  Status next_shard() {
    OPH_TRY(shards_.back()->close());
    return open_shard();
  }
  std::string final_name(std::size_t i) const {
    if (spec_.shard_size == 0) return spec_.path;
    const std::string count = std::to_string(shards_.size());
    const std::size_t width = count.size() + 1;  // as Data-Juicer pads
    auto padded = [&](const std::string& s) { return std::string(width - s.size(), '0') + s; };
    return name_.folder + name_.stem + "-" + padded(std::to_string(i)) + "-of-" + padded(count) + name_.suffix +
           name_.compression;
  }

  ExportSpec spec_;
  ExportName name_;
  std::string suffix_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::string block_, pending_;
};

Status FileExport::append_sharded(std::string_view bytes) {
  if (!pending_.empty()) {
    const std::size_t newline = bytes.find('\n');
    pending_ += bytes.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    if (newline == std::string_view::npos) return {};
    OPH_TRY(write_whole_lines(pending_));
    pending_.clear();
    bytes.remove_prefix(newline + 1);
  }
  const std::size_t last = bytes.rfind('\n');
  const std::size_t whole = last == std::string_view::npos ? 0 : last + 1;
  pending_ = bytes.substr(whole);
  return write_whole_lines(bytes.substr(0, whole));
}

// Fills the open shard with as many lines as fit; a line that alone is larger than a shard has one to itself.
Status FileExport::write_whole_lines(std::string_view lines) {
  while (!lines.empty()) {
    const std::uint64_t used = shards_.back()->raw_bytes();
    const std::uint64_t room = used < spec_.shard_size ? spec_.shard_size - used : 0;
    std::size_t fits = lines.size();
    if (fits > room) {
      const std::size_t last = room == 0 ? std::string_view::npos : lines.rfind('\n', room - 1);
      fits = last == std::string_view::npos ? 0 : last + 1;
      if (fits == 0 && used == 0) fits = lines.find('\n') + 1;
    }
    if (fits > 0) {
      OPH_TRY(shards_.back()->write(lines.substr(0, fits)));
      shards_.back()->records += count_lines(lines.substr(0, fits));
      lines.remove_prefix(fits);
    }
    if (!lines.empty()) OPH_TRY(next_shard());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ExportWriter>> open_export(const ExportSpec& spec, const std::string& suffix) {
  const ExportName name = take_apart(spec.path);
  if (name.stem.empty() || is_directory(spec.path))
    return Status::usage("export_path '" + spec.path + "' is a folder; expected a file name such as '" + spec.path +
                         (spec.path.ends_with('/') ? "" : "/") + "result.jsonl'.");
  if (name.suffix != ".jsonl" && name.suffix != ".json")
    return Status::usage("export_path '" + spec.path +
                         "' has another ending than .jsonl or .json (each also with .gz or .zst); "
                         "other formats cannot be written.");
  auto out = std::make_unique<FileExport>(spec, suffix);
  OPH_TRY(out->open_shard());
  return std::unique_ptr<ExportWriter>(std::move(out));
}

std::string stats_path(const std::string& export_path) {
  const ExportName name = take_apart(export_path);
  return name.folder + name.stem + "_stats.jsonl";
}

}  // namespace ophost
