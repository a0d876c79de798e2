// Calibration files. Owner: plugins/agent. Immutable after its construction; any thread.
#include "plugins/agent/calibration.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "plugins/textkit/unicode.hpp"

namespace ophost::agent {

Calibration::Calibration(const std::string& path, const Host& host) {
  std::string file(textkit::strip(path));
  if (file.empty()) return;
  const char* const home = std::getenv("HOME");
  if (file.rfind("~/", 0) == 0 && home != nullptr) file = home + file.substr(1);
  std::error_code ec;
  if (!std::filesystem::is_regular_file(file, ec)) {
    host.warn("agent_bad_case_signal_mapper: calibration_json_path '" + file +
              "' is no file; its thresholds are not used");
    return;
  }
  // An absolute name, so that the host notes the file without looking for it elsewhere.
  const std::string absolute = host.resource(std::filesystem::absolute(file).string());
  std::ifstream in(absolute, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  try {
    if (in.bad()) throw RecordError("it cannot be read");
    file_ = PyValue::parse(text);
  } catch (const RecordError& e) {
    host.warn("agent_bad_case_signal_mapper: calibration_json_path '" + absolute +
              "': " + e.what() + "; its thresholds are not used");
    return;
  }
  const auto* members = file_.as<PyValue::Dict>();
  loaded_ = members != nullptr && !members->empty();
}

const PyValue* Calibration::find(std::string_view name, const std::string& model) const {
  if (!loaded_) return nullptr;
  const PyValue* models = file_.find("by_request_model");
  const PyValue* own = models == nullptr || model.empty() ? nullptr : models->find(model);
  if (const PyValue* v = own == nullptr ? nullptr : own->find(name)) return v;
  const PyValue* all = file_.find("default");
  return all == nullptr ? nullptr : all->find(name);
}

std::optional<double> Calibration::real(std::string_view name, const std::string& model) const {
  const PyValue* v = find(name, model);
  if (v == nullptr || v->is_none()) return std::nullopt;
  try {
    return to_float(*v, "a threshold");
  } catch (const textkit::PyTypeError&) {
    return std::nullopt;  // Data-Juicer passes over what is no number
  }
}

std::optional<std::int64_t> Calibration::whole(std::string_view name,
                                               const std::string& model) const {
  const PyValue* v = find(name, model);
  if (v == nullptr) return std::nullopt;
  try {
    return to_int(*v, "a threshold");
  } catch (const textkit::PyTypeError&) {
    return std::nullopt;
  }
}

}  // namespace ophost::agent
