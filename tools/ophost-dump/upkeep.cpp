// ophost-dump verify, repair, gc, compact, backup. See dump.hpp.
#include <map>
#include <set>

#include "host/base/text.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

std::string plural(std::size_t n, const std::string& word) {
  return human_count(n) + " " + word + (n == 1 ? "" : "s");
}

std::string hex_list(const std::vector<Fingerprint>& list) {
  std::vector<std::string> names;
  for (const Fingerprint& f : list) names.push_back(f.hex());
  return json_string_array(names);
}

}  // namespace

Status command_verify(Context& context) {
  const Options& o = context.options;
  std::vector<std::string> damage;
  std::map<Fingerprint, std::string> damaged;
  std::uint64_t checked = 0, bytes = 0;
  bool everything = o.words.empty() && o.job.empty() && o.op.empty() && !o.partition;
  auto check = [&](const BlobInfo& info) -> Status {
    ++checked;
    bytes += o.deep ? info.raw_bytes : info.stored_bytes;
    Status status = context.store->verify(info.fingerprint, o.deep);
    if (!status.ok() && status.code() != Code::kStore) return status;
    if (!status.ok()) damaged.emplace(info.fingerprint, status.message());
    return {};
  };
  if (everything) {
    OPH_TRY(context.store->for_each(false, check));
    // A job that runs may have erased what it needs no more since the list was made: what is damaged is still listed.
    std::set<Fingerprint> listed;
    if (!damaged.empty())
      OPH_TRY(context.store->for_each(false, [&](const BlobInfo& info) {
        listed.insert(info.fingerprint);
        return Status();
      }));
    for (const auto& [fingerprint, what] : damaged)
      if (listed.count(fingerprint)) damage.push_back(what);
    OPH_ASSIGN(auto problems, context.store->problems());
    damage.insert(damage.end(), problems.begin(), problems.end());
  } else {
    OPH_ASSIGN(auto rows, select(context));
    for (const Row& row : rows) OPH_TRY(check(row.info));
    for (const auto& [fingerprint, what] : damaged) damage.push_back(what);
  }
  if (o.json)
    context.print(JsonObject()
                      .add("checkpoints", checked)
                      .add("bytes", bytes)
                      .add("deep", o.deep)
                      .add("ok", damage.empty())
                      .add_raw("damage", json_string_array(damage))
                      .text() +
                  "\n");
  else
    context.print((damage.empty() ? "" : join(damage, "\n") + "\n") +
                  plural(checked, "checkpoint") + " read (" + human_bytes(bytes) +
                  (o.deep ? " decompressed): " : " stored): ") +
                  (damage.empty() ? "all whole\n" : plural(damage.size(), "problem") + "\n"));
  if (damage.empty()) return {};
  return Status::store(plural(damage.size(), "problem") +
                       " found. A run computes damaged checkpoints anew by itself; "
                       "`ophost-dump repair` erases them now");
}

Status command_repair(Context& context) {
  OPH_ASSIGN(auto done, context.store->repair());
  if (context.options.json)
    context.print(JsonObject().add_raw("done", json_string_array(done)).text() + "\n");
  else
    context.print((done.empty() ? "" : join(done, "\n") + "\n") +
                  (done.empty() ? "nothing to repair\n" : "a run computes what was erased anew\n"));
  return {};
}

Status command_gc(Context& context) {
  const Options& o = context.options;
  Store& store = *context.store;
  if (!o.job.empty()) {
    OPH_ASSIGN(auto jobs, store.jobs());
    if (std::find(jobs.begin(), jobs.end(), o.job) == jobs.end())
      return Status::usage("no job '" + o.job + "' here." + did_you_mean(o.job, jobs));
  }
  OPH_ASSIGN(StoreStat before, store.stat());
  std::vector<Fingerprint> erased;
  if (o.dry_run) {
    OPH_ASSIGN(erased, store.find_garbage(o.job));
  } else {
    if (!o.job.empty()) OPH_TRY(store.remove_job(o.job));
    OPH_ASSIGN(erased, store.collect_garbage());
  }
  OPH_ASSIGN(StoreStat after, store.stat());
  if (o.json) {
    context.print(JsonObject()
                      .add("dry_run", o.dry_run)
                      .add_raw("erased", hex_list(erased))
                      .add("file_bytes_before", before.file_bytes)
                      .add("file_bytes", after.file_bytes)
                      .text() +
                  "\n");
    return {};
  }
  if (o.dry_run)
    for (const Fingerprint& f : erased) context.print(f.hex() + "\n");
  context.print(plural(erased.size(), "checkpoint") +
                (o.dry_run ? " would be erased\n" : " erased; the file has ") +
                (o.dry_run ? ""
                           : human_bytes(after.file_bytes) +
                                 " (before: " + human_bytes(before.file_bytes) + ")\n"));
  return {};
}

Status command_compact(Context& context) {
  OPH_ASSIGN(StoreStat before, context.store->stat());
  OPH_ASSIGN(bool done, context.store->compact());
  if (!done) return Status::store("another process has the store open. Stop it, or compact later");
  OPH_ASSIGN(StoreStat after, context.store->stat());
  if (context.options.json)
    context.print(JsonObject()
                      .add("file_bytes_before", before.file_bytes)
                      .add("file_bytes", after.file_bytes)
                      .text() +
                  "\n");
  else
    context.print("the file has " + human_bytes(after.file_bytes) +
                  " (before: " + human_bytes(before.file_bytes) + ")\n");
  return {};
}

Status command_backup(Context& context) {
  const std::string& directory = context.options.words[0];
  OPH_TRY(context.store->backup(directory));
  if (context.options.json)
    context.print(JsonObject().add("backup", directory).text() + "\n");
  else
    context.print("copied to '" + directory + "'; open it with --store '" + directory + "'\n");
  return {};
}

}  // namespace ophost::dump
