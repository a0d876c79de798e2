// ophost-dump: looks into a checkpoint store. What the commands share: options, selection, tables.
// One thread. Every command writes to `out` of its Context and returns a Status; nothing is printed
// elsewhere.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/store/store.hpp"

namespace ophost::dump {

// --- options (options.cpp)
// ---------------------------------------------------------------------------------
struct Options {
  std::string command;
  std::vector<std::string> words;  // fingerprint prefixes, or what the command takes
  std::string store, job, op;
  std::optional<std::int64_t> partition;
  bool json = false, deep = false, raw = false, dry_run = false;
  bool help = false, version = false;
};

Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string help_text(const std::string& command);  // of all commands when empty
// --store, $OPHOST_STORE, ./outputs/store, or the one ./outputs/*/store; a work directory is taken
// for its store.
Result<std::string> find_store(const Options& options);

struct Context {
  Options options;
  std::unique_ptr<Store> store;
  std::FILE* out = stdout;

  void print(const std::string& text) const { std::fwrite(text.data(), 1, text.size(), out); }
};

// --- selection (select.cpp)
// --------------------------------------------------------------------------------- A blob with
// what its manifest says, in the words that the runner writes.
struct Row {
  BlobInfo info;
  std::shared_ptr<const Json> manifest;
  std::vector<std::string> jobs;

  std::string id() const { return info.fingerprint.hex(); }
  std::string kind() const { return get_string(*manifest, "kind", "?"); }
  std::optional<std::int64_t> op_index() const;
  std::string op_name() const;   // "" when the blob is of no operator
  std::string op_label() const;  // "4 text_length_filter", "-"
  std::optional<std::int64_t> partition() const;
  std::optional<Fingerprint> base() const {
    return Fingerprint::from_hex(get_string(*manifest, "base"));
  }
};

using JobsOf = std::map<Fingerprint, std::vector<std::string>>;
Result<JobsOf> jobs_of_blobs(Store& store);
Result<Row> make_row(BlobInfo info, const JobsOf& jobs);
// Every blob that the options and `words` (fingerprint prefixes) choose, by operator, partition,
// fingerprint.
Result<std::vector<Row>> select(Context& context);
// The one blob that a prefix names.
Result<Row> select_one(Context& context, const std::string& prefix);

// --- printing (list.cpp)
// ----------------------------------------------------------------------------------- Rows of cells
// in aligned columns; `right` marks columns of numbers. The first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right);
std::string ratio(std::uint64_t raw, std::uint64_t stored);     // "3.9x", "-" of nothing
std::string json_array(const std::vector<std::string>& items);  // of JSON texts, one a line

// --- commands
// ------------------------------------------------------------------------------------------------
Status command_ls(Context& context);
Status command_jobs(Context& context);
Status command_stat(Context& context);
Status command_show(Context& context);
Status command_cat(Context& context);
Status command_diff(Context& context);
Status command_verify(Context& context);
Status command_repair(Context& context);
Status command_gc(Context& context);
Status command_compact(Context& context);
Status command_backup(Context& context);

// The whole program: exit code of DESIGN.md 11.
int run(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);

}  // namespace ophost::dump
