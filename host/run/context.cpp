#include "host/run/context.hpp"

#include <algorithm>
#include <new>
#include <thread>

#include "host/base/text.hpp"

namespace ophost {

std::string json_of(const std::vector<Layer>& layers) {
  return json_array(layers, [](const Layer& l) {
    return JsonObject().add("decision", l.decision).add("blob", l.blob.hex()).add("label", std::uint64_t{l.label}).add("rows", l.rows).text();
  });
}

std::string make_manifest(const JobContext& job, const char* kind, const JsonObject& extra) {
  std::string head = JsonObject()
                         .add("kind", kind)
                         .add("format", 1)
                         .add("job", job.job_id)
                         .add("created", iso_time(now_ns()))
                         .add_raw("created_by", job.created_by)
                         .text();
  std::string rest = extra.text();
  if (rest.size() > 2) {
    head.back() = ',';
    head.append(rest, 1);
  }
  return head;
}

std::string partition_manifest(const JobContext& job, const char* kind, std::size_t partition,
                               std::size_t position, std::size_t pass, const std::vector<Layer>& layers,
                               const std::vector<OpStats>& stats, const Fingerprints& at, JsonObject extra) {
  const Plan& plan = *job.plan;
  const PartitionPlan& p = plan.partitions[partition];
  std::string ingredients =
      "[" + JsonObject().add("step", "input").add("content", p.input.content.hex()).text();
  for (std::size_t k = 0; k < position; ++k) {
    std::string step = plan.ops[k].ingredients;
    step.pop_back();
    ingredients += "," + step + ",\"fingerprint\":\"" + p.at[k + 1][0].hex() + "\"}";
  }
  ingredients += "]";
  extra.add("pass", static_cast<std::uint64_t>(pass)).add("position", static_cast<std::uint64_t>(position));
  if (position > 0) {
    const PlannedOp& op = plan.ops[position - 1];
    extra.add_raw("op", JsonObject()
                            .add("index", static_cast<std::uint64_t>(op.config->index))
                            .add("name", op.op->name)
                            .add("plugin", op.op->plugin->id)
                            .add("plugin_version", op.op->plugin->version)
                            .add("semantics", std::uint64_t{op.op->desc.semantics})
                            .add_raw("params", op.config->params)
                            .text());
  }
  const InputFile& file = plan.files[p.input.file];
  extra.add_raw("partition", JsonObject()
                                 .add("index", static_cast<std::uint64_t>(partition))
                                 .add("file", absolute_path(file.path))
                                 .add("compression", file.compression == Compression::kNone   ? "none"
                                                     : file.compression == Compression::kGzip ? "gzip"
                                                                                              : "zstd")
                                 .add("weight", file.weight)
                                 .add("max_records", file.max_records)
                                 .add("begin", p.input.begin)
                                 .add("end", p.input.end)
                                 .add("first_line", p.input.first_line)
                                 .add("first_record", p.input.first_record)
                                 .add("content", p.input.content.hex())
                                 .text());
  extra.add_raw("text_keys", json_string_array(job.recipe->text_keys));
  if (!plan.text_required) extra.add("text_required", false);
  if (!layers.empty()) {
    for (auto l = layers.rbegin(); l != layers.rend(); ++l)
      if (l->blob != at[0]) {
        extra.add("base", l->blob.hex());
        break;
      }
  }
  extra.add_raw("layers", json_of(layers));
  JsonObject match;
  for (std::size_t m = 0; m < kMatches; ++m) match.add(match_name(static_cast<Match>(m)), at[m].hex());
  extra.add_raw("match", match.text());
  if (plan.match != Match::kStrict) extra.add("relaxed", match_name(plan.match));
  extra.add_raw("op_stats", json_of(stats));
  extra.add_raw("ingredients", ingredients);
  return make_manifest(job, kind, extra);
}

void log_of_operator(int level, const std::string& who, const std::string& message) {
  log_line(level >= OPH_LOG_ERROR  ? LogLevel::kError
           : level == OPH_LOG_WARN ? LogLevel::kWarn
           : level == OPH_LOG_INFO ? LogLevel::kInfo
                                   : LogLevel::kDebug,
           who + ": " + message);
}

void Worker::release_memory() {
  batch = Batch();
  for (std::string* s : {&chunk, &lines, &stats_lines, &quarantine_lines}) *s = std::string();
  for (auto& i : instances)
    if (i) i->release_memory();
  for (auto& [path, i] : derived) i->release_memory();
}

Result<OpInstance*> instance_for(const JobContext& job, Worker& worker, std::size_t op) {
  worker.instances.resize(job.plan->ops.size());
  auto& slot = worker.instances[op];
  if (!slot) {
    const PlannedOp& planned = job.plan->ops[op];
    OPH_TRY(tell_whole(worker.teller, op, 0, [&]() -> Status {
      OPH_ASSIGN(slot, OpInstance::create(*planned.op, planned.config->index, planned.config->params,
                                          planned.config->text_key, *job.services));
      return {};
    }));
  }
  return slot.get();
}

Status within_memory(const std::string& what, const std::function<Status()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Status::failed(what + " needs more memory than there is, or than --worker-memory allows. Is there a record of that size? "
                                 "Otherwise use fewer workers (--workers 1) or smaller partitions.");
  } catch (const std::exception& e) {
    return Status::failed(what + ": unexpected: " + e.what());
  }
}

Status parallel_for(std::size_t workers, std::size_t n,
                    const std::function<Status(std::size_t, std::size_t)>& fn) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::size_t failed_at = n;
  Status failure;
  auto work = [&](std::size_t worker) {
    while (!failed.load(std::memory_order_relaxed)) {
      std::size_t i = next.fetch_add(1);
      if (i >= n) return;
      Status s = within_memory("a task", [&] { return fn(worker, i); });
      if (s.ok()) continue;
      std::lock_guard lock(mutex);
      failed = true;
      // A stop is the weaker news: the others stopped because of it.
      bool weaker = !failure.ok() && failure.code() != Code::kStopped && s.code() == Code::kStopped;
      if (!weaker && (i < failed_at || failure.code() == Code::kStopped)) {
        failed_at = i;
        failure = s;
      }
    }
  };
  workers = std::min(workers, n);
  std::vector<std::thread> threads;
  for (std::size_t w = 1; w < workers; ++w) threads.emplace_back(work, w);
  if (workers > 0) work(0);
  for (auto& t : threads) t.join();
  return failure;
}

}  // namespace ophost
