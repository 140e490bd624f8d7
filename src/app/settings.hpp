// Settings by name, before anybody knows what they mean: the environment over a .env file.
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
  /// secret given twice, and for an unreadable file.
  Settings(const Values& environment, const Values& env_file);

  /// The value; nothing when it is not set or empty.
  std::optional<std::string> get(std::string_view name) const;

  /// Names in the .env file that mean nothing here: typing errors, or another program's.
  const std::vector<std::string>& unknown_in_file() const { return unknown_in_file_; }

 private:
  Values values_;
  std::vector<std::string> unknown_in_file_;
};

/// Reads NAME=VALUE lines; `#` begins a comment line, `export ` is passed over, single quotes take
/// everything literally, double quotes know \n \" \\ and \$. Throws SettingError(".env line 7", …).
Settings::Values parse_env_file(std::string_view text);

/// The process' environment.
Settings::Values process_environment();

/// A whole file; nothing when it does not exist.
std::optional<std::string> read_file(const std::string& path);

}  // namespace postern
