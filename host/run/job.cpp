#include "host/run/job.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/io/sink.hpp"
#include "host/run/borders.hpp"
#include "host/run/context.hpp"
#include "host/run/job_blobs.hpp"
#include "host/run/job_events.hpp"
#include "host/run/job_export.hpp"
#include "host/run/op_call.hpp"
#include "host/run/replay.hpp"
#include "host/run/runner.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

std::string describe_creator(const JobOptions& options) {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  passwd entry{}, *found = nullptr;
  char buffer[4096];
  ::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found);
  return JsonObject()
      .add("host_version", OPHOST_VERSION)
      .add("user", found ? found->pw_name : std::to_string(::geteuid()).c_str())
      .add("host", host)
      .add("pid", std::int64_t{::getpid()})
      .add_raw("argv", json_string_array(options.argv))
      .text();
}

// One process per job: the lock goes with the process, however it ends.
Result<Fd> lock_job(const JobPlaces& places) {
  std::string path = places.job_folder + "/lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd.valid()) return Status::os(Code::kFailed, "cannot create '" + path + "'", errno);
  // Somebody who looks whether the job runs has it for a moment, too.
  bool taken = true;
  for (int turn = 0; taken && turn < 20; ++turn) {
    if (turn) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    taken = ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
  }
  if (taken)
    return Status::usage("the job '" + places.job_id + "' is running in another process (its lock '" + path +
                         "' is taken). Wait for it, or give this run another --job_id.");
  return fd;
}

class Job {
 public:
  Job(const Recipe& recipe, const Registry& registry, const JobOptions& options)
      : recipe_(recipe), registry_(registry), options_(options) {}

  Result<JobResult> run() {
    started_ = monotonic_ns();
    OPH_ASSIGN(places_, job_places(recipe_));
    OPH_TRY(make_directories(places_.job_folder));
    OPH_ASSIGN(lock_, lock_job(places_));
    OPH_TRY(log_to_folder(places_.job_folder + "/logs"));
    OPH_ASSIGN(events_, EventLog::open(recipe_.event_logging
                                           ? (recipe_.event_log_dir.empty() ? places_.job_folder : recipe_.event_log_dir)
                                           : "",
                                       places_.job_id));
    result_.job_id = places_.job_id;
    result_.job_folder = places_.job_folder;
    result_.status = "running";
    life_ = begin_life(places_.job_folder, options_.argv);
    life_.event_log_file = events_->path().empty() ? "" : absolute_path(events_->path());
    life_.event_log_dir = parent_path(life_.event_log_file);
    events_->set_run_attempt(life_.run);
    tell_start(*events_, recipe_, life_);
    OPH_TRY(write_job_summary(places_, recipe_, result_, life_, {"running", "", "", 0}));
    progress_ = std::make_unique<Progress>(options_.progress, 0);
    pulse_ = std::make_unique<Pulse>(*events_, *progress_, options_.stop, options_.why_stopped, options_.deadline);
    Status s = inner();
    progress_->finish();
    pulse_->end();
    const std::string stop_reason = pulse_->stop_reason();
    if (s.code() == Code::kStopped && !stop_reason.empty()) s = Status::stopped("stopped " + stop_reason);
    result_.seconds = static_cast<double>(monotonic_ns() - started_) / 1e9;
    result_.status = s.ok() ? "completed" : s.code() == Code::kStopped ? "stopped" : "failed";
    const JobState state{result_.status, s.ok() ? "" : s.message(), result_.status == "stopped" ? stop_reason : "", result_.seconds};
    finish_events(s, state);
    Status w = write_job_summary(places_, recipe_, result_, life_, state);
    if (planned_)
      if (Status m = write_dataset_mapping(places_, plan_, states_); w.ok()) w = m;
    if (store_ && planned_) {
      Status p = store_->put_job(places_.job_id, job_document(plan_, places_.job_id, result_.status));
      if (w.ok()) w = p;
    }
    if (s.ok()) s = w;
    if (s.ok()) s = events_->status();
    if (!s.ok()) return s.code() == Code::kStopped ? Status::stopped(how_to_resume(stop_reason.empty() ? s.message() : stop_reason)) : s;
    return result_;
  }

 private:
  std::string how_to_resume(const std::string& why) const {
    return why + ". What is finished is kept; go on with the same command and --job_id " + places_.job_id;
  }

