// What a guarded call of an operator writes to: begun anew for every attempt, checked after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/batch/batch.hpp"

namespace ophost {

// A row reported by row_error, in order.
struct RowError {
  std::size_t row;
  std::int32_t code;
  std::string message;
};

class CallOutput {
 public:
  virtual ~CallOutput() = default;
  // Only rows with a set bit in `selection` may be written.
  virtual void begin(Batch& batch, const Bitmap& selection) = 0;
  // After a call that returned OPH_OK: "" or what the plugin did against the contract.
  virtual std::string check() = 0;
  virtual const std::vector<RowError>& row_errors() const = 0;
};

}  // namespace ophost
