#include "host/events/job_view.hpp"

#include <algorithm>
#include <filesystem>

#include "host/base/files.hpp"
#include "host/base/text.hpp"

namespace ophost {
namespace {

constexpr std::size_t kTroubles = 20;
constexpr std::size_t kFolders = 20'000;  // that find_jobs() looks into

double wall_seconds() { return static_cast<double>(now_ns() / 1000) / 1e6; }

std::optional<Json> read_document(const std::string& path) {
  auto text = read_file(path);
  if (!text.ok()) return std::nullopt;
  auto doc = parse_json(*text, path);
  return doc.ok() && doc->IsObject() ? std::optional(std::move(*doc)) : std::nullopt;
}

ProgressView progress_of(const JsonValue& event, double now) {
  ProgressView p;
  p.phase = get_string(event, "phase");
  p.share = get_double(event, "progress");
  p.bytes_done = get_uint(event, "bytes_done");
  p.bytes_total = get_uint(event, "bytes_total");
  p.records = get_uint(event, "records");
  p.records_per_second = get_double(event, "records_per_second");
  p.bytes_per_second = get_double(event, "bytes_per_second");
  p.at = get_double(event, "timestamp");
  if (get_member(event, "eta_seconds")) p.eta_seconds = std::max(0.0, get_double(event, "eta_seconds") - (now - p.at));
  return p;
}

class Viewer {
 public:
  explicit Viewer(JobView& view) : v_(view) {}

  Status run() {
    v_.now = wall_seconds();
    const Json& s = v_.record.summary;
    v_.start_time = get_double(s, "start_time");
    v_.end_time = get_double(s, "end_time");
    v_.seconds = get_double(s, "duration");
    if (v_.running()) v_.seconds += std::max(0.0, v_.now - get_double(s, "run_start_time", v_.now));
    v_.error = get_string(s, "error_message");
    read_plan();
    read_mapping();
    OPH_TRY(read_events());
    if (v_.record.state == "completed") read_result();
    for (PartitionView& p : v_.partitions) {
      if (v_.running()) break;
      if (p.status == "processing") p.status = "interrupted";
      p.current.reset();
    }
    for (OpView& o : v_.ops)
      if (!v_.running()) o.running = 0;
    return {};
  }

