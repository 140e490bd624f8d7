// Accounts as lines of JSON: what `postern accounts export` writes and `import` reads.
//
//   {"id","email","state","locale","display_name","created_at","password_hash"}
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/account.hpp"

namespace postern::admin {

/// Ends with a line feed.
std::string to_line(const Account& account);

/// An account that is not stored yet. Only email must be there: a missing id is made, created_at is
/// `now`, locale "en", password_hash and display_name empty, and the state follows from the hash. A
/// hash is an encoded Argon2id string at a cost that we are ready to pay. Error: bad_line; its
/// detail holds nothing of the line.
Result<Account> parse_line(std::string_view line, TimePoint now);

}  // namespace postern::admin
