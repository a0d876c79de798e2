#include "host/run/worker_main.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/events/job_record.hpp"
#include "host/run/borders.hpp"
#include "host/run/context.hpp"
#include "host/run/crash_report.hpp"
#include "host/run/wire.hpp"

namespace ophost {
namespace {

// Address spaces of sanitizers are beyond any limit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif

std::atomic<const std::string*> g_job_folder{nullptr};  // once the setup has named it; never freed

class WorkerProcessMain {
 public:
  WorkerProcessMain(Channel& channel, WorkerPage& page) : channel_(channel), page_(page) {}

  // One request. False: there will be no more.
  bool serve(const std::string& request) {
    auto json = parse_json(request, "a supervisor's request");
    if (!json.ok()) return answer(json.status(), {});
    const std::string what = get_string(*json, "do");
    if (what == "end") return false;
    for (CallSlot& s : page_.slots) {
      s.began = 0;
      s.op = -1;
      for (auto& d : s.done) d = 0;
    }
    for (auto* c : {&page_.counters.bytes, &page_.counters.records, &page_.counters.quarantined}) *c = 0;
    page_.counters.tap_ns = 0;
    if (what == "setup") {
      JsonObject more;
      Status s = setup(*json, more);
      return answer(s, std::move(more));
    }
    if (what == "plan") return answer(make_plan_anew(*json), {});
    if (what == "choose_borders") return choose_borders();
    orders_ = orders_from(get_member(*json, "orders"));
    const auto pass = static_cast<std::size_t>(get_int(*json, "pass"));
    Damage damage;
    Status s;
    if (what == "pass") {
      const auto partition = static_cast<std::size_t>(get_int(*json, "partition"));
      take_start(*get_member(*json, "start"), plan_, pass, partition);
      s = run_pass_task(context_, workers_[0], pass, partition);
      damage = workers_[0].damage;
    } else {
      take_starts(get_member(*json, "starts"), plan_, pass);
      s = within_memory(plan_.ops[*plan_.passes[pass].barrier].op->name, [&] {
        return what == "decide" ? decide(context_, pass, workers_.size(), damage) : gather(context_, workers_, pass, damage);
      });
    }
    JsonObject more;
    if (damage.found)
      more.add_raw("damage", JsonObject().add("blob", damage.blob.hex()).add("reason", damage.reason).text());
    return answer(s, std::move(more));
  }

  CallSlot* first_slot() { return &page_.slots[0]; }

  // From the listening thread: the answer to call_store().
  void take_reply(Parcel reply) {
    std::lock_guard lock(replying_);
    reply_ = std::move(reply);
    replied_.notify_one();
  }

 private:
  // The store is the supervisor's. One request at a time; when the supervisor is gone, so is this process.
  Result<Parcel> call_store(const Parcel& request) {
    std::lock_guard turn(calling_);
    if (!channel_.send(request.json, request.bytes.get())) return Status::failed("the supervisor is gone");
    std::unique_lock lock(replying_);
    replied_.wait(lock, [this] { return reply_.has_value(); });
    Parcel reply = std::move(*reply_);
    reply_.reset();
    return reply;
  }

  bool answer(const Status& s, JsonObject more) {
    return channel_.send(more.add_raw("answer", to_json(s)).text());
  }

  bool choose_borders() {
    MeasureOptions options = quick_measure(workers_.size());
    options.stop = &page_.stop;
    options.teller = [this](std::size_t w) { return teller(w); };
    auto measured = measure_costs(plan_, recipe_, *registry_, services_, options);
    if (!measured.ok()) return answer(measured.status(), {});
    const BorderChoice choice = ophost::choose_borders(measured->costs);
    return answer({}, JsonObject().add("like", choice.like).add("reason", choice.reason).add_raw("checkpoint_after", json_number_array(choice.borders)));
  }

  CallTeller teller(std::size_t worker) {
    return {&page_.slots[worker % kCallSlots], &orders_, channel_.fd(), ::getpid(), &page_.stop};
  }

  // Recipe, plugins and instances; the answer says what the plan must know of every operator.
  Status setup(const JsonValue& json, JsonObject& more) {
    OPH_ASSIGN(recipe_, recipe_from_resolved(get_string(json, "recipe")));
    PluginSearch search;
    search.use_environment = false;
    search.trust = get_bool(json, "trust");
    std::vector<std::string> digests;
    for (const auto& p : get_member(json, "plugins")->GetArray()) {
      search.paths.push_back(get_string(p, "file"));
      digests.push_back(get_string(p, "digest"));
    }
    OPH_ASSIGN(registry_, Registry::load(search));
    for (const auto& p : registry_->plugins())
      for (std::size_t i = 0; i < digests.size(); ++i)
        if (search.paths[i] == p->file && digests[i] != p->digest.hex())
          return Status::plugin("the plugin '" + p->file + "' changed while the job ran. Start it again.");
    for (const auto& dir : get_member(json, "resource_paths")->GetArray()) services_.resource_paths.push_back(dir.GetString());
    services_.cancelled = &page_.stop;
    services_.log = log_of_operator;
    workers_.resize(static_cast<std::size_t>(get_int(json, "threads", 1)));
    for (std::size_t w = 0; w < workers_.size(); ++w) workers_[w].teller = teller(w);
    const auto memory = static_cast<rlim_t>(get_int(json, "memory"));
    if (rlimit limit{memory, memory}; kLimitMemory && memory > 0 && ::setrlimit(RLIMIT_DATA, &limit) != 0)
      return Status::os(Code::kFailed, "cannot limit a worker's memory", errno);
    store_folder_ = get_string(json, "store");
    context_.job_id = get_string(json, "job");
    context_.parts_folder = get_string(json, "parts");
    g_job_folder = new std::string(parent_path(context_.parts_folder));  // read at the very end of the process
    context_.created_by = get_string(json, "created_by");

    more.add_raw("facts", json_array(recipe_.process, [this](const OpConfig& config) { return facts_of(config); }));
    return {};
  }

