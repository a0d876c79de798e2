// resolve_sources: what a recipe names as input becomes a list of files.
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/io/lines.hpp"
#include "host/io/source.hpp"

namespace ophost {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kFormats = {".jsonl", ".json"};
constexpr std::string_view kLookedFor = ".jsonl or .json, each also with .gz or .zst";

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_compression(std::string_view name) {
  for (std::string_view suffix : {".gz", ".zst"})
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return name;
}

bool has_suffix(const std::string& name, const std::vector<std::string>& suffixes) {
  std::string n = lower(name);
  if (suffixes.empty()) {
    std::string_view stem = without_compression(n);
    return std::any_of(kFormats.begin(), kFormats.end(), [&](auto f) { return stem.ends_with(f); });
  }
  return std::any_of(suffixes.begin(), suffixes.end(), [&](const std::string& s) {
    std::string suffix = lower(s);
    return n.ends_with(suffix.starts_with('.') ? suffix : "." + suffix);
  });
}

std::string looked_for(const std::vector<std::string>& suffixes) {
  return suffixes.empty() ? std::string(kLookedFor) : join(suffixes, ", ");
}

bool is_glob(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

// Names in a folder, sorted; a folder that cannot be read is an error.
Result<std::vector<std::string>> names_in(const std::string& dir) {
  std::error_code ec;
  std::vector<std::string> names;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec))
    names.push_back(it->path().filename().string());
  if (ec) return Status::input("cannot list the folder '" + dir + "': " + ec.message());
  std::sort(names.begin(), names.end());
  return names;
}

// Walks a glob's path components; "**" stands for any number of folders, none included.
class Globber {
 public:
  explicit Globber(const std::string& pattern) {
    for (const std::string& part : split(pattern, '/'))
      if (!part.empty()) parts_.push_back(part);
    root_ = pattern.starts_with('/') ? "/" : "";
  }

  Result<std::vector<std::string>> run() {
    OPH_TRY(walk(root_, 0));
    return std::vector<std::string>(found_.begin(), found_.end());
  }

 private:
  static std::string below(const std::string& dir, const std::string& name) {
    if (dir.empty()) return name;
    return dir.ends_with('/') ? dir + name : dir + "/" + name;
  }

  Status walk(const std::string& dir, std::size_t part) {
    if (part == parts_.size()) {
      std::error_code ec;
      if (fs::is_regular_file(dir, ec)) found_.insert(dir);
      return {};
    }
    const std::string& pattern = parts_[part];
    if (pattern != "**" && !is_glob(pattern)) {
      std::string next = below(dir, pattern);
      return exists(next) ? walk(next, part + 1) : Status();
    }
    const std::string here = dir.empty() ? "." : dir;
    if (!is_directory(here)) return {};
    if (pattern == "**") OPH_TRY(walk(dir, part + 1));
    OPH_ASSIGN(auto names, names_in(here));
    for (const std::string& name : names) {
      std::string next = below(dir, name);
      if (pattern == "**") {
        std::error_code ec;  // a link to a folder is not followed: it may lead back here
        if (!is_hidden(name) && fs::is_directory(fs::symlink_status(next, ec))) OPH_TRY(walk(next, part));
        if (part + 1 == parts_.size() && !is_hidden(name) && !is_directory(next)) OPH_TRY(walk(next, part + 1));
      } else if (fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) {
        OPH_TRY(walk(next, part + 1));
      }
    }
    return {};
  }

  std::string root_;
  std::vector<std::string> parts_;
  std::set<std::string> found_;
};

Result<std::vector<std::string>> expand_folder(const SourceSpec& spec) {
  OPH_ASSIGN(auto all, list_files(spec.path));
  std::vector<std::string> files;
  for (const std::string& path : all) {
    std::string inside = path.substr(std::min(path.size(), spec.path.size()));
    auto parts = split(inside, '/');
    if (std::any_of(parts.begin(), parts.end(), is_hidden)) continue;
    if (has_suffix(path, spec.suffixes)) files.push_back(path);
  }
  if (files.empty())
    return Status::input("no data file in the folder '" + spec.path + "': looked for names ending in " +
                         looked_for(spec.suffixes) + ", found " + human_count(all.size()) +
                         (all.size() == 1 ? " other file." : " other files.") +
                         " A file named outright may have any name.");
  return files;
}