  Status inner() {
    services_.resource_paths = options_.resource_paths;
    services_.cancelled = options_.stop;
    services_.log = log_of_operator;
    OPH_ASSIGN(store_, Store::open(places_.store_folder));
    result_.workers = options_.workers        ? options_.workers
                      : recipe_.np > 0        ? static_cast<std::size_t>(recipe_.np)
                                              : std::max(1u, std::thread::hardware_concurrency());
    if (recipe_.max_concurrent_partitions > 0)
      result_.workers = std::min(result_.workers, static_cast<std::size_t>(recipe_.max_concurrent_partitions));
    context_.recipe = &recipe_;
    context_.registry = &registry_;
    context_.services = &services_;
    context_.plan = &plan_;
    context_.store = context_.whole_store = store_.get();
    context_.events = events_.get();
    context_.stop = options_.stop;
    context_.job_id = places_.job_id;
    context_.parts_folder = places_.job_folder + "/parts";
    context_.created_by = describe_creator(options_);
    context_.max_quarantined = options_.max_quarantined;  // the command line's, else the recipe's
    runner_ = options_.isolation == Isolation::kThread
                  ? run_in_threads(context_, result_.workers)
                  : run_in_processes(context_, places_.store_folder, result_.workers, options_.limits, options_.trust_plugins);

    events_->emit(EventType::kDagBuildStart, "reading the input and planning");
    std::uint64_t read = 0;
    auto reading = [&](std::uint64_t done, std::uint64_t all) {
      if (read == 0) progress_->restart("reading the input", all);
      progress_->add(done - read, 0);
      read = done;
    };
    OPH_ASSIGN(plan_, plan_job(recipe_, registry_, runner_->probe(), options_, store_.get(), reading));
    if (recipe_.strategy == CheckpointStrategy::kAuto) {
      progress_->restart("measuring the operators", 0);
      std::string said;
      OPH_TRY(settle_borders(recipe_, plan_, places_.job_folder, true, options_.fresh, [&] { return runner_->choose_borders(); }, said));
      log_line(LogLevel::kInfo, said);
    }
    planned_ = true;
    states_.resize(plan_.partitions.size());
    for (const std::string& w : plan_.warnings) log_line(LogLevel::kWarn, w);
    result_.warnings = plan_.warnings;
    result_.partitions = plan_.partitions.size();
    result_.input_bytes = plan_.input_bytes();
    OPH_TRY(write_job_documents(places_, recipe_, plan_, options_.argv));
    tell_plan(*events_, plan_, places_.job_folder);
    // So that a plan after a kill knows that this job had begun; an older document says more and stays until the end.
    OPH_ASSIGN(auto before, store_->get_job(places_.job_id));
    if (!before) OPH_TRY(store_->put_job(places_.job_id, job_document(plan_, places_.job_id, "running")));
    for (const auto& p : registry_.plugins())
      events_->emit(EventType::kPluginLoaded, p->id + " " + p->version,
                    JsonObject().add("plugin_version", p->version).add("path", p->file).add("digest", p->digest.hex()));

    const Fingerprint exported = JobExport(recipe_, places_, context_, result_).record();
    if (options_.fresh) OPH_TRY(blobs_.forget_all(exported));
    if (options_.replay) {
      OPH_ASSIGN(auto ops, ops_named(recipe_, *options_.replay));
      OPH_TRY(blobs_.forget_quarantined(ops, exported));
    }
    OPH_TRY(resolve());
    JobExport result_files(recipe_, places_, context_, result_);
    note_reuse();
    std::string damage;
    OPH_ASSIGN(bool there, options_.fresh || options_.replay ? Result<bool>(false) : result_files.already_there(damage));
    if (!damage.empty()) note_damage(damage);  // it is written anew at the end
    if (there) {
      result_.up_to_date = true;
      OPH_TRY(result_files.remove_parts());
      for (OpSummary& o : result_.ops) {
        o.reused += o.run;
        o.run = 0;
      }
      for (PartitionState& p : states_) p.status = "completed";
      std::vector<std::size_t> all(plan_.partitions.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      tell_processing(*events_, result_, all);
      return finish_store();
    }
    context_.progress = progress_.get();
    OPH_TRY(begin_processing());
    runner_->begin();
    OPH_TRY(make_directories(context_.parts_folder));
    if (Status s = run_passes(); !s.ok()) {
      if (s.code() != Code::kStopped) events_->emit(EventType::kProcessingError, s.message());
      return s;
    }
    OPH_TRY(check_budget());
    progress_->phase("writing the export");
    events_->emit(EventType::kProcessingComplete, "all partitions are through; the export is put together");
    OPH_TRY(result_files.write());
    return finish_store();
  }

  // The bounds on quarantined records hold for the whole result, whoever computed it.
  Status check_budget() const {
    std::uint64_t records = 0, quarantined = 0;
    for (std::size_t p = 0; p < plan_.partitions.size(); ++p) {
      OPH_ASSIGN(auto part, find_part(context_, p));
      if (!part) continue;
      records += part->input_records;
      quarantined += part->quarantined;
    }
    if (quarantined > options_.max_quarantined) return too_many_quarantined(context_);
    if (static_cast<double>(quarantined) <= options_.max_quarantined_share * static_cast<double>(records)) return {};
    return Status::failed(std::to_string(quarantined) + " of " + std::to_string(records) + " records are in quarantine, more than the " +
                          std::to_string(options_.max_quarantined_share * 100) + "% of --max-quarantined; '" + places_.job_folder +
                          "/logs' has the reasons");
  }

  // Says what is there already, which partitions need no work among them.
  Status begin_processing() {
    std::vector<std::size_t> complete;
    for (std::size_t p = 0; p < states_.size(); ++p) {
      OPH_ASSIGN(auto part, find_part(context_, p));
      if (!part) continue;
      states_[p].status = "completed";
      states_[p].records = part->input_records;
      complete.push_back(p);
    }
    tell_processing(*events_, result_, complete);
    progress_->restart("processing", stretches_of(plan_, complete), result_.workers);
    return {};
  }

  // What a task's beginning and end mean for its partition.
  Status note_task(std::size_t p, bool last, const Status& s) {
    PartitionState& state = states_[p];
    const double now = static_cast<double>(now_ns() / 1000) / 1e6;
    if (!s.ok()) {
      if (s.code() == Code::kStopped) return s;
      state.status = "failed";
      state.error = s.message();
      state.end = now;
      events_->emit(EventType::kPartitionFailed, s.message(),
                    JsonObject().add("partition_id", static_cast<std::uint64_t>(p)).add("status", "failed").add("error_message", s.message()));
    } else if (last) {
      OPH_ASSIGN(auto part, find_part(context_, p));
      if (part) state.records = part->input_records;
      state.status = "completed";
      state.end = now;
    }
    return s;
  }

  void note_reuse() {
    for (std::size_t k = 0; k < plan_.ops.size(); ++k) {
      OpSummary s;
      s.name = plan_.ops[k].op->name;
      s.kind = kind_name(plan_.ops[k].op->desc.kind);
      result_.ops.push_back(s);
    }
    runs_.assign(plan_.ops.size(), std::vector<bool>(plan_.partitions.size()));
    count_runs();
  }

  // Marks what runs by the plan as it is resolved now; called again when damage sends the job back.
  void count_runs() {
    for (std::size_t j = 0; j < plan_.passes.size(); ++j)
      for (std::size_t p = 0; p < plan_.partitions.size(); ++p) {
        const Pass& pass = plan_.passes[j];
        const PassState& s = plan_.partitions[p].passes[j];
        bool runs = plan_.needed(j, p);
        for (std::size_t k = pass.begin; k < pass.end; ++k)
          if (runs && k >= s.start) runs_[k][p] = true;
        if (!pass.barrier) continue;
        if (plan_.boundary(j) == Boundary::kLocal ? runs : !plan_.decided[j]) runs_[*pass.barrier][p] = true;
      }
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      result_.ops[k].run = static_cast<std::size_t>(std::count(runs_[k].begin(), runs_[k].end(), true));
      result_.ops[k].reused = runs_[k].size() - result_.ops[k].run;
    }
  }

