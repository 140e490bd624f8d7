// Puts another SQLite file in the place of a database.
//
// Thread contract: for one process that holds the lock of the database (app/database_use.hpp).
// A crash at any point leaves the former database or the new one in the place, complete.
#pragma once

#include <string>

#include "base/result.hpp"

namespace postern {

/// Copies the write-ahead log into the database and leaves it as one file; a damaged one stays as
/// it is. Error: in_use, when another process has it open.
Status close_database(const std::string& path);

/// `replacement` gets the name `path`, and the former database the name `former`, with its log
/// where it has one. The replacement is a complete database that no process has open.
Status swap_database(const std::string& path, const std::string& replacement,
                     const std::string& former);

}  // namespace postern
