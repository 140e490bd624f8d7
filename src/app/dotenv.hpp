// The file .env, by the grammar that dotenv libraries have in common:
//
//   # a comment               a line of its own, or after a blank behind a value
//   NAME=value                blanks around name and value do not count
//   export NAME=value         as a shell would read it
//   NAME: value               as some libraries write it
//   NAME='a value'  # where   taken literally, over several lines if need be
//   NAME="a\tvalue"           knows \n \r \t \" \\ and \$, over several lines if need be
//
// A byte order mark and line ends of any kind are understood. A variable is never expanded. Lines
// of other programs that read otherwise are passed over.
//
// Thread contract: pure functions, except those that load a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.hpp"

namespace postern {

struct EnvFile {
  /// In warnings and errors.
  std::string name = ".env";
  Settings::Values values;
  /// Numbers of the lines that are no NAME=VALUE and name none of our settings.
  std::vector<int> skipped_lines;
};

/// Throws SettingError: for a text that is not UTF-8, and for a line that names one of our settings
/// and cannot be read.
EnvFile parse_env_file(std::string_view text, std::string_view name = ".env");

/// The file at `path`; empty when there is none. Throws SettingError(".env", …) when it exists and
/// cannot be read: a folder, a link to nothing, no permission, too large.
EnvFile load_env_file(const std::string& path);

/// A file that was named: throws SettingError(path, …) also when there is none.
EnvFile load_named_env_file(const std::string& path);

}  // namespace postern