  // The first worker thread keeps the instance: creating a large model twice is not needed.
  std::string facts_of(const OpConfig& config) {
    const Operator* op = registry_->find(config.name);
    if (!op) return to_json(OpFacts());  // the plan says it
    std::unique_ptr<OpInstance> instance;
    Status s = tell_whole(workers_[0].teller, config.index, 0, [&]() -> Status {
      OPH_ASSIGN(instance, OpInstance::create(*op, config.index, config.params, config.text_key, services_));
      return {};
    });
    if (!s.ok()) return JsonObject().add_raw("error", to_json(s)).text();
    facts_[config.index] = {instance->reads(), instance->writes(), instance->resources()};
    workers_[0].instances.resize(recipe_.process.size());
    workers_[0].instances[config.index] = std::move(instance);
    return to_json(facts_[config.index]);
  }

  Status make_plan_anew(const JsonValue& json) {
    recipe_.manual_ops.clear();  // those of `auto` were not known at the setup
    for (const auto& op : get_member(json, "manual_ops")->GetArray()) recipe_.manual_ops.push_back(op.GetUint64());
    OpProbe probe = [this](const Operator&, const OpConfig& config) -> Result<OpFacts> { return facts_.at(config.index); };
    OPH_ASSIGN(plan_, make_plan(recipe_, *registry_, probe, files_from(get_member(json, "files")),
                                partitions_from(get_member(json, "partitions")), static_cast<Match>(get_int(json, "match"))));
    if (plan_.export_fingerprint.hex() != get_string(json, "export_fingerprint"))
      return Status::plugin("a worker made another plan than the job has: plugins or resources changed while the job ran. Start it again.");
    store_ = remote_store([this](const Parcel& request) { return call_store(request); }, store_folder_);
    events_ = EventLog::forwarding([this](EventType type, const std::string& message, const std::string& fields) {
      channel_.send(JsonObject().add("event", std::int64_t{static_cast<int>(type)}).add("message", message).add_raw("fields", fields).text());
    });
    context_.recipe = &recipe_;
    context_.registry = registry_.get();
    context_.services = &services_;
    context_.plan = &plan_;
    context_.store = store_.get();
    context_.events = events_.get();
    context_.stop = &page_.stop;
    context_.counters = &page_.counters;
    return {};
  }

  Channel& channel_;
  WorkerPage& page_;
  Recipe recipe_;
  std::unique_ptr<Registry> registry_;
  HostServices services_;
  std::map<std::size_t, OpFacts> facts_;
  Plan plan_;
  std::string store_folder_;
  std::unique_ptr<BlobStore> store_;
  std::mutex calling_, replying_;
  std::condition_variable replied_;
  std::optional<Parcel> reply_;
  std::unique_ptr<EventLog> events_;
  TaskOrders orders_;
  JobContext context_;
  std::vector<Worker> workers_;
};

// A supervisor that was killed cannot write down that it was; its workers do, as they go.
void tell_of_its_death(pid_t supervisor) {
  const std::string* folder = g_job_folder;
  if (!folder) return;
  // Its descriptors are closed a moment before it is gone.
  for (int i = 0; i < 500 && ::getppid() == supervisor; ++i) ::usleep(2000);
  if (::getppid() != supervisor) settle_job(*folder);
}

}  // namespace

int run_worker() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  // The terminal's Ctrl-C goes to the whole group: the supervisor decides what it means.
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaction(s, &ignore, nullptr);
  void* memory = ::mmap(nullptr, sizeof(WorkerPage), PROT_READ | PROT_WRITE, MAP_SHARED, kWorkerPage, 0);
  if (::fcntl(kWorkerSocket, F_GETFD) < 0 || memory == MAP_FAILED) {
    std::fputs("error: 'ophost worker' is started by 'ophost run' and does nothing by itself\n", stderr);
    return 2;
  }
  for (int fd : {kWorkerSocket, kWorkerPage}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const pid_t supervisor = ::getppid();
  auto& page = *static_cast<WorkerPage*>(memory);
  install_crash_report(&page);
  auto& channel = *new Channel(Fd(kWorkerSocket));
  log_forwarding([&channel](LogLevel level, const std::string& text) {
    channel.send(JsonObject().add("log", std::int64_t{static_cast<int>(level)}).add("text", text).text());
  });

  // One thread works, this one listens, so that a worker whose supervisor is gone ends whatever its operator does.
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> requests;
  auto& main = *new WorkerProcessMain(channel, page);
  std::thread([&] {
    crash_report_thread(main.first_slot());
    for (;;) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return !requests.empty(); });
      std::string request = std::move(requests.front());
      requests.pop_front();
      lock.unlock();
      if (main.serve(request)) continue;
      delete &main;  // operators are destroyed, the store is closed
      if (request == R"({"do":"end"})") ::_exit(0);
      for (;;) ::pause();  // nobody hears the answer: the listening thread ends the process
    }
  }).detach();
  while (channel.receive(-1)) {
    while (auto request = channel.next()) {
      if (request->json.starts_with(R"({"reply":)")) {
        main.take_reply(std::move(*request));
        continue;
      }
      std::lock_guard lock(mutex);
      requests.push_back(std::move(request->json));
      wake.notify_one();
    }
  }
  tell_of_its_death(supervisor);
  ::_exit(0);
}

}  // namespace ophost
