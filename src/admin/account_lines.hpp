// Accounts as lines of JSON: what `postern accounts export` writes and `import` reads.
//
//   {"id","external_id"?,"email","state","locale","display_name","created_at","password_hash"}
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "account/import_accounts.hpp"
#include "admin/import_hash.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/account.hpp"

namespace postern {

/// Ends with a line feed.
std::string to_line(const Account& account, const std::string& external_id);

struct ImportLine {
  AccountToImport wanted;
  /// A hash was there and is of no use: the account comes without a password.
  bool has_unusable_hash = false;
};

struct ImportContext {
  TimePoint now;
  FirebaseParameters firebase = {};
};

/// An account that is not stored yet. Only email must be there, and null is as good as absent: a
/// missing id is made, an id of another form than ours (a text or a whole number) is the external
/// id; created_at is now, and in UTC where it names no zone; an unknown locale is "en"; the state
/// follows from whether there is a hash. Error: bad_line; its detail holds nothing of the line.
Result<ImportLine> parse_line(std::string_view line, const ImportContext& context);

}  // namespace postern
