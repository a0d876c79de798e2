#include "host/run/job_export.hpp"

#include <algorithm>

#include "host/base/files.hpp"

namespace ophost {
namespace {

Result<bool> same_file(const std::string& path, const std::string& hash) {
  if (!exists(path)) return false;
  OPH_ASSIGN(Fd fd, open_read(path));
  OPH_ASSIGN(Hash128 found, hash_file(fd, path));
  return found.hex() == hash;
}

}  // namespace

Fingerprint JobExport::record() const {
  return Hasher()
      .field("exported")
      .field(context_.plan->export_fingerprint.view())
      .field(absolute_path(recipe_.export_path))
      .digest();
}

Result<bool> JobExport::already_there(std::string& damage) {
  auto found_record = context_.store->find(record());
  if (!found_record.ok()) {  // written anew at the end
    damage = found_record.status().message();
    return false;
  }
  const auto& info = *found_record;
  if (!info) return false;
  if (!recipe_.use_cache) {
    OPH_ASSIGN(auto own, context_.whole_store->references(places_.job_id));
    if (std::find(own.begin(), own.end(), record()) == own.end()) return false;
  }
  OPH_ASSIGN(Json doc, parse_json(info->manifest, "the record of an export"));
  const JsonValue* files = get_member(doc, "files");
  if (!files || !files->IsArray()) return false;
  std::vector<ExportedFile> found;
  std::string stats_file = get_string(doc, "stats_file"), quarantine = get_string(doc, "quarantine");
  for (const auto& f : files->GetArray()) {
    ExportedFile e;
    e.path = get_string(f, "path");
    e.bytes = static_cast<std::uint64_t>(get_int(f, "bytes"));
    e.records = static_cast<std::uint64_t>(get_int(f, "records"));
    e.content = Hash128::from_hex(get_string(f, "content")).value_or(Hash128());
    OPH_ASSIGN(bool same, same_file(e.path, get_string(f, "content")));
    if (!same) return false;
    found.push_back(e);
  }
  if (!stats_file.empty()) {
    OPH_ASSIGN(bool same, same_file(stats_file, get_string(doc, "stats_content")));
    if (!same) return false;
  }
  if (!quarantine.empty() && !exists(quarantine)) return false;
  take_counts(stats_from_json(get_member(doc, "op_stats")), static_cast<std::uint64_t>(get_int(doc, "input_records")),
              static_cast<std::uint64_t>(get_int(doc, "reader_quarantined")),
              static_cast<std::uint64_t>(get_int(doc, "quarantined")),
              static_cast<std::uint64_t>(get_int(doc, "output_records")));
  result_.files = std::move(found);
  result_.quarantine_file = quarantine;
  return true;
}

void JobExport::take_counts(const std::vector<OpStats>& ops, std::uint64_t in, std::uint64_t reader,
                            std::uint64_t quarantined, std::uint64_t out) {
  for (std::size_t k = 0; k < ops.size() && k < result_.ops.size(); ++k) result_.ops[k].stats.add(ops[k]);
  result_.input_records += in;
  result_.reader_quarantined += reader;
  result_.quarantined += quarantined;
  result_.output_records += out;
}

Status JobExport::write() {
  ExportSpec spec;
  spec.path = recipe_.export_path;
  spec.shard_size = recipe_.export_shard_size;
  OPH_TRY(make_directories(parent_path(spec.path)));
  OPH_ASSIGN(auto out, open_export(spec, places_.job_id));
  std::unique_ptr<ExportWriter> stats;
  std::string quarantine = places_.job_folder + "/quarantine/quarantine.jsonl";
  OPH_TRY(make_directories(parent_path(quarantine)));
  OPH_ASSIGN(auto aside, open_export({quarantine, 0}, places_.job_id));
  for (std::size_t p = 0; p < context_.plan->partitions.size(); ++p) {
    OPH_TRY(context_.stopped());
    OPH_ASSIGN(auto part, find_part(context_, p));
    if (!part) return Status::failed("a part of the output is gone from '" + context_.parts_folder + "'; run again");
    Status s = out->append_part(part->lines, part->records, part->lines_hash);
    if (s.ok() && !part->stats.empty()) {
      if (!stats) {
        OPH_ASSIGN(stats, open_export({stats_path(spec.path), 0}, places_.job_id));
      }
      s = stats->append_part(part->stats, part->stats_records, part->stats_hash);
    }
    if (s.ok() && !part->quarantine.empty())
      s = aside->append_part(part->quarantine, part->quarantined, part->quarantine_hash);
    if (!s.ok()) {
      // So that the next run writes the part again instead of stumbling over the same damage.
      OPH_TRY(context_.store->erase({part_fingerprint(context_, p)}));
      return s.within("putting the output together (the part is written again by the next run)");
    }
    take_counts(part->ops, part->input_records, part->reader_quarantined, part->quarantined, part->records);
  }
  OPH_ASSIGN(result_.files, out->finish());
  std::string stats_file, stats_content;
  if (stats) {
    OPH_ASSIGN(auto files, stats->finish());
    stats_file = absolute_path(files.front().path);
    stats_content = files.front().content.hex();
  }
  if (result_.quarantined > 0) {
    OPH_ASSIGN(auto files, aside->finish());
    result_.quarantine_file = files.front().path;
  } else {
    aside.reset();
    OPH_TRY(remove_file(quarantine));
  }
  OPH_TRY(remember(stats_file, stats_content));
  OPH_TRY(remove_parts());
  if (!result_.conserved())
    return Status::failed("the records do not add up (in + added = out + dropped + duplicates + grouped + quarantined); this is a "
                          "defect of ophost: please report it with " + places_.job_folder + "/job_summary.json");
  return {};
}

Status JobExport::remove_parts() {
  std::vector<Fingerprint> parts;
  for (std::size_t p = 0; p < context_.plan->partitions.size(); ++p) parts.push_back(part_fingerprint(context_, p));
  OPH_TRY(context_.store->erase(parts));
  return remove_tree(context_.parts_folder);
}

Status JobExport::remember(const std::string& stats_file, const std::string& stats_content) {
  std::string files = "[";
  for (const ExportedFile& f : result_.files) {
    if (files.size() > 1) files += ',';
    files += JsonObject()
                 .add("path", absolute_path(f.path))
                 .add("bytes", f.bytes)
                 .add("records", f.records)
                 .add("content", f.content.hex())
                 .text();
  }
  std::vector<OpStats> ops;
  for (const OpSummary& o : result_.ops) ops.push_back(o.stats);
  std::string manifest = make_manifest(context_, "export",
                                       JsonObject()
                                           .add_raw("files", files + "]")
                                           .add("stats_file", stats_file)
                                           .add("stats_content", stats_content)
                                           .add("quarantine", result_.quarantine_file.empty()
                                                                  ? std::string()
                                                                  : absolute_path(result_.quarantine_file))
                                           .add("input_records", result_.input_records)
                                           .add("output_records", result_.output_records)
                                           .add("reader_quarantined", result_.reader_quarantined)
                                           .add("quarantined", result_.quarantined)
                                           .add_raw("op_stats", ophost::json_of(ops)));
  OPH_TRY(context_.store->erase({record()}));
  OPH_ASSIGN(auto blob, context_.store->new_blob());
  std::vector<PendingBlob> pending;
  pending.push_back({record(), std::move(manifest), std::move(blob)});
  return context_.store->commit(std::move(pending), places_.job_id);
}

}  // namespace ophost
