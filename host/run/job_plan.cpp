// Before a job runs: where its things lie, how its input is cut, and the plan.
#include <ctime>
#include <random>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/run/job.hpp"

namespace ophost {
namespace {

std::string new_job_id() {
  std::time_t now = std::time(nullptr);
  std::tm tm{};
  ::localtime_r(&now, &tm);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d_%H%M%S_", &tm);
  std::random_device random;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id = stamp;
  for (int i = 0; i < 6; ++i) id += kHex[random() & 15];
  return id;
}

}  // namespace

Result<JobPlaces> job_places(Recipe& recipe) {
  JobPlaces places;
  places.job_id = recipe.resume ? *recipe.resume : recipe.job_id ? *recipe.job_id : new_job_id();
  OPH_TRY(resolve_job_id(recipe, places.job_id));
  if (places.job_id == "store")
    return Status::usage("the job id 'store' is taken: the checkpoints lie in the folder of that name");
  places.job_folder = recipe.work_dir + "/" + places.job_id;
  if (recipe.resume && !is_directory(places.job_folder))
    return Status::usage("there is no job '" + places.job_id + "' in '" + recipe.work_dir +
                         "' to resume. List the folder to see what there is, or start it with --job_id " +
                         places.job_id);
  places.store_folder = recipe.checkpoint_dir.empty() ? recipe.work_dir + "/store" : recipe.checkpoint_dir;
  return places;
}

Result<Plan> plan_job(const Recipe& recipe, const Registry& registry, const OpProbe& probe, const JobOptions& options,
                      Store* store,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  std::vector<SourceSpec> sources;
  for (const DatasetEntry& d : recipe.datasets) sources.push_back({d.path, d.weight, d.max_records, recipe.suffixes});
  OPH_ASSIGN(auto files, resolve_sources(sources));
  CutOptions cut;
  cut.target_bytes = recipe.partition_target_bytes;
  cut.records = recipe.partition_records;
  cut.count = recipe.partition_count;
  cut.stop = options.stop;
  // What is remembered of a file's cut is a blob without frames.
  auto cut_record = [](const std::string& key) { return Hasher().field("cut").field(key).digest(); };
  std::vector<std::pair<std::string, std::string>> remembered;
  if (options.trust_mtime && store) {
    cut.trust_mtime = true;
    cut.recall = [&](const std::string& key) -> std::optional<std::string> {
      auto info = store->find(cut_record(key));
      if (!info.ok() || !*info) return std::nullopt;
      auto doc = parse_json((*info)->manifest, "the record of a cut");
      return doc.ok() ? std::optional(get_string(*doc, "cut")) : std::nullopt;
    };
    cut.remember = [&](const std::string& key, const std::string& text) { remembered.emplace_back(key, text); };
  }
  OPH_ASSIGN(auto partitions, cut_input(files, cut, progress));
  if (options.remember_cuts && !remembered.empty()) {
    std::vector<PendingBlob> blobs;
    for (auto& [key, text] : remembered) {
      OPH_ASSIGN(auto blob, store->new_blob());
      blobs.push_back({cut_record(key), JsonObject().add("kind", "cut").add("cut", text).text(), std::move(blob)});
    }
    OPH_TRY(store->commit(std::move(blobs), "cuts"));
  }
  return make_plan(recipe, registry, probe, std::move(files), std::move(partitions), options.match);
}

}  // namespace ophost
