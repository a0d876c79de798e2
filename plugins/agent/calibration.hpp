// Thresholds from a calibration file: percentiles of earlier runs, for all models and for single
// ones. Owner: plugins/agent. Immutable after its construction; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/agent/messages.hpp"

namespace ophost::agent {

class Calibration {
 public:
  Calibration() = default;
  // {"default": {...}, "by_request_model": {"model": {...}}}; a file that is not there or cannot be
  // used is warned about and gives no thresholds, as in Data-Juicer.
  Calibration(const std::string& path, const Host& host);

  bool loaded() const { return loaded_; }
  // A threshold for records of this model, as a whole number or as a float; nothing when the file
  // has none or something else.
  std::optional<std::int64_t> whole(std::string_view name, const std::string& model) const;
  std::optional<double> real(std::string_view name, const std::string& model) const;

 private:
  const PyValue* find(std::string_view name, const std::string& model) const;

  PyValue file_;
  bool loaded_ = false;
};

}  // namespace ophost::agent
