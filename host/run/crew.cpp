// Worker processes, and what happens when one does not come back: the next attempt is told which records to show alone or
// not at all, until it does; attempts that teach nothing are repeated after a while, a few times; an operator that takes
// down every worker is left alone for a while (CircuitBreaker), and given up when that did not help.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/run/borders.hpp"
#include "host/run/circuit_breaker.hpp"
#include "host/run/op_call.hpp"
#include "host/run/runner.hpp"
#include "host/run/wire.hpp"

namespace ophost {
namespace {

constexpr int kOpenings = 3;  // a breaker that opens so often without a success between has made its point

class Crew : public TaskRunner {
 public:
  Crew(JobContext& job, const std::string& store_folder, std::size_t threads, const WorkerLimits& limits, bool trust)
      : job_(job), store_folder_(store_folder), limits_(limits), trust_(trust), threads_(threads) {
    for (const OpConfig& config : job.recipe->process) breakers_.push_back(make_breaker(config));
  }

  OpProbe probe() override {
    return [this](const Operator&, const OpConfig& config) -> Result<OpFacts> {
      if (workers_.empty()) OPH_TRY(first_set_up());
      const JsonValue* list = get_member(setup_, "facts");
      if (!list || !list->IsArray() || config.index >= list->Size()) return Status::failed("a worker did not describe " + config.name);
      const JsonValue& facts = (*list)[static_cast<rapidjson::SizeType>(config.index)];
      if (const JsonValue* error = get_member(facts, "error")) return status_from(*error);
      return facts_from(facts);
    };
  }

  // In a worker process too: whatever an operator does there, it costs no more than the choice.
  Result<BorderChoice> choose_borders() override {
    if (workers_.empty()) workers_.resize(1);
    std::optional<Death> death;
    OPH_TRY(ready(0, death));
    std::optional<Json> answer;
    if (!death) answer = ask(0, JsonObject().add("do", "choose_borders").text(), death);
    if (death) {
      OPH_TRY(job_.stopped());
      return guess_borders(*job_.plan, death->sentence(limits_));
    }
    workers_[0].planned = false;  // its plan has the old borders
    OPH_TRY(job_.stopped());
    // A record that fails the job will do so when its turn comes.
    if (Status s = status_from(*get_member(*answer, "answer")); !s.ok()) return guess_borders(*job_.plan, s.message());
    BorderChoice choice;
    choice.like = get_string(*answer, "like");
    choice.reason = get_string(*answer, "reason");
    if (const JsonValue* list = get_member(*answer, "checkpoint_after"); list && list->IsArray())
      for (const auto& b : list->GetArray())
        if (b.IsUint64()) choice.borders.push_back(b.GetUint64());
    return choice;
  }

  void begin() override { workers_.resize(threads_); }
  std::size_t workers() const override { return workers_.size(); }

  Status pass(std::size_t worker, std::size_t pass, std::size_t partition, Damage& damage) override {
    const Pass& p = job_.plan->passes[pass];
    Task task;
    task.request = JsonObject()
                       .add("do", "pass")
                       .add("pass", static_cast<std::uint64_t>(pass))
                       .add("partition", static_cast<std::uint64_t>(partition))
                       .add_raw("start", start_json(*job_.plan, pass, partition));
    for (std::size_t k = job_.plan->partitions[partition].passes[pass].start; k < p.end; ++k) task.ops.push_back(k);
    if (p.barrier) task.ops.push_back(*p.barrier);
    task.name = "partition " + std::to_string(partition);
    return attempts(worker, task, damage);
  }
  Status decide(std::size_t pass, Damage& damage) override { return boundary("decide", pass, damage); }
  Status gather(std::size_t pass, Damage& damage) override { return boundary("gather", pass, damage); }

 private:
  struct Task {
    JsonObject request;
    std::string name;
    std::vector<std::size_t> ops;  // that it may call
  };
  struct Member {
    std::unique_ptr<WorkerProcess> process;
    bool planned = false;
  };

