#include "store_sql/postgres_settings.hpp"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "base/limits.hpp"

namespace postern {
namespace {

/// Every statement is meant to go through an index; a plan that was made while the tables were
/// small must not go on reading them whole when they are large. Just-in-time compilation takes
/// longer than any of them.
constexpr std::array kSwitchedOff{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"};

using SettingValue = std::pair<const char*, std::string>;

std::vector<SettingValue> server_settings() {
  const auto milliseconds = [](std::chrono::milliseconds limit) {
    return std::to_string(limit.count());
  };
  std::vector<SettingValue> settings;
  for (const char* name : kSwitchedOff) settings.emplace_back(name, "off");
  settings.emplace_back("statement_timeout", milliseconds(limits::kStatementTimeout));
  settings.emplace_back("lock_timeout", milliseconds(limits::kLockTimeout));
  settings.emplace_back("idle_in_transaction_session_timeout",
                        milliseconds(limits::kIdleTransactionTimeout));
  return settings;
}

}  // namespace

std::string settings_statement(SettingsScope scope) {
  std::string statement = "SELECT ";
  for (const auto& [name, value] : server_settings()) {
    if (!statement.ends_with(' ')) statement += ", ";
    statement += std::string("set_config('") + name + "', '" + value + "', " +
                 (scope == SettingsScope::kTransaction ? "true)" : "false)");
  }
  return statement;
}

}  // namespace postern
