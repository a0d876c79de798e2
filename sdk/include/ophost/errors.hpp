/* ophost/errors.hpp: the exceptions an operator may throw, and how they become a status at the
 * border.
 *
 * Used by the plugin's own code only; no exception ever leaves a function of the ABI. Any thread.
 */
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "ophost/abi.h"

namespace ophost {

/** A parameter or a resource is unusable: the recipe must change. Usually thrown by a constructor.
 */
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** This record cannot be processed; the call goes on with the next one. Thrown while a row is
 * processed. */
class RecordError : public std::runtime_error {
 public:
  explicit RecordError(const std::string& what, oph_status code = OPH_E_INPUT)
      : std::runtime_error(what), code_(code) {}
  oph_status code() const noexcept { return code_; }

 private:
  oph_status code_;
};

/** The whole call failed with a status of the author's choice (OPH_E_IO, OPH_E_LIMIT, ...). */
class CallError : public std::runtime_error {
 public:
  CallError(oph_status code, const std::string& what, std::int64_t row = -1)
      : std::runtime_error(what), code_(code), row_(row) {}
  oph_status code() const noexcept { return code_; }
  std::int64_t row() const noexcept { return row_; }

 private:
  oph_status code_;
  std::int64_t row_;
};

namespace detail {

/** Fills the caller's error; cuts the message at a code point so that it stays valid UTF-8. */
inline oph_status report(oph_error* error, oph_status code, std::int64_t row,
                         const char* text) noexcept {
  if (error == nullptr) return code;
  if (text == nullptr || *text == '\0') text = "the operator failed and said nothing";
  error->code = code;
  error->row = row;
  if (error->message == nullptr || error->capacity == 0) return code;
  std::size_t n = std::strlen(text);
  if (n >= error->capacity) {
    n = static_cast<std::size_t>(error->capacity) - 1;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0u) == 0x80u) --n;
  }
  std::memcpy(error->message, text, n);
  error->message[n] = '\0';
  return code;
}

/** Turns the exception being handled into a status. Call it inside a catch block only. */
inline oph_status report_current_exception(oph_error* error) noexcept {
  try {
    throw;
  } catch (const ConfigError& e) {
    return report(error, OPH_E_CONFIG, -1, e.what());
  } catch (const RecordError& e) {
    return report(error, e.code(), -1, e.what());
  } catch (const CallError& e) {
    return report(error, e.code(), e.row(), e.what());
  } catch (const std::bad_alloc&) {
    return report(error, OPH_E_LIMIT, -1, "out of memory");
  } catch (const std::exception& e) {
    return report(error, OPH_E_INTERNAL, -1, e.what());
  } catch (...) {
    return report(error, OPH_E_INTERNAL, -1, "an exception that is not a std::exception");
  }
}

/** Runs `body` and lets nothing out but a status. */
template <class Body>
oph_status guarded(oph_error* error, Body&& body) noexcept {
  try {
    body();
    return OPH_OK;
  } catch (...) {
    return report_current_exception(error);
  }
}

/** Copies the members that both sides know of a growable struct into a zeroed local. */
template <class T>
T adopt(const T* theirs) noexcept {
  T mine{};
  if (theirs == nullptr) return mine;
  const std::size_t n = theirs->struct_size < sizeof(T) ? theirs->struct_size : sizeof(T);
  std::memcpy(static_cast<void*>(&mine), theirs, n);
  return mine;
}

}  // namespace detail
}  // namespace ophost
