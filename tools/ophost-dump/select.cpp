// Which blobs a command is about. See dump.hpp.
#include <algorithm>
#include <set>

#include "host/base/text.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

const JsonValue* member(const Json& manifest, const char* object, const char* key) {
  const JsonValue* o = get_member(manifest, object);
  return o != nullptr && o->IsObject() ? get_member(*o, key) : nullptr;
}

std::optional<std::int64_t> integer(const JsonValue* v) {
  if (v == nullptr || !v->IsInt64()) return std::nullopt;
  return v->GetInt64();
}

Status check_prefix(const std::string& prefix) {
  bool hex = !prefix.empty() && prefix.size() <= 32 &&
             prefix.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (hex) return {};
  return Status::usage(
      "'" + prefix +
      "' is not a fingerprint: expected 1 to 32 hexadecimal digits, as `ls` prints them");
}

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return s;
}

}  // namespace

std::optional<std::int64_t> Row::op_index() const {
  return integer(member(*manifest, "op", "index"));
}

std::string Row::op_name() const {
  const JsonValue* name = member(*manifest, "op", "name");
  return name != nullptr && name->IsString() ? name->GetString() : "";
}

std::string Row::op_label() const {
  std::string label;
  if (auto index = op_index()) label = std::to_string(*index) + " ";
  label += op_name();
  return label.empty() ? "-" : label;
}

std::optional<std::int64_t> Row::partition() const {
  return integer(member(*manifest, "partition", "index"));
}

Result<JobsOf> jobs_of_blobs(Store& store) {
  JobsOf out;
  OPH_ASSIGN(auto jobs, store.jobs());
  for (const std::string& job : jobs) {
    OPH_ASSIGN(auto references, store.references(job));
    for (const Fingerprint& f : references) out[f].push_back(job);
  }
  return out;
}

Result<Row> make_row(BlobInfo info, const JobsOf& jobs) {
  Row row;
  OPH_ASSIGN(Json manifest, parse_json(info.manifest, "manifest of " + info.fingerprint.hex()));
  if (!manifest.IsObject())
    return Status::store("manifest of " + info.fingerprint.hex() + " is not a JSON object");
  row.manifest = std::make_shared<const Json>(std::move(manifest));
  if (auto it = jobs.find(info.fingerprint); it != jobs.end()) row.jobs = it->second;
  row.info = std::move(info);
  return row;
}

Result<std::vector<Row>> select(Context& context) {
  const Options& o = context.options;
  for (const std::string& word : o.words) OPH_TRY(check_prefix(word));
  OPH_ASSIGN(JobsOf jobs, jobs_of_blobs(*context.store));
  std::vector<Row> rows;
  std::set<std::string> names, job_names;
  for (const auto& [fingerprint, list] : jobs) job_names.insert(list.begin(), list.end());
  OPH_TRY(context.store->for_each(true, [&](const BlobInfo& info) -> Status {
    OPH_ASSIGN(Row row, make_row(info, jobs));
    names.insert(row.op_name());
    auto index = row.op_index();
    std::string id = row.id();
    bool named =
        o.words.empty() || std::any_of(o.words.begin(), o.words.end(), [&](const std::string& w) {
          return id.compare(0, w.size(), lower(w)) == 0;
        });
    bool of_op = o.op.empty() || row.op_name() == o.op || (index && std::to_string(*index) == o.op);
    bool of_job =
        o.job.empty() || std::find(row.jobs.begin(), row.jobs.end(), o.job) != row.jobs.end();
    bool of_partition = !o.partition || row.partition() == o.partition;
    if (named && of_op && of_job && of_partition) rows.push_back(std::move(row));
    return {};
  }));
  if (rows.empty()) {
    // Nothing chosen by a name that nothing here has is a mistake, not an answer.
    bool number = o.op.find_first_not_of("0123456789") == std::string::npos;
    if (!o.op.empty() && !number && !names.contains(o.op))
      return Status::usage("no checkpoint of an operator '" + o.op + "' here." +
                           did_you_mean(o.op, {names.begin(), names.end()}));
    if (!o.job.empty() && !job_names.contains(o.job))
      return Status::usage("no checkpoint of a job '" + o.job + "' here." +
                           did_you_mean(o.job, {job_names.begin(), job_names.end()}));
    if (!o.words.empty())
      return Status::usage("no checkpoint here begins with " + join(o.words, " or "));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    auto key = [](const Row& r) {
      return std::pair(r.op_index().value_or(-1), r.partition().value_or(-1));
    };
    return key(a) < key(b);
  });
  return rows;
}

Result<Row> select_one(Context& context, const std::string& prefix) {
  OPH_TRY(check_prefix(prefix));
  std::string wanted = lower(prefix);
  std::vector<Fingerprint> found;
  if (auto whole = Fingerprint::from_hex(wanted)) {
    found.push_back(*whole);
  } else {
    OPH_TRY(context.store->for_each(false, [&](const BlobInfo& info) -> Status {
      if (info.fingerprint.hex().compare(0, wanted.size(), wanted) == 0)
        found.push_back(info.fingerprint);
      return {};
    }));
  }
  if (found.size() > 1) {
    std::string list;
    for (std::size_t i = 0; i < found.size() && i < 5; ++i)
      list += (i ? ", " : "") + found[i].hex();
    return Status::usage("'" + prefix + "' begins " + std::to_string(found.size()) +
                         " fingerprints (" + list + (found.size() > 5 ? ", ..." : "") +
                         "): give more digits");
  }
  if (found.empty()) return Status::usage("no checkpoint here begins with '" + prefix + "'");
  OPH_ASSIGN(auto info, context.store->find(found.front()));
  if (!info) return Status::usage("no checkpoint here begins with '" + prefix + "'");
  OPH_ASSIGN(JobsOf jobs, jobs_of_blobs(*context.store));
  return make_row(std::move(*info), jobs);
}

}  // namespace ophost::dump
