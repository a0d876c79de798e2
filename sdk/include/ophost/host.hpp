/* ophost/host.hpp: the host as an operator sees it.
 *
 * A small value that may be kept as a member. log() and cancelled() may be called from any thread;
 * scratch() only during a call, on its thread; resource() only in a constructor. */
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "ophost/errors.hpp"

namespace ophost {

inline oph_str to_abi(std::string_view s) noexcept {
  return {s.data(), s.size()};
}
inline std::string_view from_abi(oph_str s) noexcept {
  return s.data == nullptr ? std::string_view()
                           : std::string_view(s.data, static_cast<std::size_t>(s.size));
}

class Host {
 public:
  Host() = default;
  explicit Host(const oph_host* host) : table_(detail::adopt(host)) {}

  void log(std::int32_t level, std::string_view message) const {
    if (table_.log != nullptr) table_.log(table_.ctx, level, to_abi(message));
  }
  void debug(std::string_view message) const { log(OPH_LOG_DEBUG, message); }
  void info(std::string_view message) const { log(OPH_LOG_INFO, message); }
  void warn(std::string_view message) const { log(OPH_LOG_WARN, message); }

  /** True when the run is to stop. The wrapper asks between rows; ask yourself inside a long row.
   */
  bool cancelled() const {
    return table_.cancelled != nullptr && table_.cancelled(table_.ctx) != 0;
  }
  /** Ends the call with OPH_E_CANCELLED when the run is to stop. */
  void check_cancelled() const {
    if (cancelled()) throw CallError(OPH_E_CANCELLED, "cancelled: the run is to stop");
  }

  /** Room for `count` values of a trivial type until the current call returns. */
  template <class T>
  T* scratch(std::size_t count) const {
    static_assert(std::is_trivially_destructible_v<T>, "nobody runs destructors on scratch memory");
    void* p = table_.scratch == nullptr ? nullptr
                                        : table_.scratch(table_.ctx, count * sizeof(T), alignof(T));
    if (p == nullptr) throw std::bad_alloc();
    return static_cast<T*>(p);
  }

  /** Absolute path of a file or folder the host looks up on its resource paths. */
  std::string resource(std::string_view name) const {
    oph_str path{nullptr, 0};
    if (table_.resource == nullptr || table_.resource(table_.ctx, to_abi(name), &path) != OPH_OK) {
      throw ConfigError(path.size > 0 ? std::string(from_abi(path))
                                      : "resource '" + std::string(name) + "' was not found");
    }
    return std::string(from_abi(path));
  }

  const void* extension(const char* id) const {
    return table_.get_extension == nullptr ? nullptr : table_.get_extension(table_.ctx, id);
  }
  std::string_view name() const { return from_abi(table_.name); }
  std::string_view version() const { return from_abi(table_.version); }

 private:
  oph_host table_{};
};

}  // namespace ophost
