#include "host/run/runner.hpp"

#include "host/run/borders.hpp"

namespace ophost {
namespace {

class Threads : public TaskRunner {
 public:
  Threads(JobContext& job, std::size_t workers) : job_(job), workers_(workers) {
    for (Worker& w : workers_) w.teller.stop = job.stop;
  }
  OpProbe probe() override { return probe_here(*job_.services); }
  Result<BorderChoice> choose_borders() override {
    MeasureOptions options = quick_measure(workers_.size());
    options.stop = job_.stop;
    OPH_ASSIGN(Measured measured, measure_costs(*job_.plan, *job_.recipe, *job_.registry, *job_.services, options));
    return ophost::choose_borders(measured.costs);
  }
  void begin() override {}
  std::size_t workers() const override { return workers_.size(); }
  Status pass(std::size_t worker, std::size_t pass, std::size_t partition, Damage& damage) override {
    Status s = run_pass_task(job_, workers_[worker], pass, partition);
    if (!s.ok()) damage = workers_[worker].damage;
    return s;
  }
  Status decide(std::size_t pass, Damage& damage) override { return ophost::decide(job_, pass, workers_.size(), damage); }
  Status gather(std::size_t pass, Damage& damage) override { return ophost::gather(job_, workers_, pass, damage); }

 private:
  JobContext& job_;
  std::vector<Worker> workers_;
};

}  // namespace

std::unique_ptr<TaskRunner> run_in_threads(JobContext& job, std::size_t workers) {
  return std::make_unique<Threads>(job, workers);
}

}  // namespace ophost
