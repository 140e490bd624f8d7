// Limits identical log lines, so that an outage fills no disk: the first few of a minute pass, the
// others are counted.
//
// Thread contract: belongs to one thread, or to the owner's lock.
// Lines that differ in any field are different ones: every email that fails is still named. A
// bounded number of lines is remembered; beyond it lines pass.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postern {

class LogRepeats {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Lines of one text that were not written.
  struct LeftOut {
    std::string event;
    std::int64_t count = 0;
  };

  /// Whether the line is to be written. `line` is all of it but the time.
  bool admit(std::string_view event, const std::string& line, Time now);

  /// What was left out in minutes that have ended; each is returned once.
  std::vector<LeftOut> take_ended(Time now);
  /// The same, of all minutes.
  std::vector<LeftOut> take_all() { return take_ended(Time::max()); }

 private:
  struct Minute {
    std::string event;
    Time ends_at;
    std::int64_t seen = 0;
  };
  std::unordered_map<std::string, Minute> minutes_;
  /// No minute ends before it.
  Time next_end_ = Time::max();
};

}  // namespace postern