  Status boundary(const char* what, std::size_t pass, Damage& damage) {
    Task task;
    task.request =
        JsonObject().add("do", what).add("pass", static_cast<std::uint64_t>(pass)).add_raw("starts", starts_json(*job_.plan, pass));
    task.ops = {*job_.plan->passes[pass].barrier};
    task.name = job_.plan->ops[task.ops[0]].op->name;
    return attempts(0, task, damage);
  }

  std::unique_ptr<CircuitBreaker> make_breaker(const OpConfig& config) {
    auto now = [] { return static_cast<double>(monotonic_ns()) / 1e9; };
    return std::make_unique<CircuitBreaker>(config.circuit_breaker, now, [this, &config](CircuitBreaker::State state) {
      const bool open = state == CircuitBreaker::State::kOpen, half = state == CircuitBreaker::State::kHalfOpen;
      const std::string message =
          label(config.index) + (open ? " took its worker down at every call: it is left alone for " + human_seconds(config.circuit_breaker.timeout_seconds)
                                 : half ? " is tried again" : " works again");
      log_line(LogLevel::kWarn, message);
      event(open ? EventType::kCircuitOpen : half ? EventType::kCircuitHalfOpen : EventType::kCircuitClosed, config.index, message, {});
    });
  }

  std::string label(std::size_t op) const { return "process[" + std::to_string(op) + "] " + job_.recipe->process[op].name; }

  void event(EventType type, std::size_t op, const std::string& message, JsonObject fields) {
    job_.events->emit(type, message,
                      fields.add("operation_name", job_.recipe->process[op].name).add("operation_idx", static_cast<std::uint64_t>(op)));
  }

  // ---- members ----

  WorkerProcess::Ears ears() {
    return {job_.events, job_.whole_store, job_.stop, [this](std::int64_t bytes, std::int64_t records, std::int64_t quarantined) {
              job_.advance(static_cast<std::uint64_t>(bytes), static_cast<std::uint64_t>(records));
              job_.counters->quarantined += static_cast<std::uint64_t>(quarantined);
            }};
  }

  std::string setup_request() const {
    std::set<const Plugin*> plugins;
    for (const OpConfig& config : job_.recipe->process) {
      const Operator* op = job_.registry->find(config.name);
      if (!op) continue;
      plugins.insert(op->plugin);
      for (const std::string& d : op->derives)
        if (const Operator* source = job_.registry->find_column(d)) plugins.insert(source->plugin);
    }
    std::string files = "[";
    for (const auto& p : job_.registry->plugins())  // in the order in which they were found
      if (plugins.count(p.get()))
        files += (files.size() > 1 ? "," : "") + JsonObject().add("file", p->file).add("digest", p->digest.hex()).text();
    return JsonObject()
        .add("do", "setup")
        .add("recipe", job_.recipe->resolved_json())
        .add_raw("plugins", files + "]")
        .add("trust", trust_)
        .add_raw("resource_paths", json_string_array(job_.services->resource_paths))
        .add("threads", static_cast<std::uint64_t>(threads_))
        .add("memory", limits_.memory)
        .add("store", store_folder_)
        .add("job", job_.job_id)
        .add("parts", job_.parts_folder)
        .add("created_by", job_.created_by)
        .text();
  }

  // Asks member `w`; when it dies of that, `death` says how, and the member is empty.
  std::optional<Json> ask(std::size_t w, const std::string& request, std::optional<Death>& death) {
    auto answer = workers_[w].process->ask(request, ears());
    if (answer) return answer;
    death = workers_[w].process->death();
    workers_[w] = {};
    return answer;
  }

  // A process that has its operators. What it says of them is the same every time.
  Status set_up(std::size_t w, std::optional<Death>& death) {
    workers_[w] = {};
    OPH_ASSIGN(workers_[w].process, WorkerProcess::start(limits_));
    auto answer = ask(w, setup_request(), death);
    if (!answer) return {};
    OPH_TRY(status_from(*get_member(*answer, "answer")));
    if (w == 0 && setup_.IsNull()) setup_ = std::move(*answer);
    return {};
  }