  Status resolve() {
    OPH_TRY(resolve_plan(plan_, store_.get()));
    for (const std::string& reason : plan_.damaged) note_damage(reason);
    // A commit leaves alone what is there; these have to make room, or they would never be whole again.
    if (!plan_.unfounded.empty()) OPH_TRY(store_->erase(plan_.unfounded));
    // So that no other job of the store erases what this one is going to read.
    std::vector<Fingerprint> fresh;
    for (const Fingerprint& f : blobs_.used())
      if (referenced_.insert(f).second) fresh.push_back(f);
    return fresh.empty() ? Status() : store_->add_references(places_.job_id, fresh);
  }

  // Once for every reason.
  void note_damage(const std::string& reason) {
    if (!damage_noted_.insert(reason).second) return;
    log_line(LogLevel::kWarn, reason);
    events_->emit(EventType::kCheckpointVerifyFailed, reason);
  }

  Status run_passes() {
    // A checkpoint that turns out to be damaged is erased and everything is planned anew; each turn of
    // this loop erases one, so it ends.
    for (int turn = 0;; ++turn) {
      Damage damage;
      Status s = all_passes(damage);
      if (s.ok() || !damage.found || turn > 10000) return s;
      log_line(LogLevel::kWarn, damage.reason + "; it is computed again");
      events_->emit(EventType::kCheckpointVerifyFailed, damage.reason,
                    JsonObject().add("checkpoint_path", damage.blob.hex()));
      OPH_TRY(store_->erase({damage.blob}));
      OPH_TRY(resolve());
      count_runs();
    }
  }

