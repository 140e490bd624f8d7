// Wall-clock time, injected so that tests can move it, and its RFC 3339 text form.
//
// Thread contract: now() may be called from any thread.
// Not for time-outs: those use std::chrono::steady_clock, so that a jump of the wall clock stalls
// nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// 9999-12-31T23:59:59Z: seconds of tokens up to here are far from any overflow.
inline constexpr std::int64_t kLastUnixSecond = 253402300799;

/// Milliseconds since 1970-01-01T00:00:00Z.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

/// A clock that stands still until it is set.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : unix_ms_(start.time_since_epoch().count()) {}
  TimePoint now() const override { return TimePoint(Duration(unix_ms_.load())); }
  void advance(Duration by) { unix_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> unix_ms_;
};

inline std::int64_t to_unix_ms(TimePoint time) { return time.time_since_epoch().count(); }
inline std::int64_t to_unix_s(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
inline TimePoint from_unix_ms(std::int64_t unix_ms) { return TimePoint(Duration(unix_ms)); }

/// RFC 3339 in UTC with milliseconds: 2026-11-22T15:04:05.123Z.
std::string to_rfc3339(TimePoint time);

/// Reads an RFC 3339 date-time (section 5.6) with any offset and any number of fraction digits;
/// nothing when the text is not one.
std::optional<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace postern
