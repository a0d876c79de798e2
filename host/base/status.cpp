#include "host/base/status.hpp"

#include <cstring>

namespace ophost {

Status Status::os(Code code, const std::string& what, int error) {
  return {code, what + ": " + std::strerror(error)};
}

Status Status::within(const std::string& context) const {
  return ok() ? *this : Status(code_, context + ": " + message_);
}

int Status::exit_code() const {
  switch (code_) {
    case Code::kOk: return 0;
    case Code::kFailed: return 1;
    case Code::kUsage: return 2;
    case Code::kPlugin: return 3;
    case Code::kInput: return 4;
    case Code::kStore: return 5;
    case Code::kStopped: return 75;
  }
  return 1;
}

}  // namespace ophost