  // The first of all, before there is a plan.
  Status first_set_up() {
    workers_.resize(1);
    for (int attempt = 1;; ++attempt) {
      OPH_TRY(job_.stopped());
      std::optional<Death> death;
      OPH_TRY(set_up(0, death));
      if (!death) return {};
      const std::string why = death->sentence(limits_);
      if (death->cause == Death::Cause::kStopped) return Status::stopped("stopped on request");
      if (death->from_outside() && attempt < RetryConfig().max_attempts) continue;
      if (death->op < 0)
        return Status::failed("the job '" + job_.job_id + "' has no worker process that starts: " + why + ". Try --isolation thread.");
      const auto op = static_cast<std::size_t>(death->op);
      return Status::plugin(label(op) + " of the plugin '" + job_.registry->find(job_.recipe->process[op].name)->plugin->file +
                            "' could not be created: " + why);
    }
  }

  // A process that can run tasks.
  Status ready(std::size_t w, std::optional<Death>& death) {
    if (!workers_[w].process) OPH_TRY(set_up(w, death));
    if (death || workers_[w].planned) return {};
    auto answer = ask(w,
                      JsonObject()
                          .add("do", "plan")
                          .add_raw("files", to_json(job_.plan->files))
                          .add_raw("partitions", to_json(job_.plan->partitions))
                          .add_raw("manual_ops", json_number_array(job_.recipe->manual_ops))
                          .add("match", std::int64_t{static_cast<int>(job_.plan->match)})
                          .add("export_fingerprint", job_.plan->export_fingerprint.hex())
                          .text(),
                      death);
    if (!answer) return {};
    OPH_TRY(status_from(*get_member(*answer, "answer")));
    workers_[w].planned = true;
    return {};
  }

  // ---- attempts ----

  Status over_budget() const {
    return job_.counters->quarantined > job_.max_quarantined ? too_many_quarantined(job_) : Status();
  }

  // Waits until every operator of the task may be called.
  Status pass_breakers(const Task& task) {
    for (std::size_t op : task.ops)
      while (!breakers_[op]->allow()) OPH_TRY(wait(0.1));
    return {};
  }

