// The one way to fail in the host: a Status, or a Result<T> that holds a value or a Status.
// Messages are for the person at the screen: they name the thing, say what was expected and how to
// mend it. Values; any thread.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace ophost {

// What kind of failure it is; decides the process's exit code (exit_code()).
enum class Code { kOk, kFailed, kUsage, kPlugin, kInput, kStore, kStopped };

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status failed(std::string m) { return {Code::kFailed, std::move(m)}; }
  static Status usage(std::string m) { return {Code::kUsage, std::move(m)}; }
  static Status plugin(std::string m) { return {Code::kPlugin, std::move(m)}; }
  static Status input(std::string m) { return {Code::kInput, std::move(m)}; }
  static Status store(std::string m) { return {Code::kStore, std::move(m)}; }
  static Status stopped(std::string m) { return {Code::kStopped, std::move(m)}; }
  // The operating system refused: "<what>: <strerror(error)>".
  static Status os(Code code, const std::string& what, int error);

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  // The same failure with "<context>: " before its message.
  Status within(const std::string& context) const;
  // 0 done; 1 failed; 2 usage or recipe; 3 plugin; 4 input; 5 store; 75 stopped and resumable.
  int exit_code() const;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                     // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) { assert(!status_.ok()); }  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace ophost

// Returns the Status of `expr` from the calling function when it is not ok.
#define OPH_TRY(expr)                                    \
  do {                                                   \
    if (::ophost::Status oph_status_ = (expr); !oph_status_.ok()) return oph_status_; \
  } while (0)

#define OPH_CONCAT_(a, b) a##b
#define OPH_CONCAT(a, b) OPH_CONCAT_(a, b)
#define OPH_ASSIGN_(tmp, lhs, expr)      \
  auto tmp = (expr);                     \
  if (!tmp.ok()) return tmp.status();    \
  lhs = std::move(*tmp)
// OPH_ASSIGN(auto x, f()): x = value of f(), or returns f()'s Status.
#define OPH_ASSIGN(lhs, expr) OPH_ASSIGN_(OPH_CONCAT(oph_result_, __LINE__), lhs, expr)
