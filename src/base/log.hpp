// Structured log lines on standard error, as text or JSON.
//
// Thread contract: a Logger may be used from any thread; a line is never torn.
// Every value is escaped (no line can forge another one). Never pass an address, a token or a
// password.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };

struct LogField {
  LogField(std::string_view field_key, std::string_view field_value)
      : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, std::int64_t number)
      : key(field_key), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

class Logger {
 public:
  Logger(LogLevel level, LogFormat format);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// `event` is a short fixed phrase ("broker connected"); what varies goes into `fields`.
  void debug(std::string_view event, std::initializer_list<LogField> fields = {});
  void info(std::string_view event, std::initializer_list<LogField> fields = {});
  void warn(std::string_view event, std::initializer_list<LogField> fields = {});
  void error(std::string_view event, std::initializer_list<LogField> fields = {});
  /// Adds the error's code and cause.
  void warn(std::string_view event, const Error& error);

 private:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A line as it is written, without its line end; exposed for tests.
std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view event, std::initializer_list<LogField> fields);

}  // namespace postern
