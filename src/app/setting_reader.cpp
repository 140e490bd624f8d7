#include "app/setting_reader.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>

#include "text/url.hpp"

namespace postern {
namespace {

const SettingRow& row_of(std::string_view name) {
  const auto* row = find_setting(name);
  if (row == nullptr) throw std::logic_error("no row for the setting " + std::string(name));
  return *row;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// "24h" of its seconds, in the largest unit that is exact.
std::string duration_text(std::int64_t seconds) {
  constexpr std::pair<std::int64_t, char> kUnits[] = {{3600, 'h'}, {60, 'm'}, {1, 's'}};
  if (seconds > 86400 && seconds % 86400 == 0) return std::to_string(seconds / 86400) + 'd';
  for (const auto& [unit, letter] : kUnits) {
    if (seconds % unit == 0) return std::to_string(seconds / unit) + letter;
  }
  return {};
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

void SettingReader::refuse(std::string_view name, const std::string& fault) {
  const auto& row = row_of(name);
  const auto example = row.example.empty() ? row.fallback : row.example;
  throw SettingError(name, example.empty() ? fault : fault + ", such as " + std::string(example));
}

bool SettingReader::has(std::string_view name) const {
  static_cast<void>(row_of(name));
  return settings_.get(name).has_value();
}

std::string SettingReader::text(std::string_view name, std::string_view fallback) const {
  if (fallback.empty()) fallback = row_of(name).fallback;
  auto value = settings_.get(name).value_or(std::string(fallback));
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      throw SettingError(name, "has a line break or another control character");
    }
  }
  return value;
}

std::uint64_t SettingReader::number(std::string_view name) const {
  return number(name, whole_number(row_of(name).fallback).value_or(0));
}

std::uint64_t SettingReader::number(std::string_view name, std::uint64_t fallback) const {
  if (!has(name)) return fallback;
  const auto& row = row_of(name);
  const auto value = whole_number(text(name));
  if (!value || *value < static_cast<std::uint64_t>(row.lowest) ||
      *value > static_cast<std::uint64_t>(row.highest)) {
    refuse(name, "must be a whole number from " + std::to_string(row.lowest) + " to " +
                     std::to_string(row.highest));
  }
  return *value;
}

Duration SettingReader::duration(std::string_view name) const {
  const auto& row = row_of(name);
  const auto value = parse_duration(text(name));
  if (!value) throw SettingError(name, "must be a duration, such as 15m, 24h or 30d");
  if (row.lowest > 0 && *value < std::chrono::seconds(row.lowest)) {
    throw SettingError(name, "is at least " + duration_text(row.lowest));
  }
  if (row.highest > 0 && *value > std::chrono::seconds(row.highest)) {
    throw SettingError(name, "is at most " + duration_text(row.highest));
  }
  return *value;
}

Rate SettingReader::rate(std::string_view name) const {
  const auto value = parse_rate(text(name));
  if (!value) throw SettingError(name, "must be a rate, such as 20/s, 3/h or 10/d");
  return *value;
}

std::vector<Rate> SettingReader::rates(std::string_view name) const {
  auto value = parse_rates(text(name));
  if (!value) refuse(name, "must be one to three rates of different units");
  return *std::move(value);
}

std::vector<std::string> SettingReader::list(std::string_view name) const {
  std::vector<std::string> entries;
  const auto value = text(name);
  for (std::string_view rest = value; !rest.empty();) {
    const auto comma = rest.find(',');
    const auto entry = ascii::trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

std::string SettingReader::file(std::string_view name) const {
  if (!has(name)) return {};
  auto content = read_file(text(name));
  if (!content) throw SettingError(name, "the file cannot be read");
  return *std::move(content);
}

std::string SettingReader::file_path(std::string_view name) const {
  static_cast<void>(file(name));
  return text(name);
}

std::string SettingReader::url(std::string_view name, std::string_view fallback) const {
  const auto url = parse_base_url(text(name, fallback));
  if (!url) refuse(name, "must be an http or https address");
  return *url;
}

HostPort SettingReader::listen(std::string_view name) const {
  const auto value = text(name);
  const auto colon = value.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    const auto port = whole_number(std::string_view(value).substr(colon + 1));
    if (port && *port <= 65535) {
      return {value.substr(0, colon), static_cast<std::uint16_t>(*port)};
    }
  }
  refuse(name, "must be HOST:PORT");
}

}  // namespace postern
