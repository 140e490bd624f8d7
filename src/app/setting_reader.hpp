// Reads settings as the types of their rows in the table.
//
// Thread contract: as Settings.
// Every member throws SettingError: one line that names the setting, what is wrong with its value
// and what a right one looks like. A name without a row is a bug.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/setting_table.hpp"
#include "app/settings.hpp"
#include "base/clock.hpp"
#include "text/ascii.hpp"
#include "text/units.hpp"

namespace postern {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

class SettingReader {
 public:
  /// `settings` outlives the reader.
  explicit SettingReader(const Settings& settings) : settings_(settings) {}

  bool has(std::string_view name) const;
  /// One line without control characters. Without a value: `fallback`, else the row's.
  std::string text(std::string_view name, std::string_view fallback = {}) const;
  std::uint64_t number(std::string_view name) const;
  /// The same with a default that depends on other settings.
  std::uint64_t number(std::string_view name, std::uint64_t fallback) const;
  Duration duration(std::string_view name) const;
  Rate rate(std::string_view name) const;
  std::vector<Rate> rates(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  /// The content of the file; empty when it is not set.
  std::string file(std::string_view name) const;
  /// The path of a file that can be read; empty when it is not set.
  std::string file_path(std::string_view name) const;
  /// A normalised http(s) URL, path allowed.
  std::string url(std::string_view name) const;
  /// A normalised http(s) URL of nothing but scheme, host and port.
  std::string origin(std::string_view name, std::string_view fallback) const;
  HostPort listen(std::string_view name) const;
  /// The name or address of one host; IPv6 without its brackets. Empty when it is not set.
  std::string host(std::string_view name) const;

  /// The meaning of a word, whatever its case; `fallback` when it is not set.
  template <class T>
  T choice(std::string_view name, T fallback,
           std::initializer_list<std::pair<std::string_view, T>> choices) const {
    if (!has(name)) return fallback;
    const auto value = ascii::to_lower(text(name));
    std::string words;
    for (const auto& [word, meaning] : choices) {
      if (value == word) return meaning;
      words.append(words.empty() ? "" : ", ").append(word);
    }
    throw SettingError(name, "is one of " + words);
  }

  /// SettingError with the row's example, if it has one: "SMTP_HOST: has a port, such as …".
  [[noreturn]] static void refuse(std::string_view name, const std::string& fault);

 private:
  const Settings& settings_;
};

}  // namespace postern