 private:
  OpView& op(std::size_t index, const std::string& name) {
    if (index >= 100'000) index = 99'999;  // not one of ours
    if (v_.ops.size() <= index) v_.ops.resize(index + 1);
    OpView& o = v_.ops[index];
    o.index = index;
    if (o.name.empty()) o.name = name;
    return o;
  }

  PartitionView& partition(std::int64_t id) {
    auto index = static_cast<std::size_t>(std::clamp<std::int64_t>(id, 0, 10'000'000));
    if (v_.partitions.size() <= index) v_.partitions.resize(index + 1);
    return v_.partitions[index];
  }

  void read_plan() {
    auto doc = read_document(v_.record.folder + "/dag_execution_plan.json");
    const JsonValue* nodes = doc ? get_member(*doc, "nodes") : nullptr;
    if (!nodes || !nodes->IsArray()) return;
    for (const auto& n : nodes->GetArray())
      op(get_uint(n, "execution_order"), get_string(n, "operation_name")).kind = get_string(n, "node_type");
  }

  void read_mapping() {
    auto doc = read_document(v_.record.folder + "/metadata/dataset_mapping.json");
    if (!doc) return;
    v_.dataset_path = get_string(*doc, "original_dataset_path");
    v_.samples = get_uint(*doc, "original_dataset_size");
    v_.partition_size = get_uint(*doc, "partition_size");
    const JsonValue* list = get_member(*doc, "partitions");
    if (!list || !list->IsArray()) return;
    for (const auto& p : list->GetArray()) {
      PartitionView& view = partition(get_int(p, "partition_id"));
      view.status = get_string(p, "processing_status", "pending");
      view.samples = get_uint(p, "sample_count");
      view.start = get_double(p, "processing_start_time");
      view.end = get_double(p, "processing_end_time");
      view.error = get_string(p, "error_message");
    }
  }

  Status read_events() {
    std::vector<std::string> files = event_files(v_.record);
    if (files.empty()) return {};
    EventFile file(files.back());
    return file.read([&](std::string_view line) {
      std::string_view type = type_of_line(line);
      ++v_.event_counts[std::string(type)];
      // Of these there can be very many, and nothing more is wanted of them.
      if (type == "record_quarantined" || type == "plugin_loaded" || type == "resource_sample" || type.empty()) return true;
      auto event = parse_json(line, "an event");
      if (event.ok() && event->IsObject()) take(std::string(type), *event);
      return true;
    });
  }

  void take(const std::string& type, const JsonValue& e) {
    const double at = get_double(e, "timestamp");
    const JsonValue* id = get_member(e, "partition_id");
    PartitionView* p = id && id->IsInt64() ? &partition(id->GetInt64()) : nullptr;
    if (type == "heartbeat") {
      v_.progress = progress_of(e, v_.now);
    } else if (type == "job_stop_requested") {
      v_.stop_requested = true;
    } else if (type == "partition_start" && p) {
      if (p->status != "processing") p->start = at;
      p->status = "processing";
      p->error.clear();
    } else if (type == "partition_complete" && p) {
      p->status = "completed";
      p->end = at;
      if (get_member(e, "input_rows")) p->samples = get_uint(e, "input_rows");
    } else if (type == "partition_failed" && p) {
      p->status = "failed";
      p->end = at;
      p->error = get_string(e, "error_message");
    } else if (type == "op_start") {
      OpView& o = op(get_uint(e, "operation_idx"), get_string(e, "operation_name"));
      if (p) {
        ++o.running;
        p->current = OpRun{o.index, o.name, at, 0, 0, 0, 0, 0};
      }
    } else if (type == "op_complete") {
      op_complete(e, at, p);
    } else if (type == "checkpoint_save" && p) {
      p->checkpoints.push_back({get_uint(e, "operation_idx"), get_string(e, "operation_name"), get_string(e, "checkpoint_path"), at});
    }
    if (type.ends_with("_failed") || type == "plugin_crashed" || type == "processing_error" || type == "circuit_open")
      if (v_.troubles.size() < kTroubles && (v_.troubles.empty() || v_.troubles.back() != get_string(e, "message")))
        v_.troubles.push_back(get_string(e, "message"));
  }

  void op_complete(const JsonValue& e, double at, PartitionView* p) {
    OpView& o = op(get_uint(e, "operation_idx"), get_string(e, "operation_name"));
    const bool decision = get_string(e, "phase") == "decision", keys = get_string(e, "phase") == "keys";
    o.seconds += get_double(e, "duration");
    o.bytes += get_uint(e, "input_bytes");
    o.quarantined += get_uint(e, "quarantined_rows");
    if (!decision) o.in += get_uint(e, "input_rows");
    if (decision) o.in = std::max(o.in, get_uint(e, "input_rows"));  // partitions whose keys were stored said nothing
    if (!keys) {
      o.out_known = true;
      o.out += get_uint(e, "output_rows");
      o.dropped += get_uint(e, "dropped_rows");
    }
    if (!p) return;
    ++o.done;
    if (o.running) --o.running;
    if (p->current && p->current->index == o.index) p->current.reset();
    OpRun run{o.index, o.name, at, get_double(e, "duration"), get_uint(e, "input_rows"), get_uint(e, "output_rows"), 0, 0};
    if (const JsonValue* m = get_member(e, "performance_metrics")) {
      run.throughput = get_double(*m, "throughput");
      run.reduction = get_double(*m, "reduction_ratio");
    }
    p->completed.push_back(run);
  }

  // A complete job has added everything up itself, what was reused too.
  void read_result() {
    const JsonValue* result = get_member(v_.record.summary, "result");
    const JsonValue* list = result ? get_member(*result, "operators") : nullptr;
    if (!list || !list->IsArray()) return;
    std::vector<OpView> ops;
    for (const auto& entry : list->GetArray()) {
      const JsonValue* s = get_member(entry, "stats");
      if (!s) return;
      OpView o;
      o.index = ops.size();
      o.name = get_string(entry, "operation_name");
      o.kind = get_string(entry, "kind");
      o.in = get_uint(*s, "in");
      o.out = get_uint(*s, "out");
      o.dropped = get_uint(*s, "dropped") + get_uint(*s, "discarded");
      o.duplicates = get_uint(*s, "duplicates");
      o.grouped = get_uint(*s, "grouped");
      o.added = get_uint(*s, "added");
      o.quarantined = get_uint(*s, "quarantined");
      o.bytes = get_uint(*s, "bytes");
      o.seconds = static_cast<double>(get_int(*s, "busy_ns")) / 1e9;
      o.done = get_uint(entry, "partitions_run");
      o.reused = get_uint(entry, "partitions_reused");
      o.out_known = true;
      ops.push_back(o);
    }
    v_.ops = std::move(ops);
  }

  JobView& v_;
};

JsonObject& add_time(JsonObject& o, const char* key, double t) {
  if (t > 0) return o.add(key, t);
  return o.add_raw(key, "null");
}

std::string json_of(const PartitionView& p) {
  JsonObject o;
  o.add("status", p.status).add("sample_count", p.samples);
  add_time(o, "start_time", p.start);
  add_time(o, "end_time", p.end);
  if (p.error.empty()) o.add_raw("error_message", "null");
  else o.add("error_message", p.error);
  if (p.current)
    o.add_raw("current_op", JsonObject()
                                .add("name", p.current->name)
                                .add("idx", static_cast<std::uint64_t>(p.current->index))
                                .add("start_time", p.current->start)
                                .text());
  else o.add_raw("current_op", "null");
  o.add_raw("completed_ops", json_array(p.completed, [](const OpRun& r) {
              return JsonObject()
                  .add("name", r.name)
                  .add("idx", static_cast<std::uint64_t>(r.index))
                  .add("duration", r.seconds)
                  .add("input_rows", r.in)
                  .add("output_rows", r.out)
                  .add("throughput", r.throughput)
                  .add("reduction_ratio", r.reduction)
                  .text();
            }));
  return o.add_raw("checkpoints", json_array(p.checkpoints, [](const CheckpointView& c) {
                     return JsonObject()
                         .add("operation_name", c.name)
                         .add("operation_idx", static_cast<std::uint64_t>(c.index))
                         .add("checkpoint_path", c.path)
                         .add("timestamp", c.time)
                         .text();
                   }))
      .text();
}

std::string json_of(const OpView& o) {
  JsonObject out;
  out.add("operation_idx", static_cast<std::uint64_t>(o.index))
      .add("operation_name", o.name)
      .add("kind", o.kind)
      .add("input_rows", o.in);
  if (o.out_known) out.add("output_rows", o.out);
  else out.add_raw("output_rows", "null");
  return out.add("dropped", o.dropped)
      .add("duplicates", o.duplicates)
      .add("grouped", o.grouped)
      .add("added", o.added)
      .add("quarantined", o.quarantined)
      .add("duration", o.seconds)
      .add("partitions_done", o.done)
      .add("partitions_running", o.running)
      .add("partitions_reused", o.reused)
      .text();
}

}  // namespace

std::uint64_t JobView::count(const std::string& status) const {
  return static_cast<std::uint64_t>(
      std::count_if(partitions.begin(), partitions.end(), [&](const PartitionView& p) { return p.status == status; }));
}

std::uint64_t JobView::processed_samples() const {
  std::uint64_t n = 0;
  for (const PartitionView& p : partitions)
    if (p.status == "completed") n += p.samples;
  return n;
}

double JobView::share() const {
  if (record.state == "completed") return 1;
  if (progress && progress->bytes_total) return std::clamp(progress->share, 0.0, 1.0);
  return partitions.empty() ? 0 : static_cast<double>(count("completed")) / static_cast<double>(partitions.size());
}

std::string JobView::json() const {
  std::string status = "{";
  for (std::size_t p = 0; p < partitions.size(); ++p)
    status += (p ? ",\"" : "\"") + std::to_string(p) + "\":" + json_of(partitions[p]);
  JsonObject overall;
  overall.add("total_partitions", static_cast<std::uint64_t>(partitions.size()))
      .add("completed_partitions", count("completed"))
      .add("processing_partitions", count("processing"))
      .add("failed_partitions", count("failed"))
      .add("progress_percentage", share() * 100)
      .add("total_samples", samples)
      .add("processed_samples", processed_samples());
  if (running() && progress && progress->eta_seconds) overall.add("estimated_remaining_seconds", *progress->eta_seconds);
  else overall.add_raw("estimated_remaining_seconds", "null");
  overall.add("job_status", record.state);
  JsonObject out;
  out.add("job_id", record.job_id)
      .add("status", record.state)
      .add("stop_requested", stop_requested)
      .add("duration", seconds)
      .add_raw("job_summary", dump_json(record.summary))
      .add_raw("dataset_mapping", JsonObject()
                                      .add("original_dataset_path", dataset_path)
                                      .add("original_dataset_size", samples)
                                      .add("partition_size", partition_size)
                                      .text())
      .add_raw("partition_status", status + "}")
      .add_raw("overall_progress", overall.text())
      .add_raw("operators", json_array(ops, [](const OpView& o) { return json_of(o); }));
  if (progress)
    out.add_raw("progress", JsonObject()
                                .add("phase", progress->phase)
                                .add("progress", progress->share)
                                .add("bytes_done", progress->bytes_done)
                                .add("bytes_total", progress->bytes_total)
                                .add("records", progress->records)
                                .add("records_per_second", progress->records_per_second)
                                .add("bytes_per_second", progress->bytes_per_second)
                                .add("timestamp", progress->at)
                                .text());
  JsonObject counts;
  for (const auto& [type, n] : event_counts) counts.add(type, n);
  return out.add_raw("event_counts", counts.text()).add_raw("troubles", json_string_array(troubles)).text();
}

Result<JobView> view_job(const std::string& folder) {
  settle_job(folder);
  JobView view;
  OPH_ASSIGN(view.record, read_job(folder));
  OPH_TRY(Viewer(view).run());
  return view;
}

std::optional<ProgressView> last_progress(const JobRecord& job) {
  std::vector<std::string> files = event_files(job);
  if (files.empty()) return std::nullopt;
  auto event = last_event(files.back(), "heartbeat");
  return event ? std::optional(progress_of(*event, wall_seconds())) : std::nullopt;
}

std::vector<std::string> find_jobs(const std::string& base) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  std::error_code ec;
  if (exists(base + "/job_summary.json")) out.push_back(base);
  fs::recursive_directory_iterator it(base, fs::directory_options::skip_permission_denied, ec), end;
  for (std::size_t seen = 0; !ec && it != end && seen < kFolders; it.increment(ec)) {
    std::error_code quiet;
    if (!it->is_directory(quiet)) continue;
    ++seen;
    const bool job = exists(it->path().string() + "/job_summary.json");
    if (job) out.push_back(it->path().string());
    // A job's own folders hold no jobs, and neither do hidden ones.
    if (job || it.depth() >= 2 || it->path().filename().string().starts_with('.')) it.disable_recursion_pending();
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ophost
