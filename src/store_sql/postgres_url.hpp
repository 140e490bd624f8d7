// Checks a PostgreSQL URL before libpq gets it, and libpq's words before they are shown: they
// cannot show a password and stay on one line.
//
// Thread contract: pure functions.
#pragma once

#include <string>

#include "base/result.hpp"

namespace postern {

/// Refuses a URL that libpq cannot read, and one whose password was not percent-encoded so that a
/// part of it would be taken for a host, a port or a database. Error: invalid_database_url.
Status check_postgres_url(const std::string& url);

/// libpq's words on a failed connection: several lines, indented ones among them, become one, and
/// every occurrence of the URL's password is replaced.
std::string connection_failure(std::string message, const std::string& url);

}  // namespace postern
