// Settings by name, before their meaning is known: the environment over a .env file.
//
// Thread contract: immutable after loading.
// Every name may also be written with the prefix POSTERN_, and a secret as NAME_FILE.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// A setting that stops the start: one line that begins with the variable's name.
class SettingError : public std::runtime_error {
 public:
  SettingError(std::string_view name, std::string_view why)
      : std::runtime_error(std::string(name) + ": " + std::string(why)) {}
};

class Settings {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  /// Throws SettingError for an unknown POSTERN_* name, for a name given in both forms, for a
  /// secret given twice, and for an unreadable or empty NAME_FILE. A variable that a platform sets
  /// for a service called "postern" is ignored.
  Settings(const Values& environment, const Values& env_file);

  /// The value; nothing when it is not set or empty.
  std::optional<std::string> get(std::string_view name) const;

  /// Names in the .env file that mean nothing here: typing errors, or another program's.
  const std::vector<std::string>& unknown_in_file() const { return unknown_in_file_; }
  /// Names like POSTERN_PORT that were ignored although no platform writes such a value.
  const std::vector<std::string>& doubtful() const { return doubtful_; }

 private:
  using Known = std::map<std::string, std::string>;
  Known known_names(const Values& source, bool is_env_file);
  void merge(const Known& source);

  Values values_;
  std::vector<std::string> unknown_in_file_;
  std::vector<std::string> doubtful_;
};

/// Whether the name means a setting, with or without POSTERN_ and _FILE, or claims to.
bool is_our_setting(std::string_view name);

/// The process' environment.
Settings::Values process_environment();

}  // namespace postern
