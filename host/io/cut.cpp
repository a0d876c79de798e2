// cut_input: reads every input file once, hashing it, and cuts it at line borders.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/io/lines.hpp"
#include "host/io/source.hpp"

namespace ophost {
namespace {

constexpr std::size_t kBlock = 4u << 20;

struct FileState {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
};

Result<FileState> stat_file(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return Status::os(Code::kInput, "cannot stat '" + path + "'", errno);
  return FileState{static_cast<std::uint64_t>(st.st_size),
                   static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec};
}

// How one file is to be cut.
struct FileRule {
  std::uint64_t step = 0;     // bytes between borders; 0 = by records
  std::uint64_t records = 0;  // per partition
  std::uint64_t minimum = 0;  // bytes: a shorter remainder joins the partition before
};

using Progress = std::function<void(std::uint64_t)>;  // bytes more

class FileCutter {
 public:
  FileCutter(const InputFile& file, std::size_t index, const FileState& state, const FileRule& rule,
             const std::atomic<bool>* stop)
      : file_(file), index_(index), state_(state), rule_(rule), stop_(stop) {}

  Result<std::vector<InputPartition>> run(const Progress& progress) {
    OPH_ASSIGN(Fd fd, open_read(file_.path));
    std::string block;
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, state_.size)));
    begin_partition(0);
    for (std::uint64_t at = 0; at < state_.size;) {
      if (stop_ && *stop_) return Status::stopped("stopped while the input was read");
      std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, state_.size - at));
      OPH_ASSIGN(std::size_t n, read_at(fd.get(), block.data(), want, at, file_.path));
      if (n < want)
        return Status::input("'" + file_.path + "' became shorter while it was read; start again when nothing writes to it.");
      std::string_view bytes(block.data(), n);
      if (file_.compression == Compression::kNone) scan(at, bytes);
      else hasher_.update(bytes);
      at += n;
      if (progress) progress(n);
    }
    if (file_.compression == Compression::kNone && !at_line_begin_) end_line({});
    end_partition(state_.size);
    return std::move(out_);
  }

 private:
  void begin_partition(std::uint64_t at) {
    now_ = InputPartition();
    now_.file = index_;
    now_.begin = at;
    now_.first_line = lines_ + 1;
    now_.first_record = records_;
    hasher_ = Hasher();
  }

  void end_partition(std::uint64_t at) {
    now_.end = at;
    if (file_.compression == Compression::kNone) now_.lines = lines_ + 1 - now_.first_line;
    now_.content = partition_content(file_, now_.first_record, hasher_.digest());
    out_.push_back(now_);
  }

  // The line whose last piece is `piece` has ended.
  void end_line(std::string_view piece) {
    ++lines_;
    if (line_has_text_ || !is_blank(piece)) ++records_;
    line_has_text_ = false;
    at_line_begin_ = true;
  }

  // Does a partition begin with the line that begins at `at`?
  bool is_border(std::uint64_t at) const {
    if (at == now_.begin) return false;
    if (rule_.step == 0) return records_ - now_.first_record >= rule_.records;
    return at / rule_.step > now_.begin / rule_.step && state_.size - at >= rule_.minimum;
  }

  void scan(std::uint64_t at, std::string_view bytes) {
    std::size_t hashed = 0, i = 0;
    // A byte order mark is no text.
    if (at == 0 && bytes.starts_with(kBom)) i = kBom.size();
    while (i < bytes.size()) {
      if (at_line_begin_ && is_border(at + i)) {
        hasher_.update(bytes.substr(hashed, i - hashed));
        hashed = i;
        end_partition(at + i);
        begin_partition(at + i);
      }
      const void* newline = std::memchr(bytes.data() + i, '\n', bytes.size() - i);
      if (!newline) {
        line_has_text_ = line_has_text_ || !is_blank(bytes.substr(i));
        at_line_begin_ = false;
        break;
      }
      std::size_t stop = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
      end_line(bytes.substr(i, stop - i));
      i = stop + 1;
    }
    hasher_.update(bytes.substr(hashed));
  }

  const InputFile& file_;
  std::size_t index_;
  FileState state_;
  FileRule rule_;
  const std::atomic<bool>* const stop_;
  Hasher hasher_;
  InputPartition now_;
  std::uint64_t lines_ = 0, records_ = 0;  // ended so far in the file
  bool line_has_text_ = false, at_line_begin_ = true;
  std::vector<InputPartition> out_;
};