  Status wait(double seconds) {
    const std::int64_t until = monotonic_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (monotonic_ns() < until) {
      OPH_TRY(job_.stopped());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {};
  }

  Status attempts(std::size_t w, const Task& task, Damage& damage) {
    TaskOrders orders;
    std::map<std::pair<std::size_t, std::uint64_t>, int> hits;  // (operator, record) on which it died
    int fruitless = 0;
    for (;;) {
      OPH_TRY(job_.stopped());
      OPH_TRY(over_budget());
      OPH_TRY(pass_breakers(task));
      std::optional<Death> death;
      std::optional<Json> answer;
      Status s = ready(w, death);
      if (s.ok() && !death) {
        JsonObject request = task.request;
        answer = ask(w, request.add_raw("orders", to_json(orders)).text(), death);
      }
      if (death) {
        OPH_TRY(after(*death, task, orders, hits, fruitless));
        continue;
      }
      for (std::size_t op : task.ops) s.ok() ? breakers_[op]->success() : breakers_[op]->undecided();
      OPH_TRY(s);
      job_.counters->tap_ns += workers_[w].process->tap_ns();
      if (const JsonValue* d = get_member(*answer, "damage"))
        damage = {true, Hash128::from_hex(get_string(*d, "blob")).value_or(Hash128()), get_string(*d, "reason")};
      OPH_TRY(status_from(*get_member(*answer, "answer")));
      return over_budget();
    }
  }

  // What a death teaches. A failure when nothing is left to try.
  Status after(const Death& d, const Task& task, TaskOrders& orders, std::map<std::pair<std::size_t, std::uint64_t>, int>& hits,
               int& fruitless) {
    const bool known = d.op >= 0 && static_cast<std::size_t>(d.op) < breakers_.size();
    const auto op = known ? static_cast<std::size_t>(d.op) : std::size_t{0};
    const bool stopped = d.cause == Death::Cause::kStopped;
    for (std::size_t k : task.ops) {
      if (known && !stopped && k == op && d.calls_before == 0 && !d.from_outside()) breakers_[k]->failure();
      else breakers_[k]->undecided();
    }
    if (stopped) return Status::stopped("stopped on request");
    const std::string why = d.sentence(limits_);
    const std::string who = known ? label(op) : "a worker process of the job '" + job_.job_id + "'";
    JsonObject facts;
    facts.add("error_message", why);
    bool learned = false;
    std::string then = "; its work is done again";
    if (known && d.first_row != kNoRow && d.rows > 0) {
      facts.add("partition_id", d.partition);
      if (d.single || d.rows == 1) {
        facts.add("record", d.first_row);
        // A signal from outside, or an end after the call, may have hit any record.
        const bool sure = d.in_call && !d.ambiguous && !d.from_outside();
        if (++hits[{op, d.first_row}] >= (sure ? 1 : 3)) {
          const OpConfig& config = job_.recipe->process[op];
          orders.guilty.push_back({op, d.partition, d.first_row, why});
          learned = true;
          then = "; record " + std::to_string(d.first_row) + " of partition " + std::to_string(d.partition) + ": on_error " + config.on_error;
        } else {
          learned = true;
        }
      } else if (std::none_of(orders.suspects.begin(), orders.suspects.end(), [&](const TaskOrders::Suspect& s) {
                   return s.op == op && s.partition == d.partition && s.first_row == d.first_row;
                 })) {
        orders.suspects.push_back({op, d.partition, d.first_row, d.rows});
        learned = true;
        then = "; " + std::to_string(d.rows) + " records of partition " + std::to_string(d.partition) + " are tried one by one";
      }
    }
    const RetryConfig retry = known ? job_.recipe->process[op].retry : RetryConfig();
    tell(op, who + " (" + task.name + "): " + why + then);
    if (known) event(EventType::kPluginCrashed, op, who + ": " + why + then, facts);
    if (known && breakers_[op]->openings() >= kOpenings)
      return Status::plugin(who + " takes down every worker that calls it: " + why + ". Nothing was computed wrongly; mend or leave out the operator.");
    if (learned) {
      fruitless = 0;
      return {};
    }
    if (++fruitless >= retry.max_attempts)
      return Status::failed(who + " (" + task.name + "): " + why + ", " + std::to_string(fruitless) + " times, and no record could be named for it");
    std::mt19937 random{std::random_device{}()};
    const double delay = retry.delay(fruitless, [&] { return std::uniform_real_distribution<>(-1, 1)(random); });
    job_.events->emit(EventType::kRetryScheduled, task.name + " is tried again in " + human_seconds(delay),
                      JsonObject().add("retry_count", std::int64_t{fruitless}).add("delay", delay).add("error_message", why));
    return wait(delay);
  }

  // An operator that crashes at every other record must not hide everything else that is said.
  void tell(std::size_t op, const std::string& message) {
    static constexpr int kLoud = 20;
    std::lock_guard lock(mutex_);
    const int n = ++told_[op];
    log_line(n <= kLoud ? LogLevel::kWarn : LogLevel::kInfo, message);
    if (n == kLoud) log_line(LogLevel::kWarn, "more of this kind is in '" + parent_path(job_.parts_folder) + "/logs/job.log'");
  }

  JobContext& job_;
  const std::string store_folder_;
  const WorkerLimits limits_;
  const bool trust_;
  const std::size_t threads_;  // of the worker that takes a boundary
  std::mutex mutex_;
  std::map<std::size_t, int> told_;
  Json setup_;
  std::vector<Member> workers_;
  std::vector<std::unique_ptr<CircuitBreaker>> breakers_;  // per operator of the recipe
};

}  // namespace

std::unique_ptr<TaskRunner> run_in_processes(JobContext& job, const std::string& store_folder, std::size_t workers,
                                             const WorkerLimits& limits, bool trust) {
  return std::make_unique<Crew>(job, store_folder, workers, limits, trust);
}

}  // namespace ophost
