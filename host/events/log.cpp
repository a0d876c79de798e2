// The log for people, on spdlog.
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "host/events/events.hpp"

namespace ophost {
namespace {

constexpr std::size_t kLogFileBytes = 10u << 20;
constexpr std::size_t kLogFiles = 5;

spdlog::logger& logger() {
  static auto& instance = *new std::shared_ptr<spdlog::logger>([] {
    auto console = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    console->set_pattern("%^%l%$: %v");
    auto l = std::make_shared<spdlog::logger>("ophost", console);
    l->set_level(spdlog::level::debug);
    return l;
  }());
  return *instance;
}

std::function<void(LogLevel, const std::string&)>& forward() {
  static auto& instance = *new std::function<void(LogLevel, const std::string&)>;
  return instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void log_to_console(LogLevel console) { logger().sinks().front()->set_level(level_of(console)); }

Status log_to_folder(const std::string& folder) {
  OPH_TRY(make_directories(folder));
  try {
    auto all = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(folder + "/job.log", kLogFileBytes, kLogFiles);
    auto errors =
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(folder + "/errors.log", kLogFileBytes, kLogFiles);
    for (auto* sink : {all.get(), errors.get()}) sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %P/%t %l: %v");
    errors->set_level(spdlog::level::warn);
    auto& sinks = logger().sinks();
    sinks.resize(1);
    sinks.push_back(all);
    sinks.push_back(errors);
    logger().flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& e) {
    return Status::failed(std::string("cannot write the log: ") + e.what());
  }
  return {};
}

void log_forwarding(std::function<void(LogLevel, const std::string&)> send) { forward() = std::move(send); }

void log_line(LogLevel level, const std::string& text) {
  if (forward()) forward()(level, text);
  else logger().log(level_of(level), text);
}

void flush_logs() { logger().flush(); }

}  // namespace ophost