  Status all_passes(Damage& damage) {
    for (std::size_t j = 0; j < plan_.passes.size(); ++j) {
      bool last = j + 1 == plan_.passes.size();
      std::vector<std::size_t> tasks;
      for (std::size_t p = 0; p < plan_.partitions.size(); ++p) {
        if (!plan_.needed(j, p)) continue;
        if (last) {
          OPH_ASSIGN(auto part, find_part(context_, p));
          if (part) continue;
        }
        tasks.push_back(p);
      }
      progress_->phase(plan_.passes.size() == 1 ? "processing"
                                                : "pass " + std::to_string(j + 1) + " of " +
                                                      std::to_string(plan_.passes.size()));
      std::mutex mutex;
      const std::int64_t begun = monotonic_ns();
      progress_->begin_stretch(j);
      if (!tasks.empty()) tell_pass_start(*events_, plan_, j, tasks.size());
      Status s = parallel_for(runner_->workers(), tasks.size(), [&](std::size_t w, std::size_t i) {
        OPH_TRY(context_.stopped());
        PartitionState& state = states_[tasks[i]];
        if (state.start == 0) state.start = static_cast<double>(now_ns() / 1000) / 1e6;
        state.status = "processing";
        Damage found;
        Status t = note_task(tasks[i], last, runner_->pass(w, j, tasks[i], found));
        if (!t.ok() && found.found) {
          std::lock_guard lock(mutex);
          damage = found;
        }
        return t;
      });
      OPH_TRY(s);
      if (!tasks.empty())
        tell_pass_complete(*events_, plan_, j, tasks.size(), static_cast<double>(monotonic_ns() - begun) / 1e9);
      if (last) return {};
      if (!tasks.empty()) OPH_TRY(resolve());
      // Asks again what was just stored: under a damaged tree, a write can be where no read finds it.
      for (std::size_t p : tasks)
        if (plan_.needed(j, p)) return lost("partition " + std::to_string(p));
      if (plan_.boundary(j) != Boundary::kLocal && !plan_.decided[j]) {
        const std::size_t k = *plan_.passes[j].barrier;
        progress_->phase(plan_.ops[k].op->name);
        events_->emit(EventType::kOpStart, plan_.ops[k].op->name + " decides over the whole data set",
                      op_fields(plan_, k).add("phase", "decision"));
        s = plan_.boundary(j) == Boundary::kDedup ? runner_->decide(j, damage) : runner_->gather(j, damage);
        if (!s.ok() && s.code() != Code::kStopped)
          events_->emit(EventType::kOpFailed, s.message(),
                        op_fields(plan_, k).add("phase", "decision").add("status", "failed").add("error_message", s.message()));
        OPH_TRY(s);
        OPH_TRY(resolve());
        if (!plan_.decided[j]) return lost(plan_.ops[k].op->name);
      }
    }
    return {};
  }

  Status lost(const std::string& whose) const {
    return Status::store("the store '" + places_.store_folder + "': what was just stored there of " + whose +
                         " is not found again: its file data.mdb is damaged, or somebody erased it meanwhile. Run again; if that "
                         "does not help, move the folder away: everything in it is computed anew");
  }

  // What stays in the store, and how much that is.
  Status finish_store() {
    OPH_TRY(blobs_.settle());
    OPH_ASSIGN(StoreStat stat, store_->stat());
    result_.store_bytes = stat.stored_bytes;
    result_.store_blobs = stat.blobs;
    result_.tap_seconds = static_cast<double>(context_.own_counters.tap_ns.load()) / 1e9;
    return {};
  }

  void finish_events(const Status& s, const JobState& state) {
    static constexpr const char* kTypes[] = {"", "failed", "usage", "plugin", "input", "store", "stopped"};
    tell_end(*events_, result_, state, kTypes[static_cast<int>(s.code())]);
    if (!s.ok() && s.code() != Code::kStopped) log_line(LogLevel::kDebug, s.message());
    if (Status f = events_->sync(); !f.ok()) log_line(LogLevel::kWarn, f.message());
  }

  Recipe recipe_;  // a copy: the job's id is filled into its paths
  const Registry& registry_;
  const JobOptions& options_;
  std::int64_t started_ = 0;
  JobPlaces places_;
  Fd lock_;
  HostServices services_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<Pulse> pulse_;
  JobLife life_;
  std::vector<PartitionState> states_;  // by partition; a task touches its own
  Plan plan_;
  bool planned_ = false;
  std::set<std::string> damage_noted_;
  std::set<Fingerprint> referenced_;
  JobContext context_;
  JobBlobs blobs_{context_};
  std::unique_ptr<TaskRunner> runner_;
  std::vector<std::vector<bool>> runs_;  // per operator and partition: it was, or is, to run
  JobResult result_;
};

}  // namespace

Result<JobResult> run_job(const Recipe& recipe, const Registry& registry, const JobOptions& options) {
  return Job(recipe, registry, options).run();
}

}  // namespace ophost
