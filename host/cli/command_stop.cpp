// ophost stop: ends a job, cleanly or at once.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <thread>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/job_choice.hpp"

extern "C" {  // glibc 2.36 forgot to say so in the header
#include <sys/pidfd.h>
}

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Stops a running job: the batches in work are finished, complete checkpoints are kept, and the job can be gone on\n"
    "with. The process is verified by its start time, so that a number that was used again is never hit. Waits until the\n"
    "process is gone. --force ends it at once; what was stored is kept all the same.";
constexpr char kExamples[] =
    "  ophost stop monday\n"
    "  ophost stop monday --timeout 300\n"
    "  ophost stop outputs/run7/monday --force\n";

struct Outcome {
  std::string job_id, state;  // as it is now
  bool was_running = false, timed_out = false;
  double seconds = 0;  // that it took
};

// The process itself, not its number: what stands behind the descriptor cannot change any more.
Result<Fd> open_process(const ProcessIdentity& who) {
  Fd fd(::pidfd_open(static_cast<pid_t>(who.pid), 0));
  if (!fd.valid() && errno != ESRCH)
    return Status::os(Code::kFailed, "cannot reach process " + std::to_string(who.pid), errno);
  if (fd.valid() && process_state(who) != ProcessState::kRunning) fd.reset();
  return fd;
}

Result<Outcome> stop(const std::string& folder, bool force, double timeout) {
  settle_job(folder);
  OPH_ASSIGN(JobRecord job, read_job(folder));
  Outcome out{job.job_id, job.state, job.state == "running", false, 0};
  if (!out.was_running) return out;
  if (!job.note.empty())
    return Status::failed("the job '" + job.job_id + "' cannot be stopped from here: " + job.note);
  OPH_ASSIGN(Fd process, open_process(job.process));
  const std::int64_t begun = monotonic_ns();
  if (process.valid()) {
    if (::pidfd_send_signal(process.get(), force ? SIGKILL : SIGTERM, nullptr, 0) != 0 && errno != ESRCH)
      return Status::os(Code::kFailed, "cannot stop process " + std::to_string(job.process.pid), errno);
    pollfd gone{process.get(), POLLIN, 0};
    int n;
    do {
      double left = timeout - static_cast<double>(monotonic_ns() - begun) / 1e9;
      n = ::poll(&gone, 1, static_cast<int>(std::max(0.0, left) * 1000));
    } while (n < 0 && errno == EINTR);
    out.timed_out = n == 0;
  }
  out.seconds = static_cast<double>(monotonic_ns() - begun) / 1e9;
  // Its lock goes with it, but a moment later.
  for (int turn = 0; turn < 100 && !out.timed_out; ++turn) {
    settle_job(folder);
    OPH_ASSIGN(job, read_job(folder));
    if (job.state != "running") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  out.state = job.state;
  return out;
}

}  // namespace

int command_stop(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("force", "end the process at once (SIGKILL)")(
      "timeout", po::value<double>()->value_name("S")->default_value(60), "seconds to wait for the process to end");
  add_job_options(options);
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost stop JOB [options]", kAbout, options, kExamples);
  const double timeout = parsed->values["timeout"].as<double>();
  if (!(timeout >= 0 && timeout <= 1e6)) return report(Status::usage("--timeout must be between 0 and 1000000 seconds"));
  auto folder = choose_job(*parsed, false);
  if (!folder.ok()) return report(folder.status());
  auto result = stop(*folder, parsed->values.count("force") > 0, timeout);
  if (!result.ok()) return report(result.status());
  if (parsed->values.count("json")) {
    std::cout << JsonObject()
                     .add("job_id", result->job_id)
                     .add("success", result->was_running && !result->timed_out)
                     .add("was_running", result->was_running)
                     .add("status", result->state)
                     .add("duration", result->seconds)
                     .text()
              << "\n";
  } else if (!result->was_running) {
    std::cout << "The job '" << result->job_id << "' is not running: it is " << result->state << ".\n";
  } else if (!result->timed_out) {
    auto job = read_job(*folder);
    std::cout << "The job '" << result->job_id << "' is " << result->state << ", after " << human_seconds(result->seconds) << ".\n";
    if (job.ok() && result->state != "completed")
      std::cout << "Go on with: " << get_string(job->summary, "resumption_command") << "\n";
  }
  if (result->timed_out)
    return report(Status::failed("the job '" + result->job_id + "' was told to stop and has not ended after " +
                                 human_seconds(timeout) + "; it finishes the batches in work. Wait, or end it at once with --force."));
  return 0;
}

}  // namespace ophost
