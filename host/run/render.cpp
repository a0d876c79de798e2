#include "host/run/render.hpp"

#include <algorithm>

#include "host/base/text.hpp"
#include "host/batch/utf8.hpp"

namespace ophost {
namespace {

constexpr char kStats[] = "__dj__stats__";
constexpr char kMeta[] = "__dj__meta__";

std::string base64(std::string_view s) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((s.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < s.size(); i += 3) {
    std::uint32_t v = 0;
    std::size_t n = std::min<std::size_t>(3, s.size() - i);
    for (std::size_t k = 0; k < 3; ++k) v = v << 8 | (k < n ? static_cast<unsigned char>(s[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? kAlphabet[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string part_name(const JobContext& job, std::size_t partition, const char* kind) {
  std::string number = std::to_string(partition);
  return job.parts_folder + "/" + std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number + "." + kind;
}

// The batch's columns in the order in which the recipe's operators name them. A task's own order depends on the
// checkpoint it started from; what is written must not.
std::vector<std::size_t> recipe_order(const Plan& plan, const Batch& batch) {
  std::vector<ColumnSpec> specs;
  for (const PlannedOp& op : plan.ops) {
    specs.insert(specs.end(), op.reads.begin(), op.reads.end());
    specs.insert(specs.end(), op.writes.begin(), op.writes.end());
  }
  auto rank = [&](std::size_t column) {
    return std::find(specs.begin(), specs.end(), batch.columns[column].spec) - specs.begin();
  };
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> order;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) order.push_back({rank(i), i});
  std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::vector<std::size_t> out;
  for (auto& [r, i] : order) out.push_back(i);
  return out;
}

}  // namespace

std::vector<ColumnSpec> render_columns(const Plan& plan) {
  std::vector<ColumnSpec> out = record_columns();
  for (const ColumnSpec& s : plan.stats) out.push_back(s);
  return out;
}

Result<std::unique_ptr<Renderer>> Renderer::open(JobContext& job, std::size_t partition) {
  std::unique_ptr<Renderer> self(new Renderer(job, partition));
  for (const ColumnSpec& s : job.plan->stats)
    if (s.path.starts_with(std::string(kStats) + ".") || s.path.starts_with(std::string(kMeta) + "."))
      self->stats_wanted_ = true;
  OPH_ASSIGN(self->lines_, open_part(part_name(job, partition, "jsonl")));
  if (self->stats_wanted_) {
    OPH_ASSIGN(self->stats_, open_part(part_name(job, partition, "stats")));
  }
  return self;
}

void Renderer::quarantine(const Batch& batch, const RowFault& fault, std::string& out) {
  const Plan& plan = *job_.plan;
  JsonObject entry;
  entry.add("file", absolute_path(plan.files[plan.partitions[partition_].input.file].path))
      .add("line", batch.line_number[fault.row])
      .add("byte_offset", batch.byte_offset[fault.row])
      .add("partition_id", static_cast<std::uint64_t>(partition_))
      .add("record", batch.first_row + fault.row);
  if (fault.op >= 0) {
    const PlannedOp& op = plan.ops[static_cast<std::size_t>(fault.op)];
    entry.add("operation_idx", std::int64_t{fault.op})
        .add("operation_name", op.op->name)
        .add("plugin", op.op->plugin->id)
        .add("plugin_version", op.op->plugin->version);
  } else {
    entry.add("operation_name", "reader");
  }
  entry.add("code", std::int64_t{fault.code}).add("reason", fault.reason);
  std::string_view line = batch.line(fault.row);
  if (!find_invalid_utf8(line)) entry.add("raw", line);
  else entry.add("raw_base64", base64(line));
  out += entry.text();
  out += '\n';
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
  // In the order of the input, whatever found them.
  std::vector<const RowFault*> faults;
  for (const RowFault& f : batch.faults) faults.push_back(&f);
  std::stable_sort(faults.begin(), faults.end(), [](auto* a, auto* b) { return a->row < b->row; });
  worker.quarantine_lines.clear();
  for (const RowFault* f : faults) quarantine(batch, *f, worker.quarantine_lines);
  if (!quarantine_) {
    OPH_ASSIGN(quarantine_, open_part(part_name(job_, partition_, "quarantine")));
  }
  quarantined_ += faults.size();
  return quarantine_->append(worker.quarantine_lines, faults.size());
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