Result<std::vector<std::string>> expand_glob(const SourceSpec& spec) {
  OPH_ASSIGN(auto all, Globber(spec.path).run());
  if (all.empty())
    return Status::input("no file matches '" + spec.path +
                         "'. Expected a pattern with * ? [..] or ** (any folders) that names existing files.");
  std::vector<std::string> files;
  for (const std::string& path : all)
    if (has_suffix(path, spec.suffixes)) files.push_back(path);
  if (files.empty())
    return Status::input("'" + spec.path + "' matches " + human_count(all.size()) +
                         " files, but none is a data file: looked for names ending in " +
                         looked_for(spec.suffixes) + ". A file named outright may have any name.");
  return files;
}

Status absent(const std::string& path) {
  std::string dir = parent_path(path), name = file_name(path);
  while (!is_directory(dir) && dir != "." && dir != "/") {  // the first folder that is missing is the one to name
    name = file_name(dir);
    dir = parent_path(dir);
  }
  std::string hint;
  if (auto names = names_in(dir); names.ok()) hint = did_you_mean(name, *names);
  return Status::input("there is no file or folder '" + path + "': '" + name + "' does not exist in '" + dir +
                       "'." + hint);
}

// By name, or, when the name says nothing, by the first bytes. Also refuses what cannot be lines of records.
Result<Compression> inspect(const std::string& path) {
  std::string name = lower(path);
  if (name.ends_with(".gz")) return Compression::kGzip;
  if (name.ends_with(".zst")) return Compression::kZstd;
  OPH_ASSIGN(Fd fd, open_read(path));
  char head[4096];
  OPH_ASSIGN(std::size_t n, read_at(fd.get(), head, sizeof head, 0, path));
  std::string_view bytes(head, n);
  if (bytes.starts_with("\x1F\x8B")) return Compression::kGzip;
  if (bytes.starts_with("\x28\xB5\x2F\xFD")) return Compression::kZstd;
  if (bytes.starts_with(kBom)) bytes.remove_prefix(kBom.size());
  // In a .jsonl file a line that is an array is one bad record; elsewhere it is likely a whole document.
  if (!name.ends_with(".jsonl") && trim(bytes).starts_with('['))
    return Status::input("'" + path + "' holds one JSON array; expected one object per line. Convert it first: jq -c '.[]' '" +
                         path + "' > '" + path + "l'");
  return Compression::kNone;
}

}  // namespace

Result<std::vector<InputFile>> resolve_sources(const std::vector<SourceSpec>& specs) {
  std::vector<InputFile> out;
  if (specs.empty()) return Status::input("no input is named; set dataset_path to a file, a folder or a pattern.");
  for (const SourceSpec& spec : specs) {
    if (spec.path.empty()) return Status::input("an input path is empty; expected a file, a folder or a pattern.");
    if (!(spec.weight >= 0) || !(spec.weight <= 1e6))
      return Status::input("the weight of '" + spec.path + "' is " + std::to_string(spec.weight) +
                           "; expected a number from 0 to 1,000,000.");
    std::vector<std::string> paths;
    if (is_directory(spec.path)) {
      OPH_ASSIGN(paths, expand_folder(spec));
    } else if (exists(spec.path)) {
      paths = {spec.path};
    } else if (is_glob(spec.path)) {
      OPH_ASSIGN(paths, expand_glob(spec));
    } else {
      return absent(spec.path);
    }
    for (std::string& path : paths) {
      std::error_code ec;
      if (!fs::is_regular_file(path, ec))
        return Status::input("'" + path + "' is not a regular file; a pipe or device must be saved to a file first.");
      InputFile file;
      OPH_ASSIGN(file.compression, inspect(path));
      file.path = std::move(path);
      file.weight = spec.weight;
      file.max_records = spec.max_records;
      out.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace ophost
