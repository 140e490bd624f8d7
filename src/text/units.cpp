#include "text/units.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

std::optional<Duration> unit_duration(std::string_view unit) {
  if (unit == "s") return 1s;
  if (unit == "m") return 1min;
  if (unit == "h") return 1h;
  if (unit == "d") return 24h;
  return std::nullopt;
}

/// Digits only, from 1 to `maximum`.
std::optional<std::uint64_t> positive_number(std::string_view text, std::uint64_t maximum) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number == 0 || number > maximum) return std::nullopt;
  return number;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const Error error{.code = "invalid_duration", .retry = Retry::kNever};
  if (text.empty()) return error;
  const std::optional<Duration> unit = unit_duration(text.substr(text.size() - 1));
  if (!unit) return error;
  const auto number =
      positive_number(text.substr(0, text.size() - 1), limits::kSettingDuration / *unit);
  if (!number) return error;
  return *unit * static_cast<Duration::rep>(*number);
}

Result<Rate> parse_rate(std::string_view text) {
  const Error error{.code = "invalid_rate", .retry = Retry::kNever};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return error;
  const auto count = positive_number(text.substr(0, slash), limits::kRateCount);
  const std::optional<Duration> window = unit_duration(text.substr(slash + 1));
  if (!count || !window) return error;
  return Rate{.count = *count, .window = *window};
}

Result<std::vector<Rate>> parse_rates(std::string_view text) {
  const Error error{.code = "invalid_rate", .retry = Retry::kNever};
  std::vector<Rate> rates;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const auto rate = parse_rate(ascii::trim(text.substr(0, comma)));
    if (!rate || rates.size() == limits::kMailWindows) return error;
    rates.push_back(*rate);
    if (more) text.remove_prefix(comma + 1);
  }
  const auto shorter = [](const Rate& a, const Rate& b) { return a.window < b.window; };
  const auto same = [](const Rate& a, const Rate& b) { return a.window == b.window; };
  std::sort(rates.begin(), rates.end(), shorter);
  if (std::adjacent_find(rates.begin(), rates.end(), same) != rates.end()) return error;
  return rates;
}

}  // namespace postern