// Shares `count` out by size: at least one each, the rest to the largest remainders (the first of equals).
std::vector<std::uint64_t> share(std::uint64_t count, const std::vector<std::uint64_t>& sizes) {
  std::vector<std::uint64_t> parts(sizes.size(), 1);
  const std::uint64_t total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  if (count <= sizes.size() || total == 0) return parts;
  const std::uint64_t spare = count - sizes.size();
  std::vector<std::pair<std::uint64_t, std::size_t>> rest;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    auto product = static_cast<unsigned __int128>(spare) * sizes[i];
    auto whole = static_cast<std::uint64_t>(product / total);
    parts[i] += whole;
    given += whole;
    rest.push_back({static_cast<std::uint64_t>(product % total), i});
  }
  std::stable_sort(rest.begin(), rest.end(), [](auto& a, auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < spare; ++i, ++given) ++parts[rest[i].second];
  return parts;
}

std::vector<FileRule> rules(const std::vector<InputFile>& files, const std::vector<FileState>& states,
                            const CutOptions& options) {
  FileRule common;
  if (options.records > 0) common.records = options.records;
  else common = {std::max<std::uint64_t>(options.target_bytes, 1), 0, options.target_bytes / 2};
  std::vector<FileRule> out(files.size(), common);
  if (options.records > 0 || options.count == 0) return out;
  std::vector<std::size_t> plain;
  std::vector<std::uint64_t> sizes;
  std::uint64_t compressed = 0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    if (states[f].size == 0) continue;
    if (files[f].compression != Compression::kNone) {
      ++compressed;
      continue;
    }
    plain.push_back(f);
    sizes.push_back(states[f].size);
  }
  auto parts = share(options.count > compressed ? options.count - compressed : 0, sizes);
  for (std::size_t i = 0; i < plain.size(); ++i)
    out[plain[i]] = {std::max<std::uint64_t>((sizes[i] + parts[i] - 1) / parts[i], 1), 0, 0};
  return out;
}

std::string cut_key(const InputFile& file, const FileState& state, const FileRule& rule) {
  return Hasher().field("cut 1").field(absolute_path(file.path)).field(state.size)
      .field(static_cast<std::uint64_t>(state.mtime_ns)).field(rule.step).field(rule.records).field(rule.minimum)
      .field(static_cast<std::uint64_t>(file.compression)).field(file.max_records)
      .field(std::to_string(file.weight)).digest().hex();
}

// One line of text per partition: begin end first_line first_record lines content.
std::string write_cut(const std::vector<InputPartition>& partitions) {
  std::string out;
  for (const InputPartition& p : partitions) {
    for (std::uint64_t v : {p.begin, p.end, p.first_line, p.first_record, p.lines}) out += std::to_string(v) + " ";
    out += p.content.hex() + "\n";
  }
  return out;
}

// Nothing when the text is not one that write_cut() made for a file of that size: then the file is read.
std::optional<std::vector<InputPartition>> read_cut(const std::string& text, std::size_t file, std::uint64_t size) {
  std::vector<InputPartition> out;
  std::uint64_t at = 0;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    auto words = split(line, ' ');
    if (words.size() != 6) return std::nullopt;
    InputPartition p;
    p.file = file;
    std::uint64_t* fields[] = {&p.begin, &p.end, &p.first_line, &p.first_record, &p.lines};
    for (std::size_t i = 0; i < 5; ++i) {
      char* end = nullptr;
      *fields[i] = std::strtoull(words[i].c_str(), &end, 10);
      if (words[i].empty() || *end != '\0') return std::nullopt;
    }
    auto content = Hash128::from_hex(words[5]);
    if (!content || p.begin != at || p.end <= p.begin) return std::nullopt;
    p.content = *content;
    at = p.end;
    out.push_back(p);
  }
  if (at != size) return std::nullopt;
  return out;
}

// A file written within the clock's last moments may change again without its time telling.
bool is_settled(const FileState& state) { return now_ns() - state.mtime_ns > 2'000'000'000; }

}  // namespace

Result<std::vector<InputPartition>> cut_input(
    const std::vector<InputFile>& files, const CutOptions& options,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  std::vector<FileState> states;
  std::uint64_t total = 0, done = 0;
  for (const InputFile& file : files) {
    OPH_ASSIGN(FileState state, stat_file(file.path));
    states.push_back(state);
    total += state.size;
  }
  const auto rule = rules(files, states, options);
  auto advance = [&](std::uint64_t bytes) {
    done += bytes;
    if (progress) progress(done, total);
  };
  std::vector<InputPartition> out;
  for (std::size_t f = 0; f < files.size(); ++f) {
    if (states[f].size == 0) continue;
    const std::string key = cut_key(files[f], states[f], rule[f]);
    std::optional<std::vector<InputPartition>> cut;
    if (options.trust_mtime && options.recall && is_settled(states[f]))
      if (auto text = options.recall(key)) cut = read_cut(*text, f, states[f].size);
    if (cut) {
      advance(states[f].size);
    } else {
      OPH_ASSIGN(cut, FileCutter(files[f], f, states[f], rule[f], options.stop).run(advance));
      if (options.remember && is_settled(states[f])) options.remember(key, write_cut(*cut));
    }
    out.insert(out.end(), cut->begin(), cut->end());
  }
  return out;
}

}  // namespace ophost
