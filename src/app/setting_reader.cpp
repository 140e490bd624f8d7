#include "app/setting_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "app/setting_file.hpp"
#include "base/config_limits.hpp"
#include "http/loopback.hpp"
#include "text/url.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

constexpr std::size_t kHostBytes = 253;

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
  for (const auto& [unit, mail] : kUnits) {
    if (seconds % unit == 0) return std::to_string(seconds / unit) + mail;
  }
  return {};
}

/// A name as DNS and container networks have them, or an address, IPv6 in brackets.
bool is_host(std::string_view host) {
  if (is_address_literal(host)) return host.find(':') == std::string_view::npos || host[0] == '[';
  if (host.empty() || host.size() > kHostBytes || host.front() == '.' || host.front() == '-') {
    return false;
  }
  return std::ranges::all_of(
      host, [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_'; });
}

/// Why parse_base_url() did not take it.
std::string url_fault(std::string_view url) {
  const auto lower = ascii::to_lower(url);
  if (!lower.starts_with("http://") && !lower.starts_with("https://")) {
    return "must begin with http:// or https://";
  }
  if (url.find('@') != std::string_view::npos) return "must not have a user";
  if (url.find('?') != std::string_view::npos) return "must not have a query";
  if (url.find('#') != std::string_view::npos) return "must not have a fragment";
  return "is not a valid address";
}

}  // namespace

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
  if (std::ranges::any_of(value, ascii::is_control)) {
    throw SettingError(name, "has a line break or another control character");
  }
  if (!is_valid_utf8(value)) throw SettingError(name, "is not UTF-8 text");
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
    refuse(name, "is at least " + duration_text(row.lowest));
  }
  if (row.highest > 0 && *value > std::chrono::seconds(row.highest)) {
    refuse(name, "is at most " + duration_text(row.highest));
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
  auto content = read_setting_file(text(name), limits::kSettingFileBytes);
  if (!content) throw SettingError(name, "the file " + content.error().cause);
  return *std::move(content);
}

std::string SettingReader::file_path(std::string_view name) const {
  static_cast<void>(file(name));
  return text(name);
}

std::string SettingReader::url(std::string_view name) const {
  const auto url = parse_base_url(text(name));
  if (!url) refuse(name, url_fault(text(name)));
  return *url;
}

std::string SettingReader::origin(std::string_view name, std::string_view fallback) const {
  const auto value = text(name, fallback);
  const auto url = parse_base_url(value);
  if (!url) refuse(name, url_fault(value));
  if (url->find('/', url->find("://") + 3) != std::string::npos) {
    refuse(name, "has a path, and the pages need a host of their own");
  }
  return *url;
}

HostPort SettingReader::listen(std::string_view name) const {
  const auto value = text(name);
  const auto host = without_port(value);
  const auto port =
      whole_number(std::string_view(value).substr(std::min(host.size() + 1, value.size())));
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) {
    refuse(name, value.find("://") == std::string::npos
                     ? "must be HOST:PORT, an IPv6 address in brackets"
                     : "must be HOST:PORT without a scheme");
  }
  if (!is_host(host) || !port) refuse(name, "must be HOST:PORT");
  if (*port > 65535) refuse(name, "has a port beyond 65535");
  return {std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string SettingReader::host(std::string_view name) const {
  auto value = text(name);
  if (value.empty()) return {};
  if (value.find("://") != std::string::npos) refuse(name, "has a scheme: name the host alone");
  if (value.find('@') != std::string::npos) refuse(name, "has a user: name the host alone");
  if (value.find(',') != std::string::npos) refuse(name, "names several hosts: name one");
  if (value.starts_with('[') && value.ends_with(']')) value = value.substr(1, value.size() - 2);
  if (is_address_literal(value)) return value;
  if (value.find(':') != std::string::npos) refuse(name, "has a port: name the host alone");
  if (!is_host(value)) refuse(name, "has characters that no host name has");
  return value;
}

}  // namespace postern
