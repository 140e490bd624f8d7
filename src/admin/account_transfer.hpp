// `postern accounts export` and `import`.
//
// Thread contract: for the main thread; waits for the database, some hundred accounts at a time.
#pragma once

#include <iosfwd>

#include "account/services.hpp"
#include "admin/import_hash.hpp"

namespace postern {

/// All accounts, the oldest first, a line each. Error also when `out` takes no more.
Status export_accounts(Writer& writer, std::ostream& out);

struct ImportReport {
  std::size_t added = 0;
  /// Their addresses have accounts already.
  std::size_t known = 0;
  std::size_t bad = 0;
  /// Of those that were added: without a password, because their hash is of no use here.
  std::size_t unusable_hashes = 0;
};

/// The input and output of an import, and the fields that its lines may omit.
struct ImportFile {
  std::istream& in;
  std::ostream& report;
  FirebaseParameters firebase = {};
};

/// Reads every line; each bad one is reported with its number and left out, each unusable hash too,
/// and how far it is now and then. What was imported before is found and left alone, so that an
/// import that broke off is run again.
Result<ImportReport> import_accounts(AccountServices& services, const ImportFile& file);

}  // namespace postern
