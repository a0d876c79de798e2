// Reading archives with libzip and libarchive. See archive.hpp.
#include "plugins/latex/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <zip.h>

#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace ophost::latex {
namespace {

enum class Verdict { kTake, kSkip, kStop };

// Applies the limits to declared sizes.
class Budget {
 public:
  Budget(const SizeLimits& limits, const Warn& warn) : limits_(limits), warn_(warn) {}

  Verdict judge(std::string_view name, std::int64_t size) {
    const std::string what = "'" + std::string(name) + "' declares " + std::to_string(size);
    if (limits_.file != 0 && size > limits_.file) {
      warn_(what + " bytes, more than max_file_size allows (" + std::to_string(limits_.file) +
            "): it is left out");
      return Verdict::kSkip;
    }
    if (limits_.total != 0 && size > limits_.total - used_) {
      warn_(what + " bytes, more than max_total_size leaves (" +
            std::to_string(limits_.total - used_) + "): the rest of the archive is left out");
      return Verdict::kStop;
    }
    used_ += size;
    return Verdict::kTake;
  }

 private:
  SizeLimits limits_;
  const Warn& warn_;
  std::int64_t used_ = 0;
};

// The content of an entry from `read(buffer, size)`: bytes read, 0 at the end, negative on failure.
// Grows with what really comes, so that a false declaration costs nothing.
template <class Read>
std::string read_all(std::int64_t size, const std::string& name, Read&& read) {
  std::string content;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const std::int64_t n = read(buffer.data(), buffer.size());
    if (n < 0) throw ArchiveError("'" + name + "' cannot be unpacked");
    if (n == 0) break;
    if (n > size - static_cast<std::int64_t>(content.size())) {
      throw ArchiveError("'" + name + "' holds more than the " + std::to_string(size) +
                         " bytes it declares");
    }
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (static_cast<std::int64_t>(content.size()) != size) {
    throw ArchiveError("'" + name + "' ends before the " + std::to_string(size) +
                       " bytes it declares");
  }
  return content;
}

void check_path(const std::string& path) {
  if (path.find('\0') != std::string::npos) throw ArchiveError("a path cannot hold a NUL");
}

}  // namespace

std::vector<std::string> read_zip(const std::string& path, const SizeLimits& limits,
                                  const Warn& warn) {
  check_path(path);
  int code = 0;
  const std::unique_ptr<zip_t, void (*)(zip_t*)> zip(zip_open(path.c_str(), ZIP_RDONLY, &code),
                                                     &zip_discard);
  if (zip == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw ArchiveError(text);
  }
  // Of several entries with the same name the last one counts, in the place of each.
  std::vector<std::string> names;
  std::unordered_map<std::string, zip_uint64_t> last;
  const zip_int64_t count = zip_get_num_entries(zip.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* name = zip_get_name(zip.get(), index, ZIP_FL_ENC_RAW);
    if (name == nullptr || !std::string_view(name).ends_with(".tex")) continue;
    names.emplace_back(name);
    last[name] = index;
  }
  std::vector<std::string> contents;
  Budget budget(limits, warn);
  for (const std::string& name : names) {
    const zip_uint64_t index = last[name];
    zip_stat_t stat;
    if (zip_stat_index(zip.get(), index, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0) {
      throw ArchiveError("'" + name + "' declares no size");
    }
    const auto size = static_cast<std::int64_t>(stat.size);
    const Verdict verdict = budget.judge(name, size);
    if (verdict == Verdict::kSkip) continue;
    if (verdict == Verdict::kStop) break;
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
        zip_fopen_index(zip.get(), index, 0), &zip_fclose);
    if (file == nullptr) throw ArchiveError("'" + name + "': " + zip_strerror(zip.get()));
    contents.push_back(read_all(size, name, [&](char* buffer, std::size_t room) {
      return static_cast<std::int64_t>(zip_fread(file.get(), buffer, room));
    }));
  }
  return contents;
}

std::vector<std::string> read_tar(const std::string& path, const SizeLimits& limits,
                                  const Warn& warn) {
  check_path(path);
  const std::unique_ptr<archive, int (*)(archive*)> tar(archive_read_new(), &archive_read_free);
  if (tar == nullptr) throw std::bad_alloc();
  archive_read_support_filter_gzip(tar.get());
  archive_read_support_filter_bzip2(tar.get());
  archive_read_support_filter_xz(tar.get());
  archive_read_support_format_tar(tar.get());
  const auto fail = [&]() -> ArchiveError {
    const char* text = archive_error_string(tar.get());
    return ArchiveError(text == nullptr ? "it is no tar archive" : text);
  };
  if (archive_read_open_filename(tar.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) throw fail();
  std::vector<std::string> contents;
  Budget budget(limits, warn);
  bool behind_entry = false;
  for (;;) {
    // What is left of the entry before. Data that is missing fails here, apart from a bad header.
    if (behind_entry && archive_read_data_skip(tar.get()) < ARCHIVE_WARN) throw fail();
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(tar.get(), &entry);
    if (code == ARCHIVE_EOF) break;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
      // Behind a whole entry of a plain archive, what is no header is the end, as for Python.
      if (!behind_entry || archive_filter_code(tar.get(), 0) != ARCHIVE_FILTER_NONE) throw fail();
      warn(std::string(fail().what()) + ": the files before count");
      break;
    }
    behind_entry = true;
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) raw = archive_entry_pathname_utf8(entry);
    if (raw == nullptr || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != nullptr) {
      continue;
    }
    const std::string name = raw;
    if (!name.ends_with(".tex")) continue;
    const std::int64_t size = archive_entry_size(entry);
    const Verdict verdict = budget.judge(name, size);
    if (verdict == Verdict::kSkip) continue;
    if (verdict == Verdict::kStop) break;
    contents.push_back(read_all(size, name, [&](char* buffer, std::size_t room) {
      return static_cast<std::int64_t>(archive_read_data(tar.get(), buffer, room));
    }));
  }
  return contents;
}

}  // namespace ophost::latex
