#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/log_repeats.hpp"

namespace postern {
namespace {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

/// JSON string escapes; also what keeps a text line one line. Bytes over 0x7F pass: UTF-8.
void append_escaped(std::string& line, std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      line += "\\u00";
      line += kHex[byte >> 4];
      line += kHex[byte & 0x0F];
    } else {
      line += c;
    }
  }
}

void append_quoted(std::string& line, std::string_view value) {
  line += '"';
  append_escaped(line, value);
  line += '"';
}

/// Bare where nothing can be misread, else quoted.
void append_text_value(std::string& line, std::string_view value) {
  const bool bare = !value.empty() && value.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_.:/@+,") == std::string_view::npos;
  if (bare) {
    line += value;
  } else {
    append_quoted(line, value);
  }
}

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    line += R"({"time":)";
    append_quoted(line, time);
    line += R"(,"level":)";
    append_quoted(line, to_string(level));
    line += R"(,"event":)";
    append_quoted(line, event);
    for (const auto& field : fields) {
      line += ',';
      append_quoted(line, field.key);
      line += ':';
      append_quoted(line, field.value);
    }
    line += '}';
    return line;
  }
  line += time;
  line += ' ';
  line += to_string(level);
  line += ' ';
  append_escaped(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_text_value(line, field.value);
  }
  return line;
}

struct Logger::Impl {
  Impl(LogLevel level, LogFormat log_format)
      : sink("postern", std::make_shared<spdlog::sinks::stderr_sink_mt>()), format(log_format) {
    sink.set_level(to_spdlog(level));
    sink.set_pattern("%v");
    sink.flush_on(spdlog::level::debug);
  }
  ~Impl() { put_left_out(repeats.take_all()); }

  void put(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const auto line = format_log_line(format, level, to_rfc3339(clock.now()), event, fields);
    sink.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

  void put_left_out(const std::vector<LogRepeats::LeftOut>& left_out) {
    for (const auto& lines : left_out) {
      put(LogLevel::kWarn, "identical lines left out",
          {{"line", lines.event}, {"count", lines.count}});
    }
  }

  /// Whether the line is to be written. Warnings and errors can repeat for as long as an outage
  /// lasts, while other lines follow what is done.
  bool admit(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const std::lock_guard guard(mutex);
    const auto now = std::chrono::steady_clock::now();
    put_left_out(repeats.take_ended(now));
    if (level != LogLevel::kWarn && level != LogLevel::kError) return true;
    return repeats.admit(event, format_log_line(format, level, {}, event, fields), now);
  }

  spdlog::logger sink;
  LogFormat format;
  SystemClock clock;
  std::mutex mutex;
  LogRepeats repeats;
};

Logger::Logger(LogLevel level, LogFormat format) : impl_(std::make_unique<Impl>(level, format)) {}
Logger::~Logger() = default;

void Logger::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!impl_->sink.should_log(to_spdlog(level))) return;
  if (impl_->admit(level, event, fields)) impl_->put(level, event, fields);
}

void Logger::debug(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kDebug, event, fields);
}
void Logger::info(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kInfo, event, fields);
}
void Logger::warn(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kWarn, event, fields);
}
void Logger::error(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kError, event, fields);
}
void Logger::warn(std::string_view event, const Error& error) {
  write(LogLevel::kWarn, event, {{"code", error.code}, {"cause", error.cause}});
}

}  // namespace postern
