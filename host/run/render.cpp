#include "host/run/render.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/run/op_call.hpp"

namespace ophost {
namespace {

constexpr char kStats[] = "__dj__stats__";
constexpr char kMeta[] = "__dj__meta__";

std::string part_name(const JobContext& job, std::size_t partition, const char* kind) {
  std::string number = std::to_string(partition);
  return job.parts_folder + "/" + std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number + "." + kind;
}

}  // namespace

Result<std::unique_ptr<Renderer>> Renderer::open(JobContext& job, std::size_t partition) {
  std::unique_ptr<Renderer> self(new Renderer(job, partition));
  for (const ColumnSpec& s : job.plan->stats)
    if (is_below(s.path, kStats) || is_below(s.path, kMeta)) self->stats_wanted_ = true;
  OPH_ASSIGN(self->lines_, open_part(part_name(job, partition, "jsonl")));
  if (self->stats_wanted_) {
    OPH_ASSIGN(self->stats_, open_part(part_name(job, partition, "stats")));
  }
  return self;
}

Status Renderer::write(Worker& worker, const Batch& batch) {
  worker.lines.clear();
  worker.stats_lines.clear();
  if (order_.size() != batch.columns.size()) order_ = recipe_order(*job_.plan, batch);
  std::uint64_t n = 0;
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    if (!batch.alive.get(r)) continue;
    record_.write(batch, order_, r, worker.lines, stats_wanted_ ? &worker.stats_lines : nullptr);
    ++n;
  }
  OPH_TRY(lines_->append(worker.lines, n));
  if (stats_) OPH_TRY(stats_->append(worker.stats_lines, n));
  if (batch.faults.empty()) return {};
  worker.quarantine_lines.clear();
  std::uint64_t faults = append_quarantine(job_, partition_, batch, worker.quarantine_lines);
  return quarantine(worker.quarantine_lines, faults);
}

Status Renderer::quarantine(std::string_view lines, std::uint64_t records) {
  if (!quarantine_) {
    OPH_ASSIGN(quarantine_, open_part(part_name(job_, partition_, "quarantine")));
  }
  quarantined_ += records;
  return quarantine_->append(lines, records);
}

Result<PartInfo> Renderer::finish() {
  PartInfo part;
  OPH_ASSIGN(ExportedFile lines, lines_->finish());
  part.lines = lines.path;
  part.records = lines.records;
  part.lines_hash = lines.content;
  if (stats_) {
    OPH_ASSIGN(ExportedFile stats, stats_->finish());
    part.stats = stats.path;
    part.stats_records = stats.records;
    part.stats_hash = stats.content;
  }
  if (quarantine_) {
    OPH_ASSIGN(ExportedFile q, quarantine_->finish());
    part.quarantine = q.path;
    part.quarantine_hash = q.content;
  }
  part.quarantined = quarantined_;
  return part;
}

Fingerprint part_fingerprint(const JobContext& job, std::size_t partition) {
  const PartitionPlan& p = job.plan->partitions[partition];
  return Hasher()
      .field("part")
      .field(job.job_id)
      .field(job.parts_folder)
      .field(partition)
      .field(job.plan->export_fingerprint.view())
      .field(p.at.back()[static_cast<std::size_t>(Match::kStrict)].view())
      .digest();
}

std::string part_manifest(const JobContext& job, std::size_t partition, const PartInfo& part) {
  return make_manifest(job, "part",
                       JsonObject()
                           .add_raw("partition", JsonObject().add("index", static_cast<std::uint64_t>(partition)).text())
                           .add("lines", part.lines)
                           .add("stats", part.stats)
                           .add("quarantine", part.quarantine)
                           .add("alive", part.records)
                           .add("stats_records", part.stats_records)
                           .add("quarantined", part.quarantined)
                           .add("rows", part.input_records)
                           .add("reader_quarantined", part.reader_quarantined)
                           .add("lines_hash", part.lines_hash.hex())
                           .add("stats_hash", part.stats_hash.hex())
                           .add("quarantine_hash", part.quarantine_hash.hex())
                           .add_raw("op_stats", json_of(part.ops)));
}

Result<std::optional<PartInfo>> find_part(const JobContext& job, std::size_t partition) {
  auto found = job.store->find(part_fingerprint(job, partition));
  if (!found.ok()) return std::optional<PartInfo>();  // damaged: its task writes it anew
  const auto& info = *found;
  if (!info) return std::optional<PartInfo>();
  OPH_ASSIGN(Json doc, parse_json(info->manifest, "the manifest of " + info->fingerprint.hex()));
  PartInfo part;
  part.lines = get_string(doc, "lines");
  part.stats = get_string(doc, "stats");
  part.quarantine = get_string(doc, "quarantine");
  for (const std::string* file : {&part.lines, &part.stats, &part.quarantine})
    if (!file->empty() && !exists(*file)) return std::optional<PartInfo>();
  auto n = [&](const char* key) { return static_cast<std::uint64_t>(get_int(doc, key)); };
  part.records = n("alive");
  part.stats_records = n("stats_records");
  part.quarantined = n("quarantined");
  part.input_records = n("rows");
  part.reader_quarantined = n("reader_quarantined");
  part.lines_hash = Hash128::from_hex(get_string(doc, "lines_hash")).value_or(Hash128());
  part.stats_hash = Hash128::from_hex(get_string(doc, "stats_hash")).value_or(Hash128());
  part.quarantine_hash = Hash128::from_hex(get_string(doc, "quarantine_hash")).value_or(Hash128());
  part.ops = stats_from_json(get_member(doc, "op_stats"));
  return std::optional(std::move(part));
}

}  // namespace ophost
