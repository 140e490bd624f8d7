// The folder ./data: what a first try keeps when nothing is configured.
//
// Thread contract: for the start of a process; two processes that start at once agree on one key.
#pragma once

#include <string>

#include "crypto/secret.hpp"

namespace postern {

/// sqlite URL of data/postern.db below the working directory.
std::string default_database_url();

/// The key in data/secret.key, made on the first call (64 hexadecimal digits, mode 600, in a folder
/// of mode 700). Throws SettingError("SECRET_KEY", …) when it can neither be read nor made.
Secret stored_secret_key();

/// Makes the folder when `database_url` is the default one. Throws SettingError.
void prepare_data_folder(const std::string& database_url);

/// Whether the URL names an SQLite file that does not exist yet: one may be made without asking.
bool is_new_sqlite_file(const std::string& database_url);

}  // namespace postern
