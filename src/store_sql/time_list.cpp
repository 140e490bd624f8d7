#include "store_sql/time_list.hpp"

#include <charconv>

namespace postern {

std::string to_text(std::span<const TimePoint> times) {
  std::string text;
  for (const auto time : times) {
    if (!text.empty()) text += ',';
    text += std::to_string(to_unix_ms(time));
  }
  return text;
}

std::vector<TimePoint> read_times(std::string_view text) {
  std::vector<TimePoint> times;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t unix_ms = 0;
    const auto [next, failure] = std::from_chars(at, end, unix_ms);
    if (failure != std::errc()) break;
    times.push_back(from_unix_ms(unix_ms));
    at = next + 1;
  }
  return times;
}

}  // namespace postern
