// The table of all settings: one row each, by name.
//
// Thread contract: constants.
// From a row come the check for unknown names, the default, the bounds and the example in an error
// message; `.env.example` is compared with the table by a test. A new setting is a row here, its
// text in `.env.example` and one line in the function of config.cpp that reads its subject.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern {

enum class SettingKind {
  kText,
  /// Whole, from `lowest` to `highest`.
  kNumber,
  /// 15s, 60m, 24h, 30d; `lowest` and `highest` are seconds, 0 for no bound.
  kDuration,
  /// 20/s, 3/h, 10/d.
  kRate,
  /// One to three rates of different units.
  kRates,
  /// One word of several, in upper or lower case.
  kChoice,
  /// Comma-separated.
  kList,
  /// The path of a file that must be readable.
  kFile,
  /// HOST:PORT.
  kListen,
};

struct SettingRow {
  std::string_view name;
  SettingKind kind = SettingKind::kText;
  /// The value when it is not set, as it would be written; empty: none, or one that depends on
  /// other settings.
  std::string_view fallback = {};
  /// The form of a valid value, for error messages; empty: the default serves.
  std::string_view example = {};
  /// May also be given as NAME_FILE, and is never quoted.
  bool secret = false;
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};

std::span<const SettingRow> setting_table();

/// nullptr when there is no such setting.
const SettingRow* find_setting(std::string_view name);

}  // namespace postern
