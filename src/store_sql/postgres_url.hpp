// What must be known of a PostgreSQL URL before libpq gets it: that its errors cannot show a
// password.
//
// Thread contract: pure functions.
#pragma once

#include <string>

#include "base/result.hpp"

namespace postern {

/// Refuses a URL that libpq cannot read, and one whose password was not percent-encoded so that a
/// part of it would be taken for a host, a port or a database. Error: invalid_database_url.
Status check_postgres_url(const std::string& url);

/// `message` with every occurrence of the URL's password replaced.
std::string without_password(std::string message, const std::string& url);

}  // namespace postern
